"""Which rows of each batch a rank trains on, and in how many parts."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from distgroup.training.comm import Ranks
from distgroup.training.data import Batches, Data
from distgroup.training.settings import Training


@dataclass(frozen=True)
class Part:
    """Rows that a rank takes at a time: inputs [rows, features], targets [1, outputs, rows], and each label's share in
    its task's mean over the whole batch, [tasks, rows]: 0 where missing, a plain number if none is."""

    inputs: Tensor
    targets: Tensor
    share: Tensor | float


class Parts:
    """The batches of a seed, of each of which rank r of W takes the rows r, r + W, r + 2W, …"""

    def __init__(self, data: Data, training: Training, seed: int, ranks: Ranks) -> None:
        self.data, self.ranks = data, ranks
        self.size, self.accumulate = training.batch_size, training.parallel.accumulate
        self._train = data.splits["train"]
        self._batches = Batches(seed, len(self._train), self.size)

    def __call__(self, step: int) -> tuple[list[Part], Tensor]:
        """This rank's parts of the batch, and how many labels each task has in the whole of it, [tasks], on the CPU."""
        rows, tasks = self._batches(step), len(self.data.tasks)
        if self._train.complete:
            return [Part(*self._taken(own), 1 / self.size) for own in self._own(rows)], torch.full([tasks], self.size)
        labels = self._train.valid.index_select(0, rows.to(self.data.device)).sum(0)
        parts = [
            Part(*self._taken(own), (self._train.valid.index_select(0, own) / labels.clamp_min(1)).T)
            for own in self._own(rows)
        ]
        return parts, labels.cpu()

    def _own(self, rows: Tensor) -> Iterator[Tensor]:
        own = rows[self.ranks.rank :: self.ranks.count].to(self.data.device)
        return (some for some in own.tensor_split(self.accumulate) if len(some))

    def _taken(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return self._train.inputs.index_select(0, rows), self._train.targets.index_select(0, rows).T[None]
