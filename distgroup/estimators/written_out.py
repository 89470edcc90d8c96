"""Gradients of single samples, written out, by any encoder that can be stacked: each row has a network to itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from distgroup.estimators.sample_gradients import Distance, Samples, unlike
from distgroup.models import Network, Workspace, backward, forward
from distgroup.training.data import Data
from distgroup.training.losses import blocks, errors_

BYTES_AT_ONCE = 64 << 20
"""Of gradients; the distances take as much again."""


@dataclass(frozen=True)
class WrittenOut(Samples):
    """``gradients`` [inits, tasks, rows, shared parameters]."""

    gradients: Tensor
    valid: Tensor

    def gradient(self, task: int) -> Tensor:
        return self.gradients[:, task]

    def apart(self, distance: Distance, task: int) -> Tensor:
        own = self.gradients[:, task, None]
        if distance == "l1":
            return (self.gradients - own).abs_().sum(3)
        if distance == "sign_disagreement":
            return (self.gradients.sign() != own.sign()).to(own.dtype).mean(3)
        return unlike((self.gradients * own).sum(3), self.gradients.square().sum(3), task)


def written_out(data: Data, network: Network, start: Tensor, rows: Tensor) -> Iterator[WrittenOut]:
    """The rows in blocks, on networks with parameters ``start`` [inits, parameters]."""
    a_row = len(start) * len(data.tasks) * network.shared * start.element_size()
    for block in rows.split(max(1, BYTES_AT_ONCE // a_row)):
        gradients = torch.stack([_gradients(data, network, one, block) for one in start])
        yield WrittenOut(gradients, data.splits["train"].valid[block])


def _gradients(data: Data, network: Network, start: Tensor, rows: Tensor) -> Tensor:
    """Each task's, at one initialisation: [tasks, rows, shared parameters]."""
    train = data.splits["train"]
    inputs, valid = train.inputs[rows][:, None], train.valid[rows]
    layers = network.layers(start.expand(len(rows), -1))
    flat = start.new_zeros(len(rows), network.parameters)
    gradient, space = network.layers(flat), Workspace(network, len(rows), 1, start)
    owner = torch.tensor(network.task_of_output, device=data.device)
    errors = errors_(forward(layers, inputs, space), train.targets[rows][:, :, None], blocks(data.tasks))
    errors *= valid[:, owner, None]
    found = []
    for task in range(len(data.tasks)):
        backward(layers, inputs, space, errors * (owner == task)[:, None], gradient)
        found.append(torch.cat([part.flatten(1) for pair in gradient.encoder for part in pair], 1))
    return torch.stack(found)
