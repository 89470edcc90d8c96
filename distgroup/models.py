"""Many networks of one shape: a shared encoder and one linear head a task, for a whole stack of networks at once.

The parameters of N networks are one matrix [N, P]; every layer is a view of it. So an optimizer sees one tensor, the
gradient of the shared parameters is a slice, and a stack is shrunk by indexing. Forward and backward are batched matrix
products written out by hand: at these sizes autograd's bookkeeping costs half as much again as the arithmetic. The
tests hold them to autograd on plain torch modules.

Logits come as [N, outputs, rows]: with the rows last, a softmax over few classes runs along contiguous memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn.utils import skip_init

from distgroup.options import Options
from distgroup.seeding import torch_rng
from distgroup.tasks.task import Task


class Mlp(Options):
    """Fully connected encoder with ReLU after each layer."""

    kind: Literal["mlp"] = "mlp"
    widths: tuple[PositiveInt, ...] = Field(default=(64, 64), min_length=1, description="Width of each hidden layer")

    def module(self, features: int, seed: int) -> nn.Module:
        """The encoder of a stack's networks of that seed, [rows, features] → [rows, last width], in float64."""
        layers: list[nn.Module] = []
        for depth, (above, below) in enumerate(pairwise((features, *self.widths))):
            linear = skip_init(nn.Linear, above, below, dtype=torch.float64)
            weight = torch.empty(above, below, dtype=torch.float64)
            fill(weight, linear.bias.data, above, torch_rng(seed, "init", "encoder", depth))
            linear.weight.data.copy_(weight.T)
            layers.extend([linear, nn.ReLU()])
        return nn.Sequential(*layers)


@dataclass(frozen=True)
class Network:
    """Shape of one network, and where each layer lies in its flat parameter vector: encoder first, heads last."""

    inputs: int
    widths: tuple[int, ...]
    tasks: tuple[Task, ...]

    @cached_property
    def outputs(self) -> int:
        return sum(task.outputs for task in self.tasks)

    @cached_property
    def shared(self) -> int:
        """Length of the shared part, the first of the flat vector."""
        return sum(aligned(a * b) + aligned(b) for a, b in pairwise((self.inputs, *self.widths)))

    @cached_property
    def parameters(self) -> int:
        """Length of the flat vector."""
        return self.shared + aligned(self.outputs * self.widths[-1]) + aligned(self.outputs)

    @cached_property
    def task_of_output(self) -> list[int]:
        """For each of the head outputs, the position of its task."""
        return [i for i, task in enumerate(self.tasks) for _ in range(task.outputs)]

    def layers(self, flat: Tensor) -> "Layers":
        """Views of ``flat`` [N, P] as weights and biases."""
        at = 0

        def view(rows: int, columns: int) -> Tensor:
            nonlocal at
            part: Tensor = flat[:, at : at + rows * columns].unflatten(1, (rows, columns))
            at += aligned(rows * columns)
            return part

        encoder = [(view(a, b), view(1, b)) for a, b in pairwise((self.inputs, *self.widths))]
        return Layers(encoder, (view(self.outputs, self.widths[-1]), view(self.outputs, 1)))

    def initialise(self, seed: int) -> Tensor:
        """Parameters [P] in float64, uniform in ±1/√fan-in as torch's own layers are.

        Drawn by (seed, layer) and (seed, task name): every network of a seed starts alike, whatever its tasks and their
        order, so that gains compare networks that differ in their group alone.
        """
        flat = torch.zeros(1, self.parameters, dtype=torch.float64)
        layers = self.layers(flat)
        for depth, (weight, bias) in enumerate(layers.encoder):
            fill(weight, bias, weight.shape[1], torch_rng(seed, "init", "encoder", depth))
        weight, bias = layers.head
        at = 0
        for task in self.tasks:
            own = slice(at, at + task.outputs)
            fill(weight[:, own], bias[:, own], self.widths[-1], torch_rng(seed, "init", "head", task.name))
            at += task.outputs
        return flat[0]


def aligned(length: int) -> int:
    """``length`` rounded up to 16 numbers: matrix products on views that straddle cache lines are a tenth slower."""
    return -(-length // 16) * 16


def fill(weight: Tensor, bias: Tensor, fan_in: int, rng: torch.Generator) -> None:
    bound = 1 / math.sqrt(fan_in)
    for tensor in (weight, bias):
        tensor.copy_(torch.rand(tensor.shape, generator=rng, dtype=tensor.dtype) * (2 * bound) - bound)


@dataclass(frozen=True)
class Layers:
    """Views of a stack's parameters (or of its gradient): encoder weights [N, in, out] and biases [N, 1, out]; head
    weight [N, outputs, in] and bias [N, outputs, 1]."""

    encoder: Sequence[tuple[Tensor, Tensor]]
    head: tuple[Tensor, Tensor]


class Workspace:
    """Buffers for one forward and backward pass, kept between steps: fresh memory every step would cost dearly."""

    def __init__(self, network: Network, networks: int, rows: int, like: Tensor) -> None:
        self.hidden = [like.new_empty(networks, rows, width) for width in network.widths]
        self.errors = [like.new_empty(networks, rows, width) for width in network.widths]
        self.logits = like.new_empty(networks, network.outputs, rows)


def forward(layers: Layers, inputs: Tensor, space: Workspace) -> Tensor:
    """Logits [N, outputs, rows] for inputs [N, rows, features]; the hidden activations stay in ``space``."""
    below = inputs
    for (weight, bias), hidden in zip(layers.encoder, space.hidden, strict=True):
        torch.baddbmm(bias, below, weight, out=hidden).relu_()
        below = hidden
    weight, bias = layers.head
    return torch.baddbmm(bias, weight, below.transpose(1, 2), out=space.logits)


def backward(layers: Layers, inputs: Tensor, space: Workspace, error: Tensor, gradient: Layers) -> None:
    """Write into ``gradient`` the gradient for ``error`` [N, outputs, rows], the loss's derivative by the logits.

    ``space`` must hold the activations of the forward pass on the same inputs.
    """
    torch.bmm(error, space.hidden[-1], out=gradient.head[0])
    torch.sum(error, 2, keepdim=True, out=gradient.head[1])
    torch.bmm(error.transpose(1, 2), layers.head[0], out=space.errors[-1])
    for depth in reversed(range(len(layers.encoder))):
        delta, hidden = space.errors[depth], space.hidden[depth]
        torch.ops.aten.threshold_backward.grad_input(delta, hidden, 0, grad_input=delta)
        below = space.hidden[depth - 1] if depth else inputs
        torch.bmm(below.transpose(1, 2), delta, out=gradient.encoder[depth][0])
        torch.sum(delta, 1, keepdim=True, out=gradient.encoder[depth][1])
        if depth:
            torch.bmm(delta, layers.encoder[depth][0].transpose(1, 2), out=space.errors[depth - 1])
