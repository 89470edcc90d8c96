"""The search: Ray Tune runs trials that Optuna proposes, one at a time, so that a spec always gives the same trials."""

import shutil
import traceback
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from distgroup.distributed.workers import own_device
from distgroup.errors import describe
from distgroup.estimators import AnyEstimator
from distgroup.results.store import Store
from distgroup.selectors import AnySelector
from distgroup.spec import Search, Space
from distgroup.trial import Bench, Choice

METRIC = "delta_m_val"

TUNE_FOLDER = "tune"


class _Trial(tune.Trainable):
    """Runs in a worker that Tune keeps from trial to trial: starting one takes longer than most trials."""

    def setup(self, config: dict[str, Any], bench: Bench, space: Space) -> None:  # type: ignore[override]
        self.bench, self.space = bench, space
        self.choice = choose(space, config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.choice = choose(self.space, new_config)
        return True

    def step(self) -> dict[str, Any]:
        try:
            row = self.bench.run(self.choice, own_device()) | {"status": "done"}
        except Exception as error:  # noqa: BLE001 (whatever a trial meets is its result, and the others go on)
            traceback.print_exc()
            row = {"status": "failed", "error": describe(error)}
        return {"row": row, METRIC: row.get(METRIC, float("-inf")), "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """A trial is one step: there is nothing to go on from."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """See `save_checkpoint`."""


class _Recorder(tune.Callback):
    """Writes a row of table `trials` as each trial ends, failed ones too."""

    def __init__(self, bench: Bench, space: Space, done: Callable[[], None]) -> None:
        self.bench, self.space, self.done = bench, space, done
        self.store = Store(bench.root)

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks; a progress bar cannot be, and is of no use to a later process."""
        return self.__dict__ | {"done": None}

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        self._write(trials, trial, trial.last_result["row"])

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        """Only the death of the worker comes here: what a trial itself meets, it reports."""
        self._write(trials, trial, {"status": "failed", "error": f"the worker died: {trial.get_pickled_error()}"})

    def _write(self, trials: list[Any], trial: Any, found: dict[str, Any]) -> None:
        name = f"{trials.index(trial):05d}"
        row = {
            **found,
            **choose(self.space, trial.config).columns(),
            "taskset": self.bench.problem.task_set.name,
            "spec_hash": self.bench.problem.digest,
            "trial_id": name,
        }
        self.store.write("trials", f"trial-{name}", [row])
        self.done()


def choices(options: Sequence[AnyEstimator | AnySelector]) -> dict[str, Any]:
    """Names for Optuna of the alternatives: the kind, or all options as JSON where they are not the defaults."""
    return {_name(option): option for option in options}


def _name(option: AnyEstimator | AnySelector) -> str:
    return option.model_dump_json() if option.model_dump(exclude_defaults=True) else option.kind


def alternatives(space: Space) -> dict[str, list[Any]]:
    """Every dimension of the space with the names of its alternatives."""
    return {
        "update": list(space.update),
        "estimator": list(choices(space.estimator)),
        "num_groups": list(space.num_groups),
        "selector": list(choices(space.selector)),
    }


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The space as Optuna sees it."""
    return {name: CategoricalDistribution(values) for name, values in alternatives(space).items()}


def choose(space: Space, config: dict[str, Any]) -> Choice:
    """What a configuration proposed by Optuna stands for."""
    number = config["num_groups"]
    return Choice(
        config["update"],
        choices(space.estimator)[config["estimator"]],
        None if number == "auto" else number,
        choices(space.selector)[config["selector"]],
    )


def sampler(search: Search) -> optuna.samplers.BaseSampler:
    """Optuna's sampler of that name."""
    if search.sampler.kind == "grid":
        return optuna.samplers.GridSampler(alternatives(search.space), seed=search.sampler.seed)
    if search.sampler.kind == "random":
        return optuna.samplers.RandomSampler(seed=search.sampler.seed)
    return optuna.samplers.TPESampler(seed=search.sampler.seed)


def number_of_trials(search: Search) -> int:
    """As many as asked for; of a grid, not more than it has."""
    size = prod(len(values) for values in alternatives(search.space).values())
    return min(search.trials, size) if search.sampler.kind == "grid" else search.trials


def run_search(bench: Bench, search: Search, done: Callable[[], None]) -> None:
    """Run all trials; a row is written, and ``done`` called, as each ends. A failing trial is a row, not an error."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    proposals = OptunaSearch(distributions(search.space), metric=METRIC, mode="max", sampler=sampler(search))
    tuner = tune.Tuner(
        tune.with_parameters(_Trial, bench=bench, space=search.space),
        tune_config=tune.TuneConfig(
            num_samples=number_of_trials(search),
            search_alg=proposals,
            max_concurrent_trials=1,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name=TUNE_FOLDER,
            storage_path=str(bench.root),
            verbose=0,
            callbacks=[_Recorder(bench, search.space, done)],
        ),
    )
    tuner.fit()
    shutil.rmtree(bench.root / TUNE_FOLDER)  # all that it held is in the tables
