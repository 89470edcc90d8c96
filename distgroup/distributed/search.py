"""The search: Ray Tune runs the trials that `Proposals` proposes.

What has ended is in the tables, and that is all the state there is: on resuming, the same trials are proposed again,
and those that the tables hold are told back without being run.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from distgroup.distributed.proposer import Proposer
from distgroup.distributed.recorder import Recorder
from distgroup.distributed.trainable import REPORT, Trial
from distgroup.distributed.trial_training import on_workers
from distgroup.proposals import Mirror, Proposals, numbers
from distgroup.resources import Resources
from distgroup.results.store import Store
from distgroup.results.trials import part_of
from distgroup.search import Search
from distgroup.training.problem import Problem
from distgroup.trial import Bench


def searched(problem: Problem, seeds: Sequence[int], search: Search, store: Store) -> bool:
    """Has every trial ended already?"""
    every = chain.from_iterable(numbers(search, len(problem.task_set.tasks)))
    return {part_of(problem, seeds, number) for number in every} <= set(store.keys("trials"))


def run_search(
    bench: Bench, search: Search, resources: Resources, done: Callable[[], None], mirror: Mirror | None = None
) -> None:
    """Run all trials; a row is written, and ``done`` called, as each ends. A failing trial is a row, not an error."""
    os.environ["TUNE_DISABLE_SIGINT_HANDLER"] = "1"  # Tune's own would end a run early and call it done
    # Files that nobody reads; and TensorBoard's writer may hang for good at the end of an interrupted driver.
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
    bench.store.make()
    tasks = len(bench.problem.task_set.tasks)
    proposals = Proposals(search, tasks, mirror)
    recorder = Recorder(bench, proposals, done)
    parallel = on_workers(bench.problem.training, search)
    together = at_a_time(search, parallel or resources, ray.cluster_resources())
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(together)  # Tune's own 1 would start one worker after another
    each = tune.with_resources(tune.with_parameters(Trial, bench=bench, search=search), _bundle(parallel, resources))
    scratch = mkdtemp(prefix="distgroup-tune-")
    try:
        tune.Tuner(
            each,
            tune_config=tune.TuneConfig(
                num_samples=-1,
                search_alg=Proposer(proposals, recorder, together),
                scheduler=_Pruning(proposals),
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=scratch,
                verbose=0,
                callbacks=[recorder],
            ),
        ).fit()
    finally:
        shutil.rmtree(Path(scratch), ignore_errors=True)  # all that it held is in the tables


def at_a_time(search: Search, resources: Resources, cluster: Mapping[str, float]) -> int:
    """Trials that run together: as many as the batch, the spec and what the cluster has allow; at least one."""
    room = (cluster.get(name, 0) // amount for name, amount in resources.bundle.items())
    return max(1, int(min(search.batch, search.max_concurrent or search.batch, *room)))


def _bundle(parallel: Resources | None, resources: Resources) -> Any:
    """What Tune sets aside for a trial; if its training is data-parallel, nothing: the workers need all there is."""
    if parallel is None:
        return resources.bundle
    return tune.PlacementGroupFactory([{"node:__internal_head__": 0.001}])


class _Pruning(FIFOScheduler):
    """Stops a trial when its study's pruner says so."""

    def __init__(self, proposals: Proposals) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.proposals = proposals

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its scheduler; the studies' state is in the tables."""
        return self.__dict__ | {"proposals": None}

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:  # noqa: ARG002
        report = result.get(REPORT)
        stop = report and self.proposals.report(trial.config["number"], report.step, report.delta_m)
        return TrialScheduler.STOP if stop else TrialScheduler.CONTINUE
