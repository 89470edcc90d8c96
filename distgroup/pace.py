"""How fast a problem trains on this machine: from a few steps, timed."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import torch

from distgroup.errors import DivergedError
from distgroup.estimators.base import Estimator
from distgroup.grouping import Grouping
from distgroup.training.data import Data
from distgroup.training.evaluate import evaluate
from distgroup.training.partitions import PartitionChunk, plan_partitions
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive
from distgroup.training.selective import Selective
from distgroup.training.separate import Chunk, plan, plan_alone
from distgroup.training.settings import Training
from distgroup.training.stack import Stack
from distgroup.training.tracking import Tracking

CPU = torch.device("cpu")

WARM, TIMED, LONGEST = 2, 12, 0.5
"""Steps before the clock starts; steps timed at most; seconds after which no further one is."""

FEW, MORE, SLOW = 10, 40, 5.0
"""Steps of an estimate's two runs; seconds of the first after which the second is left out."""


@dataclass(frozen=True)
class Pace:
    """Seconds of one core, of the processor's clock, so that whatever else the machine does is left out."""

    problem: Problem

    @property
    def steps(self) -> int:
        return self.problem.training.steps

    @cached_property
    def alone(self) -> float:
        """The single-task networks of one seed, evaluated."""
        return self._stacked(plan_alone(self.problem, 0))

    @cached_property
    def subsets(self) -> float:
        """Every subset of the tasks, one seed: the first and the last chunk stand for the others."""
        _, *rest = plan(self.problem, [0])
        if not rest:
            return self.alone
        timed = rest[0], rest[-1]
        each = sum(map(self._stacked, timed)) / sum(len(chunk.groups) for chunk in timed)
        return self.alone + each * sum(len(chunk.groups) for chunk in rest)

    @cached_property
    def partitions(self) -> float:
        """Every partition under rule `selective`, one seed: a turn's time is linear in the networks that take it."""
        chunks = list(plan_partitions(self.problem, [0]))
        small, large = min(chunks, key=_networks), max(chunks, key=_networks)
        least, most = self._turn(small.groupings), self._turn(large.groupings)
        further = (most - least) / max(1, _networks(large) - _networks(small))
        turns = [(len(chunk.groupings[0]), _networks(chunk) - _networks(small)) for chunk in chunks]
        return self.steps * sum(groups * (least + further * more) for groups, more in turns)

    @cached_property
    def network(self) -> float:
        """One network that all tasks share, by itself."""
        return self._stacked(Chunk(0, (frozenset(self.problem.task_set.names),)))

    def selective(self, seeds: int, groups: float, *, tracked: bool) -> float:
        """Rule `selective`, so many seeds as one stack, so many groups."""
        return self.steps * groups * (self._tracked if tracked else self._fixed)(seeds)

    def estimate(self, estimator: Estimator) -> float:
        """One seed's. What fails costs what it took until then."""
        few, more = min(FEW, self.steps), min(MORE, self.steps)
        first = self._estimate(estimator, few)
        if few == more:
            return first
        if first > SLOW:
            return first * self.steps / few
        return first + max(0.0, self._estimate(estimator, more) - first) / (more - few) * (self.steps - few)

    def _estimate(self, estimator: Estimator, steps: int) -> float:
        brief = Training.model_validate(self.problem.training.model_dump() | {"steps": steps})
        problem = Problem(self.problem.task_set, self.problem.encoder, brief, self.problem.gain)
        begin = time.process_time()
        with suppress(DivergedError):
            estimator.resolved().estimate(problem, [0], CPU)
        return time.process_time() - begin

    def _stacked(self, chunk: Chunk) -> float:
        begin = time.process_time()
        data = Data(self.problem.task_set, sorted(chunk.tasks), CPU)
        stack = Stack(data, self.problem.encoder, self.problem.training, [chunk.seed], chunk.groups)
        for split in ("val", "test"):
            evaluate(stack, split)
        return time.process_time() - begin + self.steps * _step(stack.step)

    def _turn(self, groupings: Sequence[Grouping]) -> float:
        """Networks of these groupings, which have equally many groups: a group's turn on a batch."""
        return _step(self._networks([0], groupings, None).step) / len(groupings[0])

    def _fixed(self, seeds: int) -> float:
        joint = Grouping.of([self.problem.task_set.names])
        return _step(self._networks(range(seeds), [joint], None).step)

    def _tracked(self, seeds: int) -> float:
        never = Adaptive(warm_up=self.steps + WARM + TIMED)
        return _step(self._networks(range(seeds), [never], Tracking()).step) / len(self.problem.task_set.names)

    def _networks(
        self, seeds: Sequence[int], candidates: Sequence[Grouping | Adaptive], tracking: Tracking | None
    ) -> Selective:
        data = Data(self.problem.task_set, self.problem.task_set.names, CPU)
        return Selective(data, self.problem.encoder, self.problem.training, seeds, candidates, tracking)


def _networks(chunk: PartitionChunk) -> int:
    return len(chunk.groupings)


def _step(step: Callable[[], None]) -> float:
    """Median of a few, after some to warm up."""
    for _ in range(WARM):
        step()
    found: list[float] = []
    while len(found) < TIMED and sum(found) < LONGEST:
        begin = time.process_time()
        step()
        found.append(time.process_time() - begin)
    return median(found)
