"""Distances between gradients of single samples in fully connected layers, without writing the gradients out.

The gradient of one sample's loss by a layer's weights is an outer product, input ⊗ error. Two tasks share the input, so
sums over the weights of what differs between them fall apart into a factor of the input and one of the errors, exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from distgroup.encoders.mlp import MlpPass
from distgroup.estimators.sample_gradients import Distance, Samples, unlike
from distgroup.models import Layers, Network, Workspace, backward, forward
from distgroup.training.data import Data
from distgroup.training.losses import blocks, errors_

ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class OuterProducts(Samples):
    """For each encoder layer its inputs and each task's errors."""

    inputs: Sequence[Tensor]
    """Each [inits, rows, inputs of the layer], a column of ones for the bias appended."""
    errors: Sequence[Tensor]
    """Each [inits, tasks, rows, outputs of the layer]."""
    valid: Tensor

    def gradient(self, task: int) -> Tensor:
        return torch.cat([(x[:, :, :, None] * e[:, task, :, None]).flatten(2) for x, e in self._layers], 2)

    def apart(self, distance: Distance, task: int) -> Tensor:
        layers = self._layers
        if distance == "l1":
            return sum_of(x.abs().sum(2)[:, None] * (e - e[:, task, None]).abs().sum(3) for x, e in layers)
        if distance == "sign_disagreement":
            differ = sum_of(
                (x != 0).sum(2)[:, None] * (e.sign() != e[:, task, None].sign()).sum(3).to(e.dtype) for x, e in layers
            )
            return differ / sum(x.shape[2] * e.shape[3] for x, e in layers)
        inner = sum_of(x.square().sum(2)[:, None] * (e * e[:, task, None]).sum(3) for x, e in layers)
        return unlike(inner, sum_of(x.square().sum(2)[:, None] * e.square().sum(3) for x, e in layers), task)

    @property
    def _layers(self) -> list[tuple[Tensor, Tensor]]:
        return list(zip(self.inputs, self.errors, strict=True))


def outer_products(data: Data, network: Network, start: Tensor, rows: Tensor) -> Iterator[OuterProducts]:
    """The rows in blocks, on networks of an `mlp` encoder with parameters ``start`` [inits, parameters]."""
    train = data.splits["train"]
    layers, scratch = network.layers(start), network.layers(torch.zeros_like(start))
    owner = torch.tensor(network.task_of_output, device=data.device)
    for block in rows.split(ROWS_AT_ONCE):
        space = Workspace(network, len(start), len(block), start)
        assert isinstance(space.encoder, MlpPass)
        inputs = train.inputs[block].expand(len(start), -1, -1)
        errors = errors_(forward(layers, inputs, space), train.targets[block].T[None], blocks(data.tasks))
        errors *= train.valid[block].T[owner]
        below = [with_ones(x) for x in (inputs, *space.encoder.hidden[:-1])]
        found = [
            task_errors(layers, inputs, space, space.encoder, errors * (owner == task)[:, None], scratch)
            for task in range(len(data.tasks))
        ]
        at_layers = [torch.stack(depth, 1) for depth in zip(*found, strict=True)]
        yield OuterProducts(below, at_layers, train.valid[block])


def task_errors(
    layers: Layers, inputs: Tensor, space: Workspace, encoder: MlpPass, errors: Tensor, scratch: Layers
) -> list[Tensor]:
    """What derivatives ``errors`` by the logits become at each encoder layer, [inits, rows, width]."""
    backward(layers, inputs, space, errors, scratch)
    return [error.clone() for error in encoder.errors]


def with_ones(inputs: Tensor) -> Tensor:
    return torch.cat([inputs, inputs.new_ones(*inputs.shape[:-1], 1)], -1)


def sum_of(parts: Iterator[Tensor]) -> Tensor:
    return torch.stack(list(parts)).sum(0)
