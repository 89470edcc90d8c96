"""Writes a row of table `trials` as each trial ends, and tells the proposals."""

import sys
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

from optuna.trial import TrialState
from ray import tune

from distgroup.distributed.trainable import REPORT, ROW, TRACEBACK
from distgroup.errors import RequestError
from distgroup.proposals import COLUMNS, Proposal, Proposals
from distgroup.results.trials import about, part_of, trial_row
from distgroup.trial import Bench

RETRIES = 3
"""Times that a trial starts again whose worker died."""


class Recorder(tune.Callback):
    """Table `trials`, as Tune's trials end."""

    def __init__(self, bench: Bench, proposals: Proposals, done: Callable[[], None]) -> None:
        self.bench, self.proposals, self.done = bench, proposals, done
        self.running: dict[int, Proposal] = {}
        self.reports: dict[int, dict[int, float]] = defaultdict(dict)
        """Δm on validation by trial and report, while the trial runs."""
        self.deaths: Counter[int] = Counter()
        self.again: deque[Proposal] = deque()
        """Those whose worker has died, to be handed to Tune once more, as trials of their own: its own retries take a
        death that two calls of a worker report for two, and give up on the second."""
        trials = bench.store.read("trials")
        comparable = about(bench.problem, bench.seeds)
        own = trials[(trials[list(comparable)] == comparable).all(axis=1)]
        self.held: dict[str, dict[str, Any]] = own.set_index("trial_id", drop=False).to_dict("index")
        """Rows that an earlier run wrote, by trial id."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its callbacks; what this one holds is in the tables."""
        return {}

    def recall(self, proposal: Proposal) -> bool:
        """Tell the end of a trial that an earlier run has seen, if one has. Raises RequestError if it was another."""
        row = self.held.get(proposal.trial_id)
        if row is None:
            return False
        if row["params"] != proposal.choice.columns()["params"]:
            raise RequestError(
                f"{self.bench.store}: trial {proposal.trial_id} there tried {row['params']}; the spec now proposes "
                f"{proposal.choice.columns()['params']}, as another version of optuna may; choose another --output"
            )
        for step, delta_m in enumerate([] if row["reports_val"] is None else row["reports_val"]):
            self.proposals.report(proposal.number, step, delta_m)
        self._tell(proposal, row)
        return True

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: Any, **info: Any) -> None:  # noqa: ARG002
        if report := result.get(REPORT):
            self.reports[trial.config["number"]][report.step] = report.delta_m

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        result = trial.last_result
        sys.stderr.write(result.get(TRACEBACK, ""))
        report = result.get(REPORT)
        stopped = report and {"status": "pruned", "delta_m_val": report.delta_m, "cost_steps": report.steps}
        self._end(trial, result.get(ROW) or stopped)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        """Only the death of the worker comes here: what a trial itself meets, it reports."""
        number = trial.config["number"]
        self.deaths[number] += 1
        if self.deaths[number] <= RETRIES:
            self.reports.pop(number, None)
            self.again.append(self.running.pop(number))
            return
        _, why, *_ = Path(trial.error_file).read_text().splitlines()  # a line of Tune's; a page of guesses follows
        self._end(trial, {"status": "failed", "error": f"the worker died, again and again: {why}"})

    def _end(self, trial: Any, found: dict[str, Any]) -> None:
        proposal = self.running.pop(trial.config["number"])
        problem, seeds = self.bench.problem, self.bench.seeds
        reports = self.reports.pop(proposal.number, {})
        row = trial_row(problem, seeds, proposal, {"reports_val": list(reports.values()) or None} | found)
        self.bench.store.write("trials", part_of(problem, seeds, proposal.number), [row])
        self._tell(proposal, row)

    def _tell(self, proposal: Proposal, row: dict[str, Any]) -> None:
        found = [row.get(COLUMNS[objective]) for objective in self.proposals.search.objectives]
        values = [float(value) for value in found if value is not None and isfinite(value)]
        if row["status"] == "done" and len(values) == len(found):
            self.proposals.tell(proposal.number, values)
        else:
            pruned = row["status"] == "pruned"
            self.proposals.tell(proposal.number, [], TrialState.PRUNED if pruned else TrialState.FAIL)
        self.done()
