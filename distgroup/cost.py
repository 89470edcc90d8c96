"""About what a run takes, said before anything starts."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import mean
from typing import Any

from distgroup.choice import Choice
from distgroup.enumerable import check_enumerable
from distgroup.estimators.base import Estimator
from distgroup.pace import Pace
from distgroup.points import combinations
from distgroup.proposals import Arm, arms, trials_of
from distgroup.search import Search
from distgroup.space import Dimension, Range
from distgroup.sweep import Point
from distgroup.update import Update

START = 10.0
"""Seconds, about, until Ray has started and Tune has its first worker."""

EACH = 0.08
"""Seconds that Tune and Optuna take a trial, beside the trial's own; on 2 cores, workers kept: 0.058 to 0.092."""

OF_A_KIND = 3
"""Choices of options by which an estimator is timed at most."""


@dataclass(frozen=True)
class Cost:
    """In seconds of one core, and how many networks and trials that is for."""

    networks: Mapping[Update, int]
    """Of each rule that is enumerated."""
    steps: int
    """Of each network."""
    enumeration: Mapping[Update, float]
    trials: int
    estimates: int
    estimation: float
    trained: int
    """Trials that train; the others are looked up."""
    training: float
    """Of those trials, and of the single-task networks that they are measured against."""

    @property
    def total(self) -> float:
        """With what handing out trials takes, but not Ray's start."""
        return sum(self.enumeration.values()) + self.estimation + self.training + EACH * self.trials


def cost(point: Point, pace: Pace) -> Cost:
    """``pace`` is that of the point's problem. Where trials differ in cost, those of uniform draws are added up."""
    seeds, search = len(point.spec.seeds), point.spec.search
    enumeration: dict[Update, float] = {}
    if "separate" in point.update:
        enumeration["separate"] = pace.subsets * seeds
    if "selective" in point.update:
        alone = 0.0 if "separate" in point.update else pace.alone
        enumeration["selective"] = (pace.partitions + alone) * seeds
    choices = list(drawn(search, len(pace.problem.task_set.tasks)))
    trained = [choice for choice in choices if _trained(choice, point.update)]
    training = sum(_training(choice, pace, seeds) for choice in trained)
    wanted = {key: choice.estimator for choice in choices if choice.estimator for key in [_estimate(choice)]}
    return Cost(
        {update: check_enumerable(point.problem, seeds, update) for update in point.update},
        pace.steps,
        enumeration,
        len(choices),
        len(wanted),
        _estimation(list(wanted.values()), pace) * seeds,
        len(trained),
        training + (pace.alone * seeds if trained and not point.update else 0.0),
    )


def drawn(search: Search, tasks: int) -> Iterator[Choice]:
    """As many trials as the search has, drawn uniformly; of a grid, its own."""
    rng = random.Random(0)
    for arm in arms(search, tasks):
        count = trials_of(search, arm)
        if search.sampler.kind == "grid":
            yield from (arm.chosen(_with_ranges(arm, point)) for point in islice(combinations(arm.walked), count))
        else:
            yield from (arm.chosen(arm.walked(lambda _, among: _uniform(rng, among))) for _ in range(count))


def _with_ranges(arm: Arm, point: Mapping[str, Any]) -> dict[str, Any]:
    return arm.walked(lambda name, among: among.low if isinstance(among, Range) else point[name])


def _uniform(rng: random.Random, among: Dimension) -> Any:
    if not isinstance(among, Range):
        return rng.choice(among)
    return rng.randint(int(among.low), int(among.high)) if among.whole else rng.uniform(among.low, among.high)


def _trained(choice: Choice, enumerated: Sequence[Update]) -> bool:
    return choice.adaptive or bool(choice.hyperparameters) or choice.update not in enumerated


def _training(choice: Choice, pace: Pace, seeds: int) -> float:
    """Where the number of groups is open, half as many as tasks."""
    tasks = len(pace.problem.task_set.tasks)
    groups = min(choice.num_groups or max(1, tasks / 2), tasks)
    if choice.update == "selective":
        return pace.selective(seeds, groups, tracked=choice.adaptive)
    return pace.network * groups * seeds


def _estimate(choice: Choice) -> str:
    assert choice.estimator is not None
    return f"{choice.estimator.identity()} {dict(choice.hyperparameters)}"


def _estimation(wanted: Sequence[Estimator], pace: Pace) -> float:
    """One seed of each."""
    kinds = defaultdict(list)
    for estimator in wanted:
        kinds[estimator.kind].append(estimator)
    return sum(
        len(own) * mean(pace.estimate(one) for one in list(dict.fromkeys(own))[:OF_A_KIND]) for own in kinds.values()
    )
