"""What an estimator found: scores for each seed, and what finding them took."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from distgroup.estimators.fill_in import affinity_through
from distgroup.grouping import Group, mask_of
from distgroup.scores import AffinityScores, DenseScores, GroupScores

Floats = NDArray[np.float64]
Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate(ABC):
    """What an estimator found on some seeds, at what cost for each of them."""

    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    cost_steps: Steps
    """Network-steps, [seeds]."""
    cost_seconds: Floats
    """Wall time on one core, [seeds]; seeds that trained together share it evenly."""

    def scores(self, *seeds: int) -> GroupScores:
        """Predicted group scores, from the mean over these seeds; over all if none is named."""
        return self._scores([self.seeds.index(seed) for seed in seeds or self.seeds])

    @abstractmethod
    def _scores(self, at: list[int]) -> GroupScores:
        """From the mean over some of the seeds, by position."""


@dataclass(frozen=True)
class AffinityEstimate(Estimate):
    affinity: Floats
    """Shape [seeds, source, target]."""
    singleton: Floats
    """What each task is worth alone, on the scale of the affinity; shape [seeds, tasks]."""

    def _scores(self, at: list[int]) -> GroupScores:
        return AffinityScores(self.tasks, self.affinity[at].mean(axis=0), self.singleton[at].mean(axis=0))


@dataclass(frozen=True)
class GroupEstimate(Estimate):
    """Scores of groups. If some groups are missing, an affinity fitted to the others stands for all."""

    groups: tuple[Group, ...]
    values: Floats
    """Shape [seeds, groups, tasks], NaN for tasks outside the group."""

    def _scores(self, at: list[int]) -> GroupScores:
        mean = self.values[at].mean(axis=0)
        if len(self.groups) < (1 << len(self.tasks)) - 1:
            return AffinityScores(self.tasks, affinity_through(self.groups, self.tasks, mean), 0.0)
        table = np.zeros((1 << len(self.tasks), len(self.tasks)))
        table[[mask_of(group, self.tasks) for group in self.groups]] = mean
        return DenseScores(self.tasks, table)
