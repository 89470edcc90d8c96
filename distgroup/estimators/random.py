"""`random`: the floor that every estimator has to beat."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from distgroup.estimators.base import AffinityEstimator, Measured
from distgroup.estimators.estimate import Floats
from distgroup.seeding import numpy_rng
from distgroup.training.problem import Problem


class Random(AffinityEstimator):
    """Affinities uniform in (−1, 1), drawn by (seed, source, target). Trains nothing.

    A singleton is worth 0, the middle of the range.
    """

    kind: Literal["random"] = "random"

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:  # noqa: ARG002
        names = problem.task_set.names
        drawn = [[[numpy_rng(seed, "random", s, t).uniform(-1, 1) for t in names] for s in names] for seed in seeds]
        return Measured(np.array(drawn), 0)

    def singleton(self, affinity: Floats) -> Floats:
        return np.zeros(len(affinity))
