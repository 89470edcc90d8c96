"""Group scores: for any group, a score for each of its tasks. Larger is better.

This is the one interface that estimators, ground truth and selectors share. A selector cannot tell *measured* scores
(gains from a subset table) from *predicted* ones (an estimator's), so regret is one line: select on the predicted, look
up in the measured.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from distgroup.errors import RequestError
from distgroup.grouping import mask_of

Floats = NDArray[np.float64]

DENSE_LIMIT = 16


def membership(n: int) -> NDArray[np.bool_]:
    """Shape [2^n, n]: is task ``t`` in the subset with bitmask ``row``?"""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


class GroupScores(ABC):
    """Scores of groups of ``tasks``.

    Laws: `of` agrees with `dense`; relabelling the tasks permutes the scores alike.
    """

    tasks: tuple[str, ...]

    @abstractmethod
    def of(self, group: Iterable[str]) -> Floats:
        """The scores of one group, shape [tasks], NaN for the tasks outside it."""

    @abstractmethod
    def dense(self) -> Floats:
        """All scores, shape [2^tasks, tasks]; row = bitmask of the group, NaN for tasks outside it.

        Raises RequestError beyond 16 tasks, where the table would not fit a laptop's memory.
        """

    def pairwise(self) -> Floats:
        """The affinity that the pairs imply, [source, target]: score of target in {source, target}.

        The diagonal holds what each task scores alone.
        """
        n = len(self.tasks)
        affinity = np.empty((n, n))
        for s in range(n):
            for t in range(n):
                affinity[s, t] = self.of({self.tasks[s], self.tasks[t]})[t]
        return affinity


class DenseScores(GroupScores):
    """Scores held as a table over all subsets, e.g. measured gains."""

    def __init__(self, tasks: Sequence[str], values: Floats) -> None:
        """``values`` has shape [2^tasks, tasks]; entries of tasks outside a row's subset are ignored."""
        self.tasks = tuple(tasks)
        n = len(self.tasks)
        if values.shape != (1 << n, n):
            raise ValueError(f"values have shape {values.shape}, not {(1 << n, n)}")
        self._values: Floats = np.where(membership(n), values, np.nan)

    def of(self, group: Iterable[str]) -> Floats:
        row: Floats = self._values[mask_of(group, self.tasks)].copy()
        return row

    def dense(self) -> Floats:
        return self._values.copy()


class AffinityScores(GroupScores):
    """Scores from an affinity matrix: that of t in G is the mean of affinity[s, t] over s in G, s ≠ t (Fifty 2021)."""

    def __init__(self, tasks: Sequence[str], affinity: Floats, singleton: Floats | float) -> None:
        """``affinity`` has shape [source, target], its diagonal unused; ``singleton``: what each task scores alone."""
        self.tasks = tuple(tasks)
        n = len(self.tasks)
        if affinity.shape != (n, n):
            raise ValueError(f"affinity has shape {affinity.shape}, not {(n, n)}")
        self.affinity = affinity - np.diag(np.diag(affinity))
        self.singleton = np.broadcast_to(np.asarray(singleton, dtype=float), (n,)).copy()

    def of(self, group: Iterable[str]) -> Floats:
        inside = np.isin(self.tasks, list(group))
        row: Floats = self._score(inside[None, :])[0]
        return row

    def dense(self) -> Floats:
        if len(self.tasks) > DENSE_LIMIT:
            raise RequestError(f"{len(self.tasks)} tasks: a table over all subsets stops at {DENSE_LIMIT}")
        return self._score(membership(len(self.tasks)))

    def pairwise(self) -> Floats:
        return self.affinity + np.diag(self.singleton)

    def _score(self, inside: NDArray[np.bool_]) -> Floats:
        others = inside.sum(axis=1, keepdims=True) - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (inside @ self.affinity) / others
        scores: Floats = np.where(inside, np.where(others == 0, self.singleton, mean), np.nan)
        return scores
