"""`low_fidelity`: enumerate, but briefly."""

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import torch
from pydantic import Field

from distgroup.enumerable import MOST_TASKS
from distgroup.estimators.base import GroupEstimator, MeasuredGroups
from distgroup.estimators.runs import every_group, gains_after
from distgroup.grouping import Group
from distgroup.seeding import derive, numpy_rng
from distgroup.training.problem import Problem


class LowFidelity(GroupEstimator):
    """Every subset of the tasks trained for a ``fraction`` of the steps, as stacks, and scored by its gain on val.

    Our own; early stopping as a cheap proxy is as old as Hyperband (Li et al. 2018). Networks share neither
    initialisation nor batches with the ground truth's of the same seed, so that at fraction 1 this is a second opinion,
    not a copy. A singleton's gain is 0 by definition.

    Beyond 12 tasks: all singletons, all pairs and ``sampled`` larger groups, uniform over sizes, the same for every
    seed; the scores of all groups then come from the affinity that explains these (see `affinity_through`).
    """

    kind: Literal["low_fidelity"] = "low_fidelity"
    fraction: float = Field(default=0.25, gt=0, le=1, description="Of the steps of a full run")
    seeds: int = Field(default=1, ge=1, description="Networks a group to average over, for each seed asked for")
    sampled: int = Field(default=200, ge=0, description="Groups of three and more, beyond 12 tasks")

    def measure_groups(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> MeasuredGroups:
        few = len(problem.task_set.names) <= MOST_TASKS
        groups = every_group(problem) if few else some_groups(problem, self.sampled)
        steps = max(1, round(self.fraction * problem.training.steps))
        values = [
            np.mean(
                [gains_after(problem, groups, derive(seed, self.kind, i), steps, device) for i in range(self.seeds)],
                axis=0,
            )
            for seed in seeds
        ]
        return MeasuredGroups(groups, np.array(values), steps * len(groups) * self.seeds)


def some_groups(problem: Problem, larger: int) -> tuple[Group, ...]:
    """All singletons and pairs, and up to so many larger groups."""
    names = sorted(problem.task_set.names)
    rng = numpy_rng(0, "low_fidelity", "groups")
    found = {frozenset(group): None for size in (1, 2) for group in combinations(names, size)}
    for _ in range(larger):
        size = rng.integers(3, len(names), endpoint=True)
        found[frozenset(rng.choice(names, size, replace=False).tolist())] = None
    return tuple(found)
