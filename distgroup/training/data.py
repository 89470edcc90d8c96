"""A task set as tensors on one device, in the layout that a stack trains on."""

from collections.abc import Sequence

import torch
from torch import Tensor

from distgroup.seeding import torch_rng
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import TaskSet
from distgroup.training.losses import head_order


class SplitTensors:
    """``inputs`` [rows, features], ``targets`` [rows, outputs] (0 where missing), ``valid`` [rows, tasks] as 0 or 1."""

    def __init__(self, inputs: Tensor, labels: Tensor, tasks: Sequence[Task]) -> None:
        self.inputs = inputs
        present = ~labels.isnan()
        known = labels.nan_to_num()
        columns = [
            torch.nn.functional.one_hot(column.long(), task.outputs).to(labels.dtype)
            if task.kind == "multiclass"
            else column[:, None]
            for task, column in zip(tasks, known.T, strict=True)
        ]
        widths = torch.tensor([task.outputs for task in tasks], device=labels.device)
        self.targets = torch.cat(columns, 1) * present.repeat_interleave(widths, 1)
        self.valid = present.to(labels.dtype)
        self.complete = bool(present.all())

    def __len__(self) -> int:
        return len(self.inputs)


class Data:
    """The splits of a task set for some of its tasks, which stand in `head_order`."""

    def __init__(
        self, task_set: TaskSet, names: Sequence[str], device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        self.tasks = head_order(tuple(task for task in task_set.tasks if task.name in names))
        self.names = tuple(task.name for task in self.tasks)
        self.device, self.dtype = device, dtype
        columns = [task_set.names.index(name) for name in self.names]
        self.splits = {
            name: SplitTensors(
                torch.as_tensor(split.inputs, device=device, dtype=dtype),
                torch.as_tensor(split.labels[:, columns], device=device, dtype=dtype),
                self.tasks,
            )
            for name, split in task_set.splits.items()
        }


class Batches:
    """Which rows a seed's network sees at which step: shuffled epochs end to end, cut into equal batches.

    The same for every network of the seed, and computable for any step, so that training can go on anywhere.
    """

    def __init__(self, seed: int, rows: int, size: int) -> None:
        self.seed, self.rows, self.size = seed, rows, size
        self._epochs: dict[int, Tensor] = {}

    def __call__(self, step: int) -> Tensor:
        """Row indices of the batch, shape [size]."""
        start = step * self.size
        first, last = start // self.rows, (start + self.size - 1) // self.rows
        for done in [epoch for epoch in self._epochs if epoch < first]:
            del self._epochs[done]
        rows = torch.cat([self._epoch(epoch) for epoch in range(first, last + 1)])
        return rows[start - first * self.rows :][: self.size]

    def _epoch(self, epoch: int) -> Tensor:
        if epoch not in self._epochs:
            rng = torch_rng(self.seed, "batches", epoch)
            self._epochs[epoch] = torch.randperm(self.rows, generator=rng)
        return self._epochs[epoch]
