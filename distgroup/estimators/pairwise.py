"""`pairwise`: train every pair, and believe that larger groups are the mean of their pairs."""

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import torch

from distgroup.estimators.base import AffinityEstimator, Measured
from distgroup.estimators.estimate import Floats
from distgroup.estimators.runs import gains_after
from distgroup.grouping import Group
from distgroup.seeding import derive
from distgroup.training.problem import Problem


class Pairwise(AffinityEstimator):
    """Higher-order approximation of Standley et al. (ICML 2020, arXiv 1905.07553): n(n+1)/2 networks, all steps.

    Affinity[s, t] is the gain of t in {s, t} on val, and so the score of t in G is the mean over the pairs {s, t} ⊆ G.
    Deviates in that gains are averaged, not losses, which is the same to the singleton's scale. A singleton's gain is
    0 by definition. The networks share neither initialisation nor batches with the ground truth's of the same seed.
    """

    kind: Literal["pairwise"] = "pairwise"

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        names = sorted(problem.task_set.names)
        groups = [frozenset(group) for size in (1, 2) for group in combinations(names, size)]
        affinity = np.array([self._affinity(problem, groups, seed, device) for seed in seeds])
        return Measured(affinity, problem.training.steps * len(groups))

    def singleton(self, affinity: Floats) -> Floats:
        return np.zeros(len(affinity))

    def _affinity(self, problem: Problem, groups: Sequence[Group], seed: int, device: torch.device) -> Floats:
        found = gains_after(problem, groups, derive(seed, "pairwise"), problem.training.steps, device)
        gains = dict(zip(groups, found, strict=True))
        names = problem.task_set.names
        return np.array([[gains[frozenset((s, t))][i] for i, t in enumerate(names)] for s in names])
