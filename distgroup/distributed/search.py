"""The search: Ray Tune runs trials that Optuna proposes, one at a time, so that a spec always gives the same trials."""

import os
import shutil
import sys
import traceback
from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from distgroup.distributed.workers import own_device
from distgroup.errors import describe
from distgroup.results.store import Store
from distgroup.space import alternatives, choose, number_of_trials
from distgroup.spec import Search, Space
from distgroup.trial import Bench

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
            failed = {"status": "failed", "error": describe(error)}
            return {"row": failed, "traceback": traceback.format_exc(), METRIC: float("-inf"), "done": True}
        return {"row": row, METRIC: row[METRIC], "done": True}

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
        sys.stderr.write(trial.last_result.get("traceback", ""))
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
        self.store.write("trials", part_of(trials.index(trial)), [row])
        self.done()


def part_of(number: int) -> str:
    """Name of a trial's part of table `trials`."""
    return f"trial-{number:05d}"


def searched(store: Store, search: Search) -> bool:
    """Has every trial ended already?"""
    return all(store.has("trials", part_of(number)) for number in range(number_of_trials(search)))


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The space as Optuna sees it."""
    return {name: CategoricalDistribution(values) for name, values in alternatives(space).items()}


def sampler(search: Search) -> optuna.samplers.BaseSampler:
    """Optuna's sampler of that name."""
    if search.sampler.kind == "grid":
        return optuna.samplers.GridSampler(alternatives(search.space), seed=search.sampler.seed)
    if search.sampler.kind == "random":
        return optuna.samplers.RandomSampler(seed=search.sampler.seed)
    return optuna.samplers.TPESampler(seed=search.sampler.seed)


def run_search(bench: Bench, search: Search, done: Callable[[], None]) -> None:
    """Run all trials; a row is written, and ``done`` called, as each ends. A failing trial is a row, not an error."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    os.environ["TUNE_DISABLE_SIGINT_HANDLER"] = "1"  # Tune's own would end a run early and call it done
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
