"""`Random`: a partition drawn uniformly, the floor that any other selector has to beat."""

import random
from typing import Literal

from pydantic import NonNegativeInt

from distgroup.errors import RequestError
from distgroup.grouping import Group
from distgroup.scores import GroupScores
from distgroup.selectors.base import Selection, Selector
from distgroup.selectors.served import serve


class Random(Selector):
    """Every partition into at most so many groups equally likely, given ``seed``; the scores play no part.

    Tasks, in the order of their names, open a group or join one with the odds of how many partitions follow.
    """

    kind: Literal["random"] = "random"
    seed: NonNegativeInt = 0

    def select(self, scores: GroupScores, max_groups: int | None) -> Selection:
        """The partition drawn. Raises RequestError if the scores forbid one of its groups."""
        if max_groups is not None and max_groups < 1:
            raise RequestError(f"max_groups is {max_groups}: at least 1 group is needed")
        names = sorted(scores.tasks)
        limit = len(names) if max_groups is None else min(max_groups, len(names))
        rng = random.Random(f"{self.seed} partition of {len(names)} into {limit}")
        return serve(scores, _drawn(names, limit, rng))


def _drawn(names: list[str], limit: int, rng: random.Random) -> list[Group]:
    counts = completions(len(names), limit)
    groups: list[list[str]] = []
    for i, name in enumerate(names):
        joining = counts[len(names) - i - 1][len(groups)]
        rank = rng.randrange(counts[len(names) - i][len(groups)])
        if rank < joining * len(groups):
            groups[rank // joining].append(name)
        else:
            groups.append([name])
    return [frozenset(group) for group in groups]


def completions(tasks: int, limit: int) -> list[list[int]]:
    """[m][g]: in how many ways m more tasks can join g groups that are there or open new ones, up to ``limit``."""
    counts = [[1] * (limit + 1)]
    for _ in range(tasks):
        last = [*counts[-1], 0]
        counts.append([groups * last[groups] + last[groups + 1] for groups in range(limit + 1)])
    return counts
