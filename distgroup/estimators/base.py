"""What an estimator is: a problem in, predicted group scores out, at a stated cost."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from distgroup.errors import DivergedError
from distgroup.estimators.estimate import AffinityEstimate, Estimate, Floats, GroupEstimate, Steps
from distgroup.grouping import Group
from distgroup.options import Options
from distgroup.training.problem import Problem


@dataclass(frozen=True)
class Measured:
    """Affinities [seeds, source, target] and the network-steps that each seed's took: one number, or one a seed."""

    affinity: Floats
    steps: int | Steps


@dataclass(frozen=True)
class MeasuredGroups:
    """Scores [seeds, groups, tasks], NaN outside the group, and the network-steps: one number, or one a seed."""

    groups: tuple[Group, ...]
    values: Floats
    steps: int | Steps


class Estimator(Options, ABC):
    """Predicts group scores.

    Laws: relabelling the tasks relabels the scores; estimating leaves the networks it looks at, their optimizers and
    the global random state as they were; a missing label never counts; the same seed gives the same scores, whatever
    other seeds are asked for; a run that leaves the finite numbers raises DivergedError.
    """

    kind: str

    def identity(self) -> str:
        """All that its results depend on, besides problem and seed."""
        return self.model_dump_json()

    def resolved(self) -> "Estimator":
        """The estimator that does the work: itself, unless it stands for another."""
        return self

    @abstractmethod
    def estimate(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Estimate:
        """Predict for all seeds, and state the cost. Raises DivergedError."""

    def _check(self, values: Floats) -> None:
        if not np.isfinite(values).all():
            raise DivergedError(f"estimator {self.kind}: a score is not finite; lower training.optimizer.lr")


class AffinityEstimator(Estimator):
    """Predicts from an affinity matrix, affinity[source, target], larger is better: see `AffinityScores`.

    The laws say of the matrix: relabelling the tasks permutes rows and columns alike.
    """

    @abstractmethod
    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        """Affinities of the problem's tasks for each seed. The diagonal is what a task does to itself."""

    @abstractmethod
    def singleton(self, affinity: Floats) -> Floats:
        """What each task is worth alone, [tasks], on the scale of one seed's ``affinity`` [source, target]."""

    def estimate(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> AffinityEstimate:
        begin = time.perf_counter()
        measured = self.measure(problem, seeds, device)
        seconds = time.perf_counter() - begin
        self._check(measured.affinity)
        cost = per_seed(measured.steps, seeds), np.full(len(seeds), seconds / len(seeds))
        return self.from_affinity(problem.task_set.names, seeds, measured.affinity, *cost)

    def from_affinity(
        self, tasks: Sequence[str], seeds: Sequence[int], affinity: Floats, steps: Steps, seconds: Floats
    ) -> AffinityEstimate:
        """The estimate that an affinity, measured now or earlier, amounts to."""
        alone = np.array([self.singleton(one) for one in affinity])
        return AffinityEstimate(tuple(tasks), tuple(seeds), steps, seconds, affinity, alone)


class GroupEstimator(Estimator):
    """Predicts the scores of groups directly: gains, so that a singleton is worth 0."""

    @abstractmethod
    def measure_groups(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> MeasuredGroups:
        """Scores of groups, the same groups for each seed."""

    def estimate(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> GroupEstimate:
        begin = time.perf_counter()
        measured = self.measure_groups(problem, seeds, device)
        seconds = time.perf_counter() - begin
        tasks = problem.task_set.names
        inside = np.array([[task in group for task in tasks] for group in measured.groups])
        self._check(measured.values[:, inside])
        cost = per_seed(measured.steps, seeds), np.full(len(seeds), seconds / len(seeds))
        return GroupEstimate(tasks, tuple(seeds), *cost, measured.groups, measured.values)


def per_seed(steps: int | Steps, seeds: Sequence[int]) -> Steps:
    """Network-steps of each seed."""
    return np.broadcast_to(np.asarray(steps, dtype=np.int64), (len(seeds),))


def mean_off_diagonal(affinity: Floats) -> Floats:
    """Mean affinity between different tasks, for every task alike: the worth of being alone where there is no zero."""
    n = len(affinity)
    others = affinity[~np.eye(n, dtype=bool)]
    return np.full(n, others.mean() if n > 1 else 0.0)
