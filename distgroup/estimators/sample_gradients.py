"""Gradients of single samples, and how far apart those of two tasks are, without writing the gradients out.

The gradient of one sample's loss by a layer's weights is an outer product, input ⊗ error. Two tasks share the input, so
sums over the weights of what differs between them fall apart into a factor of the input and one of the errors, exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

from distgroup.models import Layers, Mlp, Network, Workspace, backward, forward
from distgroup.training.data import Data
from distgroup.training.losses import blocks, errors_

Distance = Literal["l1", "sign_disagreement", "cosine"]

ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class Samples:
    """Some rows at some initialisations: for each encoder layer its inputs and each task's errors."""

    inputs: Sequence[Tensor]
    """Each [inits, rows, inputs of the layer], a column of ones for the bias appended."""
    errors: Sequence[Tensor]
    """Each [inits, tasks, rows, outputs of the layer]."""
    valid: Tensor
    """Shape [rows, tasks]: 1 where the row has the label."""

    def gradient(self, task: int) -> Tensor:
        """One task's gradients, written out: [inits, rows, shared parameters]."""
        layers = zip(self.inputs, self.errors, strict=True)
        return torch.cat([(x[:, :, :, None] * e[:, task, :, None]).flatten(2) for x, e in layers], 2)


def samples(data: Data, encoder: Mlp, inits: Sequence[int], rows: Tensor) -> Iterator[Samples]:
    """The rows in blocks, on networks initialised by seeds ``inits``."""
    train = data.splits["train"]
    network = Network(train.inputs.shape[1], encoder.widths, data.tasks)
    start = torch.stack([network.initialise(init) for init in inits]).to(data.device, data.dtype)
    layers, scratch = network.layers(start), network.layers(torch.zeros_like(start))
    for block in rows.split(ROWS_AT_ONCE):
        space = Workspace(network, len(inits), len(block), start)
        inputs = train.inputs[block].expand(len(inits), -1, -1)
        errors = errors_(forward(layers, inputs, space), train.targets[block].T[None], blocks(data.tasks))
        errors *= train.valid[block].T[network.task_of_output]
        below = [with_ones(x) for x in (inputs, *space.hidden[:-1])]
        owner = torch.tensor(network.task_of_output, device=data.device)[:, None]
        found = [
            task_errors(layers, inputs, space, errors * (owner == task), scratch) for task in range(len(data.tasks))
        ]
        yield Samples(below, [torch.stack(depth, 1) for depth in zip(*found, strict=True)], train.valid[block])


def task_errors(layers: Layers, inputs: Tensor, space: Workspace, errors: Tensor, scratch: Layers) -> list[Tensor]:
    """What derivatives ``errors`` by the logits become at each encoder layer, [inits, rows, width]."""
    backward(layers, inputs, space, errors, scratch)
    return [error.clone() for error in space.errors]


def with_ones(inputs: Tensor) -> Tensor:
    return torch.cat([inputs, inputs.new_ones(*inputs.shape[:-1], 1)], -1)


def apart(part: Samples, distance: Distance, task: int) -> Tensor:
    """Distance of the task's gradient from every task's on the same sample, [inits, tasks, rows]."""
    layers = list(zip(part.inputs, part.errors, strict=True))
    if distance == "l1":
        return sum_of(x.abs().sum(2)[:, None] * (e - e[:, task, None]).abs().sum(3) for x, e in layers)
    if distance == "sign_disagreement":
        differ = sum_of(
            (x != 0).sum(2)[:, None] * (e.sign() != e[:, task, None].sign()).sum(3).to(e.dtype) for x, e in layers
        )
        return differ / sum(x.shape[2] * e.shape[3] for x, e in layers)
    inner = sum_of(x.square().sum(2)[:, None] * (e * e[:, task, None]).sum(3) for x, e in layers)
    square = sum_of(x.square().sum(2)[:, None] * e.square().sum(3) for x, e in layers)
    return 1 - inner / (square * square[:, task, None]).sqrt().clamp_min(torch.finfo(square.dtype).tiny)


def sum_of(parts: Iterator[Tensor]) -> Tensor:
    return torch.stack(list(parts)).sum(0)


def across(a: Tensor, b: Tensor, distance: Distance) -> Tensor:
    """Mean distance of all pairs of gradients ``a`` and ``b``, each [inits, rows, shared parameters]."""
    if distance == "l1":
        return torch.cdist(a, b, p=1).mean()
    if distance == "sign_disagreement":
        return (a.sign()[:, :, None] != b.sign()[:, None]).to(a.dtype).mean()
    return 1 - (normalize(a, dim=2) @ normalize(b, dim=2).transpose(1, 2)).mean()
