"""A trial as Ray Tune runs it: a step is a report, the last one carries the trial's row."""

import traceback
from functools import partial
from typing import Any

from ray import tune

from distgroup.by_training import Report, TrainSelective, train_selective
from distgroup.distributed.trial_training import on_workers, train_on_workers
from distgroup.distributed.workers import check_sees, own_device
from distgroup.errors import describe
from distgroup.proposals import arms, name_of
from distgroup.search import Search
from distgroup.trial import Bench

ROW, REPORT, TRACEBACK = "row", "report", "traceback"
"""Keys of a result."""


class Trial(tune.Trainable):
    """Runs in a worker that Tune keeps from trial to trial: starting one takes longer than most trials."""

    def setup(self, config: dict[str, Any], bench: Bench, search: Search) -> None:  # type: ignore[override]
        check_sees(bench.store)
        self.bench, self.arms = bench, arms(search, len(bench.problem.task_set.tasks))
        parallel = on_workers(bench.problem.training, search)
        self.by_training: TrainSelective = (
            partial(train_on_workers, bench.store.scratch / "training") if parallel else train_selective
        )
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        choice = self.arms[new_config["arm"]].chosen(new_config["point"])
        self.reports = self.bench.run(choice, name_of(new_config["number"]), own_device(), self.by_training)
        return True

    def step(self) -> dict[str, Any]:
        try:
            found = next(self.reports)
        except Exception as error:  # noqa: BLE001 (whatever a trial meets is its result, and the others go on)
            row = {"status": "failed", "error": describe(error)}
            return {ROW: row, TRACEBACK: traceback.format_exc(), "done": True}
        if isinstance(found, Report):
            return {REPORT: found}
        return {ROW: found | {"status": "done"}, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """There is nothing to go on from: a trial whose worker dies starts again."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """See `save_checkpoint`."""
