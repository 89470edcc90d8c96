"""`Greedy`: greedy choice and local search, for more tasks than can be enumerated."""

from collections.abc import Iterator
from math import inf
from time import monotonic
from typing import Literal, TypeVar

import numpy as np
from pydantic import NonNegativeInt, PositiveFloat

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores
from distgroup.scores import AffinityScores, Floats, GroupScores
from distgroup.selectors.base import BudgetSelector, Selection
from distgroup.selectors.budget import Budget
from distgroup.selectors.cover_search import cover_search
from distgroup.selectors.helpers import overlap_search
from distgroup.selectors.partition_search import partition_search
from distgroup.selectors.served import serve, serve_networks

MOST_TASKS = 10_000

Found = TypeVar("Found")


class Greedy(BudgetSelector):
    """Good groups for thousands of tasks from an affinity matrix, or good networks of a list; seeded, any-time.

    From a matrix no subset is enumerated: single tasks are merged, moved, and ``rounds`` times shuffled in part and
    moved again (`partition_search`); unless ``disjoint``, tasks also join groups as helpers (`overlap_search`). The
    bound is what each task would get from its one best helper. From a list see `cover_search`, whose first greedy pass
    has a guarantee of (1 − 1/e).

    ``time_limit``, in seconds, ends the rounds early; what is found then depends on the speed of the machine.
    """

    kind: Literal["greedy"] = "greedy"
    disjoint: bool = False
    rounds: NonNegativeInt = 15
    seed: NonNegativeInt = 0
    time_limit: PositiveFloat | None = None

    def select(self, scores: GroupScores, max_groups: int | None, max_cost: float | None = None) -> Selection:
        """What the search finds. Raises RequestError where that is no cover, and for ``disjoint`` on a list."""
        if isinstance(scores, AffinityScores):
            most = _limit(len(scores.tasks), max_groups, max_cost)
            if most == len(scores.tasks) and not self.disjoint:
                return _own_group_each(scores)
            return self._from_matrix(scores, most)
        if self.disjoint:
            raise RequestError("selector greedy: disjoint groups are found from an affinity matrix; use exact or milp")
        networks = scores if isinstance(scores, NetworkScores) else NetworkScores.of_table(scores)
        budget = Budget.of(networks, max_groups, max_cost)
        found = cover_search(networks, budget, self.rounds, self.seed)
        if found is None:
            raise RequestError(f"selector greedy found no cover of the tasks by {budget}: try milp, or allow more")
        return serve_networks(networks, found)

    def _from_matrix(self, scores: AffinityScores, max_groups: int) -> Selection:
        order = np.argsort(scores.tasks)
        affinity, alone = scores.affinity[np.ix_(order, order)], _finite(scores, order)
        if self.disjoint:
            labels = self._last(partition_search(affinity, alone, max_groups, self.seed))
            groups = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
        else:
            groups = self._last(overlap_search(affinity, alone, max_groups, self.seed)).groups()
        named = [frozenset(scores.tasks[order[i]] for i in group) for group in groups]
        return serve(scores, named, _bound(scores))

    def _last(self, search: Iterator[Found]) -> Found:
        end = inf if self.time_limit is None else monotonic() + self.time_limit
        found = next(search)
        for _ in range(self.rounds):
            if monotonic() > end:
                break
            found = next(search)
        return found


def _limit(n: int, max_groups: int | None, max_cost: float | None) -> int:
    """A group from a matrix costs 1."""
    if n > MOST_TASKS:
        raise RequestError(
            f"selector greedy stops at {MOST_TASKS:,} tasks: {n:,} would need about {40 * n**2 / 2**30:,.0f} GiB"
        )
    most = min(n, n if max_groups is None else max_groups, n if max_cost is None else int(max_cost))
    if most < 1:
        raise RequestError(f"max_groups {max_groups}, budget {max_cost}: at least 1 group of cost 1 is needed")
    return most


def _own_group_each(scores: AffinityScores) -> Selection:
    """With a group for each task: the task, and the one helper that does it most good."""
    pairs = scores.pairwise()
    best = pairs.argmax(axis=0)
    groups = [frozenset({scores.tasks[s], task}) for s, task in zip(best, scores.tasks, strict=True)]
    return serve(scores, groups, _bound(scores))


def _finite(scores: AffinityScores, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """What tasks score alone, −inf replaced by worse than anything else can make up for."""
    never = -2.0 * (np.abs(scores.affinity).sum() + 1.0)
    return np.where(np.isneginf(scores.singleton), never, scores.singleton)[order]


def _bound(scores: AffinityScores) -> float:
    others = np.where(np.eye(len(scores.tasks), dtype=bool), -inf, scores.affinity)
    return float(np.maximum(others.max(axis=0), scores.singleton).sum())
