"""`successive_halving`: enumerate, but give up on subsets that no good grouping would use."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, model_validator

from distgroup.enumerable import MOST_TASKS
from distgroup.errors import RequestError
from distgroup.estimators.base import GroupEstimator, MeasuredGroups
from distgroup.estimators.estimate import Floats
from distgroup.estimators.near_best import shortfall
from distgroup.estimators.runs import Runs, every_group, mask_table
from distgroup.grouping import mask_of
from distgroup.options import Options
from distgroup.seeding import derive
from distgroup.training.problem import Problem


class Rung(Options):
    """Where training pauses to drop subsets."""

    at: float = Field(gt=0, lt=1, description="Fraction of the steps of a full run")
    keep: float = Field(gt=0, le=1, description="Share of all subsets that train on")


class SuccessiveHalving(GroupEstimator):
    """Every subset trained as in `low_fidelity`, but only those that can matter to the end; up to 12 tasks.

    Successive halving (Jamieson & Talwalkar 2016), on subsets that are chosen together: at each rung selection on the
    current gains says by how much the best grouping that uses a subset falls short of the best of as many groups
    (`shortfall`). The ``keep`` share with the least train on; so do all within ``margin`` of the best, and the
    singletons, against which gains are measured. The stacks shrink and resume with their optimizer state.

    A dropped subset's score is its last gain, moved by as much as the gains of that task have moved since where they
    were measured on, in the mean. A singleton's gain is 0 by definition. The default rungs, a fifth of an enumeration
    of 8 tasks, were chosen on digits_pair and flights with 6 tasks each; a first cut at 1/16 misled on flights.
    """

    kind: Literal["successive_halving"] = "successive_halving"
    rungs: tuple[Rung, ...] = (Rung(at=1 / 8, keep=1 / 10), Rung(at=1 / 4, keep=1 / 25))
    margin: float = Field(default=0.0, ge=0, description="Δm by which a grouping may fall short and its groups stay")

    @model_validator(mode="after")
    def _ascending(self) -> "SuccessiveHalving":
        at, keep = [rung.at for rung in self.rungs], [-rung.keep for rung in self.rungs]
        if at != sorted(set(at)) or keep != sorted(keep):
            raise ValueError("rungs must go on in `at` and not grow in `keep`")
        return self

    def measure_groups(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> MeasuredGroups:
        n = len(problem.task_set.names)
        if n > MOST_TASKS:
            raise RequestError(f"estimator {self.kind}: stops at {MOST_TASKS} tasks, found {n}; use low_fidelity")
        groups = every_group(problem)
        found = [self._climb(Runs(problem, groups, derive(seed, self.kind), device)) for seed in seeds]
        return MeasuredGroups(
            groups, np.array([values for values, _ in found]), np.array([steps for _, steps in found])
        )

    def _climb(self, runs: Runs) -> tuple[Floats, int]:
        """The scores of all groups, [groups, tasks], and the network-steps taken."""
        groups, full = runs.groups, runs.problem.training.steps
        kept, values = np.arange(len(groups)), np.zeros((len(groups), len(runs.problem.task_set.names)))
        for rung in self.rungs:
            runs.train_to(max(1, round(rung.at * full)))
            values = updated(values, kept, runs.gains())
            kept = kept[self._stay(runs, values[kept], round(rung.keep * len(groups)))]
            runs.keep([groups[i] for i in kept])
        runs.train_to(full)
        return updated(values, kept, runs.gains()), runs.network_steps

    def _stay(self, runs: Runs, values: Floats, count: int) -> NDArray[np.bool_]:
        """Which of the networks that still train go on."""
        tasks = runs.problem.task_set.names
        short = shortfall(mask_table(runs.groups, tasks, values, -np.inf))
        mine = short[[mask_of(group, tasks) for group in runs.groups]]
        enough = np.sort(mine)[max(1, min(count, len(mine))) - 1]
        alone = np.array([len(group) == 1 for group in runs.groups])
        stay: NDArray[np.bool_] = alone | (mine <= max(enough, self.margin))
        return stay


def updated(values: Floats, kept: NDArray[np.intp], gains: Floats) -> Floats:
    """Scores [groups, tasks] after the ``kept`` were measured again; the others move as these did, task by task."""
    change = np.where(np.isfinite(gains).sum(axis=1, keepdims=True) > 1, gains - values[kept], np.nan)
    count = np.isfinite(change).sum(axis=0)
    result: Floats = values + np.nansum(change, axis=0) / np.maximum(count, 1)
    result[kept] = gains
    return result
