"""Losses of all heads of a stack at once, and their derivatives by the logits, in closed form.

Heads of one kind and width stand side by side, so that each kind takes one operation however many tasks it has.
"""

from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor
from torch.nn import functional

from distgroup.tasks.task import Kind, Task


@dataclass(frozen=True)
class Block:
    """Neighbouring heads of one kind and width: which tasks, which outputs."""

    kind: Kind
    width: int
    tasks: slice
    outputs: slice


def head_order(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    """The tasks with heads of one kind and width together; a stable order."""
    return tuple(sorted(tasks, key=lambda task: (task.kind, task.outputs)))


def blocks(tasks: tuple[Task, ...]) -> list[Block]:
    """The blocks of tasks in `head_order`."""
    found, task, output = [], 0, 0
    for (kind, width), same in groupby(tasks, key=lambda task: (task.kind, task.outputs)):
        count = len(list(same))
        found.append(Block(kind, width, slice(task, task + count), slice(output, output + count * width)))
        task, output = task + count, output + count * width
    return found


def errors_(logits: Tensor, targets: Tensor, heads: list[Block]) -> Tensor:
    """Turn ``logits`` [N, outputs, rows] into each row's loss derivative, in place.

    ``targets`` [N or 1, outputs, rows]: the standardised label, 0 or 1, or the class's indicator.
    """
    for block in heads:
        z, y = logits[:, block.outputs], targets[:, block.outputs]
        if block.kind == "multiclass":
            z.copy_(torch.softmax(z.unflatten(1, (-1, block.width)), 2).flatten(1, 2))
        elif block.kind == "binary":
            z.sigmoid_()
        z.sub_(y)
        if block.kind == "regression":
            z.mul_(2)
    return logits


def row_losses(logits: Tensor, targets: Tensor, heads: list[Block]) -> Tensor:
    """Each row's loss, shape [N, tasks, rows]."""
    found = []
    for block in heads:
        z, y = logits[:, block.outputs], targets[:, block.outputs]
        if block.kind == "multiclass":
            apart, label = (part.unflatten(1, (-1, block.width)) for part in (z, y))
            found.append(-(torch.log_softmax(apart, 2) * label).sum(2))
        elif block.kind == "binary":
            found.append(functional.binary_cross_entropy_with_logits(z, y.expand_as(z), reduction="none"))
        else:
            found.append((z - y).square())
    return torch.cat(found, 1)
