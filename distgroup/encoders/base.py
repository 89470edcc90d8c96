"""What an encoder is: options that give a torch module, and if it can be stacked, the arithmetic of many at once."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from distgroup.options import Options
from distgroup.seeding import torch_rng


class Encoder(Options, ABC):
    """Options under ``model.encoder``: the part of a network that its tasks share, [rows, features] → [rows, width]."""

    @abstractmethod
    def check(self, features: int) -> None:
        """Raise RequestError, naming the field, unless it can encode so many features."""

    @abstractmethod
    def width(self, features: int) -> int:
        """How many numbers it makes of a row."""

    @abstractmethod
    def module(self, features: int, seed: int) -> nn.Module:
        """The encoder in float64 on the CPU, as networks of that seed start. Raises RequestError as `check` does."""

    def bind(self, folder: Path) -> None:
        """Look for the user's own code, if it is that, in ``folder`` first. Raises RequestError if it is not there."""

    def identity(self) -> str:
        """All that what comes of training depends on."""
        return self.model_dump_json()


class Stackable(Encoder):
    """An encoder of which a stack trains many at once."""

    @abstractmethod
    def body(self, features: int) -> "Body":
        """Its layers for so many features. Raises RequestError as `check` does."""

    def width(self, features: int) -> int:
        return self.body(features).width

    def module(self, features: int, seed: int) -> nn.Module:
        body = self.body(features)
        flat = torch.zeros(1, body.length, dtype=torch.float64)
        views = body.views(flat)
        body.initialise(views, seed)
        return body.module([(weight[0], bias[0]) for weight, bias in views])


Views = Sequence[tuple[Tensor, Tensor]]
"""Weight and bias of each layer, views of a flat [networks, parameters]; the networks come first in their shapes."""


@dataclass(frozen=True)
class Layer:
    """Shapes of one layer's weight and bias, and how many numbers each of its outputs is made of."""

    weight: tuple[int, ...]
    bias: tuple[int, ...]
    fan_in: int


class Body(ABC):
    """The encoder's layers, for some number of features: where they lie in a flat vector, and their arithmetic."""

    @property
    @abstractmethod
    def layers(self) -> Sequence[Layer]:
        """From the inputs on."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many numbers it makes of a row."""

    @property
    @abstractmethod
    def activations(self) -> int:
        """How many numbers a network's `Pass` holds a row."""

    @abstractmethod
    def workspace(self, networks: int, rows: int, like: Tensor) -> "Pass":
        """Buffers for so many networks and rows, of the type and on the device of ``like``."""

    @abstractmethod
    def module(self, parameters: Views) -> nn.Module:
        """One network's encoder as a torch module with copies of these parameters, without the networks' dimension."""

    @cached_property
    def length(self) -> int:
        """How long a flat vector it takes."""
        return sum(aligned(math.prod(layer.weight)) + aligned(math.prod(layer.bias)) for layer in self.layers)

    def views(self, flat: Tensor) -> Views:
        """The layers in the first `length` columns of ``flat`` [networks, ...]."""
        cut = Cut(flat)
        return [(cut(layer.weight), cut(layer.bias)) for layer in self.layers]

    def initialise(self, views: Views, seed: int) -> None:
        """Uniform in ±1/√fan-in as torch's own layers are, drawn by (seed, layer)."""
        for depth, ((weight, bias), layer) in enumerate(zip(views, self.layers, strict=True)):
            fill(weight, bias, layer.fan_in, torch_rng(seed, "init", "encoder", depth))


class Pass(ABC):
    """A forward and a backward pass in buffers kept between steps: fresh memory every step would cost dearly."""

    @property
    @abstractmethod
    def error(self) -> Tensor:
        """Where the derivative by what `forward` gave is to be written before `backward`; it is overwritten there."""

    @abstractmethod
    def forward(self, views: Views, inputs: Tensor) -> Tensor:
        """What the encoders make of ``inputs`` [networks, rows, features]: [networks, rows, width], kept in a buffer.

        Inputs that all networks share may be an expanded view.
        """

    @abstractmethod
    def backward(self, views: Views, inputs: Tensor, gradient: Views) -> None:
        """Write into ``gradient`` the gradient for `error`, on the last forward pass's inputs."""


class Cut:
    """Cuts a flat [networks, parameters] into views, one after another, each on a cache line of its own."""

    def __init__(self, flat: Tensor) -> None:
        self.flat, self.at = flat, 0

    def __call__(self, shape: Sequence[int]) -> Tensor:
        length = math.prod(shape)
        part: Tensor = self.flat[:, self.at : self.at + length].unflatten(1, shape)
        self.at += aligned(length)
        return part


def aligned(length: int) -> int:
    """``length`` rounded up to 16 numbers: matrix products on views that straddle cache lines are a tenth slower."""
    return -(-length // 16) * 16


def fill(weight: Tensor, bias: Tensor, fan_in: int, rng: torch.Generator) -> None:
    bound = 1 / math.sqrt(fan_in)
    for tensor in (weight, bias):
        tensor.copy_(torch.rand(tensor.shape, generator=rng, dtype=tensor.dtype) * (2 * bound) - bound)
