"""`mlp`: fully connected layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn.utils import skip_init

from distgroup.encoders.base import Body, Layer, Pass, Stackable, Views


class Mlp(Stackable):
    """Fully connected encoder with ReLU after each layer."""

    kind: Literal["mlp"] = "mlp"
    widths: tuple[PositiveInt, ...] = Field(default=(64, 64), min_length=1, description="Width of each hidden layer")

    def check(self, features: int) -> None:
        """Any number of features will do."""

    def body(self, features: int) -> "MlpBody":
        return MlpBody(features, self.widths)


@dataclass(frozen=True)
class MlpBody(Body):
    """Weights [networks, in, out] and biases [networks, 1, out]."""

    inputs: int
    widths: tuple[int, ...]

    @property
    def layers(self) -> Sequence[Layer]:
        return [Layer((a, b), (1, b), a) for a, b in pairwise((self.inputs, *self.widths))]

    @property
    def width(self) -> int:
        return self.widths[-1]

    @property
    def activations(self) -> int:
        return 2 * sum(self.widths)

    def workspace(self, networks: int, rows: int, like: Tensor) -> "MlpPass":
        return MlpPass(self.widths, networks, rows, like)

    def module(self, parameters: Views) -> nn.Sequential:
        layers = [layer for weight, bias in parameters for layer in (linear(weight.T, bias[0]), nn.ReLU())]
        return nn.Sequential(*layers)


def linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer: nn.Linear = skip_init(nn.Linear, weight.shape[1], weight.shape[0], dtype=weight.dtype)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


class MlpPass(Pass):
    """Batched matrix products; activations and their derivatives [networks, rows, width of the layer]."""

    def __init__(self, widths: Sequence[int], networks: int, rows: int, like: Tensor) -> None:
        self.hidden = [like.new_empty(networks, rows, width) for width in widths]
        self.errors = [like.new_empty(networks, rows, width) for width in widths]

    @property
    def error(self) -> Tensor:
        return self.errors[-1]

    def forward(self, views: Views, inputs: Tensor) -> Tensor:
        below = inputs
        for (weight, bias), hidden in zip(views, self.hidden, strict=True):
            torch.baddbmm(bias, below, weight, out=hidden).relu_()
            below = hidden
        return below

    def backward(self, views: Views, inputs: Tensor, gradient: Views) -> None:
        for depth in reversed(range(len(views))):
            delta, hidden = self.errors[depth], self.hidden[depth]
            torch.ops.aten.threshold_backward.grad_input(delta, hidden, 0, grad_input=delta)
            below = self.hidden[depth - 1] if depth else inputs
            torch.bmm(below.transpose(1, 2), delta, out=gradient[depth][0])
            torch.sum(delta, 1, keepdim=True, out=gradient[depth][1])
            if depth:
                torch.bmm(delta, views[depth][0].transpose(1, 2), out=self.errors[depth - 1])
