"""`cnn`: convolutions over an image, then fully connected layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Literal

import torch
from pydantic import Field, PositiveInt, field_validator, model_validator
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d_with_indices
from torch.nn.utils import skip_init

from distgroup.encoders.base import Body, Layer, Pass, Stackable, Views
from distgroup.encoders.mlp import MlpBody
from distgroup.errors import RequestError

Image = tuple[int, int, int]
"""Channels, height, width."""


class Cnn(Stackable):
    """Convolutional encoder: each convolution keeps the image's size, is pooled by its largest values, then ReLU.

    ```yaml
    model:
      encoder: {kind: cnn, shape: [1, 8, 16], channels: [8, 16], widths: [64]}
    ```

    A row's inputs are the image channel by channel, line by line. What is left of a line or column after pooling is
    dropped.
    """

    kind: Literal["cnn"] = "cnn"
    shape: tuple[PositiveInt, PositiveInt, PositiveInt] = Field(
        description="Channels, height and width of the image that a row's inputs are"
    )
    channels: tuple[PositiveInt, ...] = Field(default=(8, 16), min_length=1, description="Of each convolution")
    kernel: PositiveInt = Field(default=3, description="Height and width of each convolution; odd")
    pool: PositiveInt = Field(default=2, description="Height and width of what is pooled after each; 1: nothing")
    widths: tuple[PositiveInt, ...] = Field(default=(64,), description="Of each fully connected layer after them")

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError("must be odd, so that an image keeps its size")
        return kernel

    @model_validator(mode="after")
    def _something_left(self) -> "Cnn":
        shrunk = self.pool ** len(self.channels)
        if min(self.shape[1:]) < shrunk:
            raise ValueError(
                f"pooling by {self.pool} after each of {len(self.channels)} convolutions needs a height and width of "
                f"at least {shrunk}; shape has {self.shape[1]} and {self.shape[2]}"
            )
        return self

    def check(self, features: int) -> None:
        if prod(self.shape) != features:
            raise RequestError(
                f"model.encoder.shape: found {list(self.shape)}, {prod(self.shape)} numbers; a row of the data has "
                f"{features} inputs, so channels × height × width must be {features}"
            )

    def body(self, features: int) -> "CnnBody":
        self.check(features)
        return CnnBody(self.shape, self.channels, self.kernel, self.pool, self.widths)


@dataclass(frozen=True)
class CnnBody(Body):
    """Convolutions' weights [networks, out, in, kernel, kernel] and biases [networks, out]; then as `MlpBody`."""

    shape: Image
    channels: tuple[int, ...]
    kernel: int
    pool: int
    widths: tuple[int, ...]

    @cached_property
    def images(self) -> list[Image]:
        """What goes into each convolution, and what comes out of the last one."""
        _, height, width = self.shape
        sizes = [(height // self.pool**depth, width // self.pool**depth) for depth in range(len(self.channels) + 1)]
        return [(c, *size) for c, size in zip((self.shape[0], *self.channels), sizes, strict=True)]

    @cached_property
    def dense(self) -> MlpBody:
        return MlpBody(prod(self.images[-1]), self.widths)

    @property
    def layers(self) -> Sequence[Layer]:
        k = self.kernel
        pairs = pairwise((self.shape[0], *self.channels))
        return [*(Layer((b, a, k, k), (b,), a * k * k) for a, b in pairs), *self.dense.layers]

    @property
    def width(self) -> int:
        return (prod(self.images[-1]), *self.widths)[-1]

    @property
    def activations(self) -> int:
        """Convolved and its derivative; if pooled, that, its derivative, and from where, in numbers twice as long."""
        convolved = sum(out[0] * prod(into[1:]) for into, out in pairwise(self.images))
        pooled = sum(prod(image) for image in self.images[1:])
        return 2 * convolved + 4 * pooled * (self.pool > 1) + 2 * prod(self.images[-1]) + self.dense.activations

    def workspace(self, networks: int, rows: int, like: Tensor) -> "CnnPass":
        return CnnPass(self, networks, rows, like)

    def module(self, parameters: Views) -> nn.Sequential:
        layers: list[nn.Module] = [nn.Unflatten(1, self.shape)]
        for weight, bias in parameters[: len(self.channels)]:
            pool = [nn.MaxPool2d(self.pool)] if self.pool > 1 else []
            layers.extend([convolution(weight, bias), *pool, nn.ReLU()])
        return nn.Sequential(*layers, nn.Flatten(), *self.dense.module(parameters[len(self.channels) :]))


def convolution(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    out, into, kernel, _ = weight.shape
    layer: nn.Conv2d = skip_init(nn.Conv2d, into, out, kernel, padding=kernel // 2, dtype=weight.dtype)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


class CnnPass(Pass):
    """The networks' channels side by side in one image, [rows, networks · channels, height, width], in grouped
    convolutions: at 4 to 64 networks of 64 rows on one core these take a fifth to two fifths of the time of unfolding
    and batched matrix products. Where the networks share their inputs the first convolution is one with many outputs,
    which takes half to nine tenths of the grouped one's time.
    """

    def __init__(self, body: CnnBody, networks: int, rows: int, like: Tensor) -> None:
        self.body, self.networks = body, networks
        self.flat = like.new_empty(networks, rows, prod(body.images[-1]))
        self.flat_error = torch.empty_like(self.flat)
        self.dense = body.dense.workspace(networks, rows, like)
        self._below: list[Tensor] = []
        self._convolved: list[Tensor] = []
        self._from: list[Tensor] = []

    @property
    def error(self) -> Tensor:
        return self.dense.error if self.body.widths else self.flat_error

    def forward(self, views: Views, inputs: Tensor) -> Tensor:
        depth = len(self.body.channels)
        self._below, self._convolved, self._from = [self._images(inputs)], [], []
        for weight, bias in views[:depth]:
            self._below.append(self._convolve(weight, bias).relu_())
        self.flat.copy_(self._apart(self._below[-1]))
        return self.dense.forward(views[depth:], self.flat)

    def backward(self, views: Views, inputs: Tensor, gradient: Views) -> None:  # noqa: ARG002 (kept as images)
        depth = len(self.body.channels)
        if self.body.widths:
            self.dense.backward(views[depth:], self.flat, gradient[depth:])
            torch.bmm(self.dense.errors[0], views[depth][0].transpose(1, 2), out=self.flat_error)
        delta = _channels_last(self.flat_error.transpose(0, 1).reshape(self._below[-1].shape))
        for i in reversed(range(depth)):
            delta = self._convolved_back(i, delta, views[i][0], gradient[i])

    def _images(self, inputs: Tensor) -> Tensor:
        shared = inputs.stride(0) == 0
        each = inputs[:1] if shared else inputs
        return _channels_last(each.transpose(0, 1).reshape(inputs.shape[1], -1, *self.body.shape[1:]))

    def _apart(self, images: Tensor) -> Tensor:
        """From side by side to [networks, rows, numbers]."""
        return images.reshape(len(images), self.networks, -1).transpose(0, 1)

    def _convolve(self, weight: Tensor, bias: Tensor) -> Tensor:
        below = self._below[-1]
        groups = below.shape[1] // weight.shape[2]
        found = conv2d(
            below, _channels_last(weight.flatten(0, 1)), bias.flatten(), padding=self.body.kernel // 2, groups=groups
        )
        self._convolved.append(found)
        if self.body.pool == 1:
            return found
        pooled, where = max_pool2d_with_indices(found, [self.body.pool] * 2)
        self._from.append(where)
        return pooled

    def _convolved_back(self, i: int, delta: Tensor, weight: Tensor, gradient: tuple[Tensor, Tensor]) -> Tensor:
        """Gradient of convolution ``i`` for ``delta``, the derivative by its output; and the derivative by its input,
        which the first has no need of."""
        below, above, pool, pad = self._below[i], self._below[i + 1], [self.body.pool] * 2, [self.body.kernel // 2] * 2
        delta = torch.ops.aten.threshold_backward(delta, above, 0)
        if self.body.pool > 1:
            delta = torch.ops.aten.max_pool2d_with_indices_backward(
                delta, self._convolved[i], pool, pool, [0, 0], [1, 1], False, self._from[i]
            )
        joined, groups = _channels_last(weight.flatten(0, 1)), below.shape[1] // weight.shape[2]
        into: Tensor
        into, by_weight, by_bias = torch.ops.aten.convolution_backward(
            delta, below, joined, [len(joined)], [1, 1], pad, [1, 1], False, [0, 0], groups, [i > 0, True, True]
        )
        gradient[0].copy_(by_weight.view_as(weight))
        gradient[1].copy_(by_bias.view_as(gradient[1]))
        return into


def _channels_last(images: Tensor) -> Tensor:
    """Channels along contiguous memory, in which the CPU pools in a tenth of the time. Strides are said outright: those
    of a single channel would pass for either layout, and torch go on with the slow one."""
    _, channels, height, width = images.shape
    strides = (height * width * channels, 1, width * channels, channels)
    return images.contiguous(memory_format=torch.channels_last).as_strided(images.shape, strides)
