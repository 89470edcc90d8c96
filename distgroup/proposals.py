"""Who proposes the trials: Optuna, in batches, so that the same spec gives the same trials whatever finishes first.

A batch is proposed before any of it is told back, and told back in the order proposed once all of it has ended.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal

import optuna
from optuna.trial import TrialState

from distgroup.choice import Baseline, Choice
from distgroup.points import Pick, choose, choose_baseline, combinations, walk, walk_hyperparameters
from distgroup.search import Objective, Sampler, Search
from distgroup.space import Dimension, Range

DIRECTIONS: dict[Objective, Literal["maximize", "minimize"]] = {
    "delta_m": "maximize",
    "cost": "minimize",
    "regret": "minimize",
}

COLUMNS: dict[Objective, str] = {"delta_m": "delta_m_val", "cost": "cost_steps", "regret": "regret_val"}
"""Where table `trials` holds an objective."""

BASELINES: tuple[Baseline, ...] = ("all_in_one", "single_task")


Mirror = Callable[[int, optuna.trial.FrozenTrial], None]
"""Is told of every trial of an arm when it has ended."""


@dataclass(frozen=True)
class End:
    """How a trial ended."""

    values: Sequence[float]
    state: TrialState


@dataclass(frozen=True)
class Proposal:
    """One trial: its number over the whole search, and a point of the space."""

    number: int
    arm: int
    point: Mapping[str, Any]
    choice: Choice

    @property
    def trial_id(self) -> str:
        """As in the tables."""
        return name_of(self.number)

    @property
    def estimate(self) -> str:
        """Names the estimate that the trial needs; its own number if none."""
        if self.choice.estimator is None:
            return self.trial_id
        settings = json.dumps(dict(self.choice.hyperparameters))
        return f"{self.choice.estimator.identity()} {settings}"


def name_of(number: int) -> str:
    """A trial's id in all tables."""
    return f"{number:05d}"


@dataclass(frozen=True)
class Arm:
    """A part of the search with a study of its own: all of it, or, at equal budget, one method or baseline."""

    name: str
    """What tells it from the other arms; empty if it is all."""
    walked: Callable[[Pick], dict[str, Any]]
    chosen: Callable[[Mapping[str, Any]], Choice]


def arms(search: Search, tasks: int) -> list[Arm]:
    """One, or with equal budget one for every estimator and for both baselines."""
    if search.baselines == "none":
        return [Arm("", partial(walk, search.space), partial(choose, search.space))]
    alone = [search.space.with_estimator(candidate) for candidate in search.space.estimator]
    methods = [Arm(space.estimator[0].name, partial(walk, space), partial(choose, space)) for space in alone]
    fixed = [
        Arm(
            name,
            partial(walk_hyperparameters, search.space),
            lambda point, name=name: choose_baseline(search.space, name, point, tasks),  # type: ignore[misc]
        )
        for name in BASELINES
    ]
    return methods + fixed


def trials_of(search: Search, arm: Arm) -> int:
    """As many as asked for; of a grid, not more than it has."""
    if search.sampler.kind != "grid":
        return search.trials
    return sum(1 for _ in islice(combinations(arm.walked), search.trials))


def numbers(search: Search, tasks: int) -> list[list[int]]:
    """The numbers of each arm's trials: of one of A arms every A-th, so that more trials leave the others theirs."""
    every = arms(search, tasks)
    return [[at + len(every) * k for k in range(trials_of(search, arm))] for at, arm in enumerate(every)]


def number_of_trials(search: Search, tasks: int) -> int:
    """Over all arms."""
    return sum(map(len, numbers(search, tasks)))


class Proposals:
    """A study an arm, one arm after another; ``tasks`` is the number of tasks."""

    def __init__(self, search: Search, tasks: int, mirror: Mirror | None = None) -> None:
        """``mirror`` is told of every trial as the studies are."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.search = search
        self.arms = arms(search, tasks)
        self.studies = [_study(search, arm) for arm in self.arms]
        self._left = [
            (arm, own[at : at + search.batch])
            for arm, own in enumerate(numbers(search, tasks))
            for at in range(0, len(own), search.batch)
        ]
        self._left.reverse()
        self._batch: list[Proposal] = []
        self._handed = 0
        self._mirror = mirror
        self._ended: dict[int, End] = {}
        self._trials: dict[int, optuna.Trial] = {}

    def ask(self) -> Proposal | None:
        """The next trial; None if the batch is out and has not been told back in full, or all have been proposed."""
        if self._handed == len(self._batch):
            if self._ended.keys() < {proposal.number for proposal in self._batch} or not self._left:
                return None
            self._tell_batch()
            self._ask_batch()
        self._handed += 1
        return self._batch[self._handed - 1]

    def tell(self, number: int, values: Sequence[float], state: TrialState = TrialState.COMPLETE) -> None:
        """How a trial ended: its objectives in the spec's order, none if it failed or was pruned."""
        self._ended[number] = End(values, state)
        if not self._left and len(self._ended) == len(self._batch):
            self._tell_batch()

    def report(self, number: int, step: int, delta_m: float) -> bool:
        """An intermediate Δm on validation. Is the trial to stop? By the trials of earlier batches alone."""
        trial = self._trials[number]
        if len(self.search.objectives) > 1 or self.search.pruner is None:
            return False
        trial.report(delta_m, step)
        return trial.should_prune()

    def _ask_batch(self) -> None:
        """Up to ``search.batch`` trials of one arm."""
        arm, own = self._left.pop()
        self._batch = [self._ask(number, arm) for number in own]

    def _ask(self, number: int, arm: int) -> Proposal:
        trial = self._trials[number] = self.studies[arm].ask()
        trial.set_user_attr("trial_id", name_of(number))
        point = self.arms[arm].walked(partial(_suggest, trial))
        return Proposal(number, arm, point, self.arms[arm].chosen(point))

    def _tell_batch(self) -> None:
        for proposal in self._batch:
            study, ended = self.studies[proposal.arm], self._ended.pop(proposal.number)
            told = study.tell(self._trials.pop(proposal.number), ended.values or None, state=ended.state)
            if self._mirror:
                self._mirror(proposal.arm, told)
        self._batch, self._handed = [], 0


def _study(search: Search, arm: Arm) -> optuna.Study:
    directions = [DIRECTIONS[objective] for objective in search.objectives]
    pruner = search.pruner
    study = optuna.create_study(
        sampler=_sampler(search.sampler, search.batch),
        directions=directions,
        pruner=optuna.pruners.MedianPruner(pruner.startup_trials, pruner.warm_up) if pruner else None,
    )
    if search.sampler.kind == "grid":
        every = list(combinations(arm.walked))
        random.Random(search.sampler.seed).shuffle(every)
        for point in every[: search.trials]:
            study.enqueue_trial(point)
    return study


def _sampler(sampler: Sampler, batch: int) -> optuna.samplers.BaseSampler:
    """Optuna's sampler of that name. A grid is put in the queue; what is left to sample are its ranges."""
    if sampler.kind == "tpe":
        return optuna.samplers.TPESampler(seed=sampler.seed, constant_liar=batch > 1)
    if sampler.kind == "nsga2":
        return optuna.samplers.NSGAIISampler(population_size=sampler.population, seed=sampler.seed)
    return optuna.samplers.RandomSampler(seed=sampler.seed)


def _suggest(trial: optuna.Trial, name: str, dimension: Dimension) -> Any:
    if not isinstance(dimension, Range):
        return trial.suggest_categorical(name, dimension)
    if dimension.whole:
        return trial.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
