"""What an estimator is: a problem in, predicted group scores out, at a stated cost."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from distgroup.errors import DivergedError
from distgroup.options import Options
from distgroup.scores import AffinityScores, GroupScores
from distgroup.training.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Affinities [seeds, source, target] and the network-steps that each seed's took."""

    affinity: Floats
    steps: int


@dataclass(frozen=True)
class Estimate:
    """What an estimator found on some seeds, at what cost for each of them."""

    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    affinity: Floats
    """Shape [seeds, source, target]."""
    singleton: Floats
    """What each task is worth alone, on the scale of the affinity; shape [seeds, tasks]."""
    cost_steps: int
    """Network-steps a seed."""
    cost_seconds: Floats
    """Wall time on one core, [seeds]; seeds that trained as one stack share it evenly."""

    def scores(self, seed: int | None = None) -> GroupScores:
        """Predicted group scores: of the mean affinity over seeds, or of one seed's."""
        if seed is None:
            return AffinityScores(self.tasks, self.affinity.mean(axis=0), self.singleton.mean(axis=0))
        at = self.seeds.index(seed)
        return AffinityScores(self.tasks, self.affinity[at], self.singleton[at])


class Estimator(Options, ABC):
    """Predicts group scores from an affinity matrix, affinity[source, target], larger is better.

    Laws: relabelling the tasks permutes rows and columns alike; measuring leaves the networks it looks at, their
    optimizers and the global random state as they were; a missing label never counts; the same seed gives the same
    matrix; a run that leaves the finite numbers raises DivergedError.
    """

    kind: str

    @abstractmethod
    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        """Affinities of the problem's tasks for each seed. The diagonal is what a task does to itself."""

    @abstractmethod
    def singleton(self, affinity: Floats) -> Floats:
        """What each task is worth alone, [tasks], on the scale of one seed's ``affinity`` [source, target]."""

    def estimate(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Estimate:
        """Measure all seeds and state the cost. Raises DivergedError."""
        begin = time.perf_counter()
        measured = self.measure(problem, seeds, device)
        seconds = time.perf_counter() - begin
        if not np.isfinite(measured.affinity).all():
            raise DivergedError(f"estimator {self.kind}: the affinity is not finite; lower training.optimizer.lr")
        return self.from_affinity(problem.task_set.names, seeds, measured, np.full(len(seeds), seconds / len(seeds)))

    def from_affinity(
        self, tasks: Sequence[str], seeds: Sequence[int], measured: Measured, seconds: Floats
    ) -> Estimate:
        """The estimate that an affinity, measured now or earlier, amounts to."""
        alone = np.array([self.singleton(one) for one in measured.affinity])
        return Estimate(tuple(tasks), tuple(seeds), measured.affinity, alone, measured.steps, seconds)


def mean_off_diagonal(affinity: Floats) -> Floats:
    """Mean affinity between different tasks, for every task alike: the worth of being alone where there is no zero."""
    n = len(affinity)
    others = affinity[~np.eye(n, dtype=bool)]
    return np.full(n, others.mean() if n > 1 else 0.0)
