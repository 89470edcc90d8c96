"""The truth of update rule `selective`: the measured gains of every partition.

With `separate`, a group's gains are its own, whatever else is in the grouping; here the groups share one network, and
only whole partitions can be looked up. As there, validation chooses and test reports.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from distgroup.grouping import Grouping, all_partitions, mask_of
from distgroup.scores import GroupScores
from distgroup.truth import Floats, Split, agreement_of_halves, correlation, share_of_way


class PartitionTruth:
    """Gains on val and test, each [seeds, partitions, tasks]; fewer groups come first.

    What is scored by it is a Δm for each seed: that of one of the partitions, or of training whose grouping changed.
    """

    def __init__(self, tasks: Sequence[str], seeds: Sequence[int], val: Floats, test: Floats) -> None:
        """Partitions in the order of `all_partitions`."""
        self.tasks, self.seeds = tuple(tasks), tuple(seeds)
        self.gains: dict[Split, Floats] = {"val": val, "test": test}

    @classmethod
    def from_table(cls, table: pd.DataFrame, tasks: Sequence[str], seeds: Sequence[int]) -> "PartitionTruth":
        """From a complete `partitions` table. Raises ValueError if a (seed, grouping, task, split) is missing."""
        groupings = [str(grouping) for grouping in all_partitions(tasks)]
        every = pd.MultiIndex.from_product([("val", "test"), seeds, groupings, tasks])
        gains = table.set_index(["split", "seed", "grouping", "task"])["gain"].reindex(every)
        if missing := int(gains.isna().sum()):
            raise ValueError(f"the partitions table lacks {missing} of {len(gains)} gains")
        val, test = gains.to_numpy().reshape(2, len(seeds), len(groupings), len(tasks))
        return cls(tasks, seeds, val, test)

    @cached_property
    def groupings(self) -> list[Grouping]:
        return all_partitions(self.tasks)

    def delta_m(self, grouping: Grouping, split: Split) -> Floats:
        """Δm of a partition for each seed: the mean gain over tasks."""
        return self._delta_m[split][:, self.groupings.index(grouping)]

    def optimum(self, max_groups: int | None) -> Grouping:
        """The partition into at most ``max_groups`` groups with the largest Δm on validation."""
        return self.groupings[int(self._delta_m["val"].mean(axis=0)[: self._up_to(max_groups)].argmax())]

    @cached_property
    def all_in_one(self) -> Grouping:
        """Joint training."""
        return self.groupings[0]

    def gap_closed(self, delta_m: Floats, max_groups: int | None) -> tuple[float, float]:
        """Share of the way from joint training to the optimum, on test, for ``delta_m`` [seeds]; see `share_of_way`."""
        base = self.delta_m(self.all_in_one, "test")
        return share_of_way(delta_m - base, self.delta_m(self.optimum(max_groups), "test") - base)

    def spearman(self, predicted: GroupScores) -> float:
        """Rank correlation of each task's predicted score in its group with its mean test gain, over all partitions.

        NaN if either is constant.
        """
        scores = predicted.dense()
        own = [[self._mask(grouping, task) for task in self.tasks] for grouping in self.groupings]
        return correlation(
            scores[np.array(own), np.arange(len(self.tasks))].ravel(), self.gains["test"].mean(axis=0).ravel()
        )

    def _mask(self, grouping: Grouping, task: str) -> int:
        return next(mask_of(group, self.tasks) for group in grouping.groups if task in group)

    @cached_property
    def noise_ceiling(self) -> float:
        """Agreement of the test gains with themselves between halves of the seeds: see `agreement_of_halves`."""
        gains = self.gains["test"]
        return agreement_of_halves(gains.reshape(len(gains), -1))

    def regret(self, delta_m: Floats, max_groups: int | None, split: Split) -> float:
        """Δm of the optimum with at most as many groups, minus ``delta_m`` [seeds]."""
        return float((self.delta_m(self.optimum(max_groups), split) - delta_m).mean())

    def rank_percentile(self, delta_m: Floats, max_groups: int | None) -> float:
        """Percentage of the partitions into at most ``max_groups`` groups whose Δm on test is no better."""
        every = self._delta_m["test"].mean(axis=0)[: self._up_to(max_groups)]
        return float(100 * np.mean(every <= delta_m.mean() + 1e-12))

    def mean_delta_m(self, max_groups: int | None) -> float:
        """Mean Δm on test of all partitions into at most ``max_groups`` groups: the random floor."""
        return float(self._delta_m["test"][:, : self._up_to(max_groups)].mean())

    @cached_property
    def _delta_m(self) -> dict[Split, Floats]:
        """Of every partition, [seeds, partitions]."""
        return {split: gains.mean(axis=2) for split, gains in self.gains.items()}

    def _up_to(self, max_groups: int | None) -> int:
        most = len(self.tasks) if max_groups is None else max_groups
        return sum(len(grouping) <= most for grouping in self.groupings)
