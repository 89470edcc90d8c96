"""`NetworkScores`: group scores as a list of networks, each with its tasks, their scores and a cost."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from distgroup.errors import RequestError
from distgroup.grouping import Group, group_of, group_text
from distgroup.scores import DENSE_LIMIT, Floats, GroupScores, membership


class NetworkScores(GroupScores):
    """Scores of the networks that somebody trained: a sparse list, over as many tasks as there are.

    Two networks may hold the same tasks (at another size and cost). The networks are kept in the order of their
    canonical texts, then names, so that the order in which they are given decides nothing.
    """

    def __init__(self, tasks: Sequence[str], names: Sequence[str], values: Floats, costs: Floats | float = 1.0) -> None:
        """``values`` has shape [networks, tasks], NaN for the tasks that a network does not hold; ``costs`` [networks].

        Raises RequestError if a task is in no network, a network holds none, a score is +inf or a cost is not positive.
        """
        self.tasks = tuple(tasks)
        if values.shape != (len(names), len(self.tasks)):
            raise ValueError(f"values have shape {values.shape}, not {(len(names), len(self.tasks))}")
        inside = ~np.isnan(values)
        groups = [frozenset(task for task, held in zip(self.tasks, row, strict=True) if held) for row in inside]
        order = sorted(range(len(names)), key=lambda j: (group_text(groups[j]), names[j]))
        self.names = tuple(names[j] for j in order)
        self.groups: tuple[Group, ...] = tuple(groups[j] for j in order)
        self.values = values[order]
        self.inside: NDArray[np.bool_] = inside[order]
        self.costs: Floats = np.broadcast_to(np.asarray(costs, dtype=float), (len(names),))[order]
        self._check()

    @classmethod
    def of_table(cls, scores: GroupScores) -> "NetworkScores":
        """A network of cost 1 for each group that ``scores``, of at most 16 tasks, does not forbid by −inf."""
        table = np.where(membership(len(scores.tasks)), scores.dense(), np.nan)[1:]
        allowed = np.flatnonzero(~np.isneginf(table).all(axis=1, where=~np.isnan(table)))
        names = [group_text(group_of(int(row) + 1, scores.tasks)) for row in allowed]
        return cls(scores.tasks, names, table[allowed])

    def of(self, group: Iterable[str]) -> Floats:
        """The best that a network of precisely these tasks gives to each; −inf if there is none."""
        wanted = frozenset(group)
        rows = [j for j, held in enumerate(self.groups) if held == wanted]
        member = np.isin(self.tasks, list(wanted))
        best = self.values[rows].max(axis=0, initial=-np.inf, where=self.inside[rows])
        return np.where(member, best, np.nan)

    def row_of(self, group: Group) -> int:
        """Where the one network of precisely these tasks is. Raises RequestError where there are two."""
        if self.groups.count(group) > 1:
            raise self._two_of(group)
        return self.groups.index(group)

    def dense(self) -> Floats:
        """As `of` for every group. Raises RequestError beyond 16 tasks, and where `of` would mix two networks."""
        n = len(self.tasks)
        if n > DENSE_LIMIT:
            raise RequestError(f"{n} tasks: a table over all subsets stops at {DENSE_LIMIT}; use milp or greedy")
        if len(set(self.groups)) < len(self.groups):
            twice = next(a for a, b in zip(self.groups, self.groups[1:], strict=False) if a == b)
            raise self._two_of(twice)
        table = np.where(membership(n), -np.inf, np.nan)
        table[self.inside @ (1 << np.arange(n))] = self.values
        return table

    def _two_of(self, group: Group) -> RequestError:
        return RequestError(f"two networks hold the tasks {group_text(group)!r}: only milp and greedy can choose")

    def _check(self) -> None:
        if not all(self.groups):
            raise RequestError(f"network {self.names[self.groups.index(frozenset())]!r} holds no task")
        for task, held in zip(self.tasks, self.inside.T, strict=True):
            if not held.any():
                raise RequestError(f"task {task!r} is in no network")
        for name, row, cost in zip(self.names, self.values, self.costs, strict=True):
            if np.isposinf(row).any() or not 0 < cost < np.inf:
                raise RequestError(
                    f"network {name!r}: scores must be below +inf, its cost ({cost}) positive and finite"
                )
