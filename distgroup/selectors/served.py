"""From chosen groups or networks to a selection: who serves which task, and what that is worth."""

from collections.abc import Iterable, Sequence
from math import inf

import numpy as np

from distgroup.errors import RequestError
from distgroup.grouping import Group, Grouping, group_text
from distgroup.networks import NetworkScores
from distgroup.scores import AffinityScores, GroupScores
from distgroup.selectors.base import NetworkSelection, Selection


def serve(scores: GroupScores, groups: Iterable[Group], bound: float = inf) -> Selection:
    """Each task from the group that scores it highest, of equals from the smallest; groups that serve none are dropped.

    Raises RequestError if a task is in no group, or only in groups that the scores forbid.
    """
    order = sorted(set(groups), key=lambda group: (len(group), group_text(group)))
    table = np.stack([np.nan_to_num(scores.of(group), nan=-inf, neginf=-inf) for group in order])
    best = table.argmax(axis=0)
    total = float(table.max(axis=0).sum())
    if total == -inf:
        task = scores.tasks[int(np.isneginf(table.max(axis=0)).argmax())]
        # A matrix forbids nothing but being alone, and that only where the command line's default is kept.
        alone = "let tasks be alone (--singleton 0 or diagonal), or " if isinstance(scores, AffinityScores) else ""
        raise RequestError(
            f"task {task!r} ends in no group that the scores allow ({Grouping.of(order)}): "
            f"{alone}use exact, milp or greedy, which go round forbidden groups"
        )
    serves = {task: order[j] for task, j in zip(scores.tasks, best, strict=True)}
    return Selection(Grouping.of(serves.values()), serves, total, total >= bound, bound)


def serve_networks(scores: NetworkScores, chosen: Sequence[int], optimal: bool = False) -> NetworkSelection:
    """As `serve`, by networks given as rows of ``scores``; those that are not needed for the total are dropped.

    Every task must be held by one of them.
    """
    needed = _needed(scores, sorted(chosen))
    held = np.nan_to_num(scores.values[needed], nan=-inf, neginf=-inf)
    best = np.asarray(needed)[held.argmax(axis=0)]
    serves = {task: scores.groups[j] for task, j in zip(scores.tasks, best, strict=True)}
    names = {task: scores.names[j] for task, j in zip(scores.tasks, best, strict=True)}
    return NetworkSelection(
        Grouping.of(serves.values()),
        serves,
        float(held.max(axis=0).sum()),
        optimal,
        network_of=names,
        cost=float(scores.costs[sorted(set(best.tolist()))].sum()),
    )


def _needed(scores: NetworkScores, chosen: list[int]) -> list[int]:
    """Drop networks, the dearest and largest first, as long as no task gets a lower score."""
    needed = list(chosen)
    table = np.nan_to_num(scores.values, nan=-inf, neginf=-inf)
    best = table[needed].max(axis=0)
    for j in sorted(chosen, key=lambda j: (-scores.costs[j], -len(scores.groups[j]), -j)):
        rest = [other for other in needed if other != j]
        if rest and bool((table[rest].max(axis=0) == best).all()):
            needed = rest
    return needed
