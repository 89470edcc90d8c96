"""The truth that estimates are scored against: measured gains of every subset, and what follows from them.

Validation chooses, test reports: the optimum, and the group that serves each task of a cover, are chosen on the mean of
the validation gains over seeds; test gains are only looked up.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from distgroup.grouping import Group, Grouping, mask_of, parse_group
from distgroup.partition_sums import partition_sums
from distgroup.scores import DenseScores, GroupScores, membership
from distgroup.selectors.exact import Exact

Floats = NDArray[np.float64]
Kind = Literal["cover", "partition"]
Split = Literal["val", "test"]


class Truth:
    """Gains of all subsets on val and test, each [seeds, 2^tasks, tasks], NaN outside the subset."""

    def __init__(self, tasks: Sequence[str], seeds: Sequence[int], val: Floats, test: Floats) -> None:
        self.tasks, self.seeds = tuple(tasks), tuple(seeds)
        self.gains: dict[Split, Floats] = {"val": val, "test": test}
        self.scores = DenseScores(tasks, val.mean(axis=0))
        """What selection sees: validation gains, mean over seeds."""

    @classmethod
    def from_table(cls, subsets: pd.DataFrame, tasks: Sequence[str], seeds: Sequence[int]) -> "Truth":
        """From a complete `subsets` table. Raises ValueError if a (seed, subset, task, split) is missing."""
        shape = len(seeds), 1 << len(tasks), len(tasks)
        rows = {mask_of(parse_group(text), tasks): text for text in subsets["subset"].unique()}
        mask = subsets["subset"].map({text: mask for mask, text in rows.items()})
        where = pd.DataFrame(
            {
                "seed": subsets["seed"].map({seed: i for i, seed in enumerate(seeds)}),
                "mask": mask,
                "task": subsets["task"].map({task: i for i, task in enumerate(tasks)}),
            }
        )
        arrays = []
        for split in ("val", "test"):
            at = where[(subsets["split"] == split) & where["seed"].notna()].astype(int)
            values = np.full(shape, np.nan)
            values[at["seed"], at["mask"], at["task"]] = subsets.loc[at.index, "gain"]
            if missing := int((np.isnan(values) & membership(len(tasks))).sum()):
                raise ValueError(f"the subsets table lacks {missing} of the {split} gains")
            arrays.append(values)
        return cls(tasks, seeds, *arrays)

    def serves(self, grouping: Grouping) -> dict[str, Group]:
        """The serving group of each task: the one with the largest validation gain, mean over seeds."""
        found = {}
        for position, task in enumerate(self.tasks):
            mine = [group for group in grouping.groups if task in group]
            found[task] = max(mine, key=lambda group: self.scores.of(group)[position])
        return found

    def delta_m(self, grouping: Grouping, split: Split) -> Floats:
        """Δm of a grouping for each seed: the mean over tasks of the gain in the task's serving group."""
        serving = self.serves(grouping)
        gains = [self.gains[split][:, mask_of(serving[task], self.tasks), i] for i, task in enumerate(self.tasks)]
        per_seed: Floats = np.mean(gains, axis=0)
        return per_seed

    @cached_property
    def all_in_one(self) -> Grouping:
        return Grouping.of([self.tasks])

    @cached_property
    def singletons(self) -> Grouping:
        return Grouping.of([task] for task in self.tasks)

    @cached_property
    def _optima(self) -> dict[Kind, list[Grouping]]:
        return {
            "cover": [best.grouping for best in Exact().select_each(self.scores, None)],
            "partition": [best.grouping for best in Exact(disjoint=True).select_each(self.scores, None)],
        }

    def optimum(self, max_groups: int | None, kind: Kind = "cover") -> Grouping:
        """The grouping by at most ``max_groups`` groups with the largest Δm on validation, found exactly."""
        return self._optima[kind][self._most(max_groups) - 1]

    def regret(self, of: Grouping | Floats, max_groups: int | None, split: Split) -> float:
        """Δm of the optimum with at most as many groups, minus that of a grouping, or of a Δm for each seed."""
        best = self.delta_m(self.optimum(max_groups), split).mean()
        return float(best - self._delta_m_of(of, split).mean())

    def gap_closed(self, of: Grouping | Floats, max_groups: int | None) -> tuple[float, float]:
        """Share of the way from all-in-one to the optimum, on test, and its jackknife standard error over seeds.

        A ratio of means over seeds, since a single seed's way may vanish or change sign; NaN if there is no way to go.
        """
        base = self.delta_m(self.all_in_one, "test")
        way = self.delta_m(self.optimum(max_groups), "test") - base
        return share_of_way(self._delta_m_of(of, "test") - base, way)

    def rank_percentile(self, of: Grouping | Floats, max_groups: int | None) -> float:
        """Percentage of the partitions into at most ``max_groups`` groups whose Δm on test is no better."""
        every = np.concatenate(self._partition_delta_m[: self._most(max_groups)])
        return float(100 * np.mean(every <= self._delta_m_of(of, "test").mean() + 1e-12))

    def _delta_m_of(self, of: Grouping | Floats, split: Split) -> Floats:
        return self.delta_m(of, split) if isinstance(of, Grouping) else of

    def mean_partition_delta_m(self, max_groups: int) -> float:
        """Mean Δm on test of all partitions into at most ``max_groups`` groups."""
        return float(np.concatenate(self._partition_delta_m[:max_groups]).mean())

    @cached_property
    def _partition_delta_m(self) -> list[Floats]:
        """Δm on test of every partition, by its number of groups less one."""
        worth = np.nansum(self.gains["test"].mean(axis=0), axis=1)
        return partition_sums(worth / len(self.tasks))

    def _most(self, max_groups: int | None) -> int:
        return len(self.tasks) if max_groups is None else min(max_groups, len(self.tasks))

    @cached_property
    def _shared(self) -> NDArray[np.bool_]:
        """Which (subset, task) entries say something about sharing: those of groups of two and more."""
        inside = membership(len(self.tasks))
        shared: NDArray[np.bool_] = inside & (inside.sum(axis=1, keepdims=True) > 1)
        return shared

    def spearman(self, predicted: GroupScores) -> float:
        """Rank correlation of predicted scores with mean test gains over all (group, task), |group| ≥ 2.

        NaN if either is constant.
        """
        return correlation(predicted.dense()[self._shared], self.gains["test"].mean(axis=0)[self._shared])

    @cached_property
    def noise_ceiling(self) -> float:
        """Agreement of the test gains with themselves between halves of the seeds: see `agreement_of_halves`."""
        return agreement_of_halves(self.gains["test"][:, self._shared])


def share_of_way(gone: Floats, way: Floats) -> tuple[float, float]:
    """mean(gone) / mean(way) over seeds, and its jackknife standard error; NaN if there is no way to go."""
    if way.mean() <= 0:
        return float("nan"), float("nan")
    n = len(way)
    if n == 1:
        return float(gone[0] / way[0]), float("nan")
    without = (gone.sum() - gone) / (way.sum() - way)
    error = np.sqrt((n - 1) * np.mean((without - without.mean()) ** 2))
    return float(gone.mean() / way.mean()), float(error)


def agreement_of_halves(gains: Floats) -> float:
    """Spearman's ρ of ``gains`` [seeds, entries] between disjoint halves of the seeds, mean over all halvings.

    An odd seed is left out in turn; NaN with a single seed.
    """
    seeds = range(len(gains))
    half = len(seeds) // 2
    found = []
    for first in combinations(seeds, half):
        rest = [i for i in seeds if i not in first]
        for second in combinations(rest, half):
            if half and first < second:
                found.append(correlation(gains[list(first)].mean(axis=0), gains[list(second)].mean(axis=0)))
    return float(np.mean(found)) if found else float("nan")


def correlation(a: Floats, b: Floats) -> float:
    """Spearman's ρ; NaN, without a warning, if there is nothing to rank."""
    if len(a) < 2 or np.ptp(rankdata(a)) == 0 or np.ptp(rankdata(b)) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)
