"""A trial: an estimator's affinity, a selector's grouping, and what the truth says of it. Needs no Ray."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from distgroup.estimators import AnyEstimator
from distgroup.estimators.base import Estimator
from distgroup.estimators.estimate import Estimate
from distgroup.grouping import Grouping, group_text
from distgroup.results.estimates import estimate_from, estimate_rows, table_of
from distgroup.results.store import Store
from distgroup.selectors import AnySelector
from distgroup.training.problem import Problem
from distgroup.truth import Truth


@dataclass(frozen=True)
class Choice:
    """What a trial tries."""

    update: str
    estimator: AnyEstimator
    num_groups: int | None
    """At most so many groups; None: the selector decides."""
    selector: AnySelector

    def columns(self) -> dict[str, Any]:
        """The choice as columns of table `trials`."""
        number = "auto" if self.num_groups is None else str(self.num_groups)
        params = {
            "update": self.update,
            "estimator": self.estimator.model_dump(mode="json"),
            "num_groups": self.num_groups or "auto",
            "selector": self.selector.model_dump(mode="json"),
        }
        return {
            "update": self.update,
            "estimator": self.estimator.kind,
            "num_groups": number,
            "regroup_every": "never",
            "selector": self.selector.kind,
            "params": json.dumps(params),
        }


@dataclass(frozen=True)
class Bench:
    """What trials are scored on, and where estimates are kept so that each is made once."""

    problem: Problem
    seeds: tuple[int, ...]
    truth: Truth
    seconds: dict[str, float]
    """Training time of each subset's network, over all seeds, as enumeration measured it."""
    root: Path

    def run(self, choice: Choice, device: torch.device) -> dict[str, Any]:
        """The trial's columns in table `trials`. Raises DivergedError if the estimator's training diverges."""
        estimate = estimates(self.problem, choice.estimator, self.seeds, self.root, device)
        scores = estimate.scores()
        grouping = choice.selector.select(scores, choice.num_groups).grouping
        networks = self.problem.training.steps * len(self.seeds) * len(grouping)
        trained = sum(self.seconds[group_text(group)] for group in grouping.groups)
        return self.verdict(grouping, choice.num_groups) | {
            "spearman": self.truth.spearman(scores),
            "cost_steps": int(estimate.cost_steps.sum()) + networks,
            "cost_seconds": float(estimate.cost_seconds.sum()) + trained,
        }

    def verdict(self, grouping: Grouping, max_groups: int | None) -> dict[str, Any]:
        """What the truth says of a grouping that was chosen by at most ``max_groups`` groups."""
        truth = self.truth
        return {
            "grouping": str(grouping),
            "delta_m_val": float(truth.delta_m(grouping, "val").mean()),
            "delta_m_test": float(truth.delta_m(grouping, "test").mean()),
            "regret_val": truth.regret(grouping, max_groups, "val"),
            "regret_test": truth.regret(grouping, max_groups, "test"),
            "gap_closed_test": truth.gap_closed(grouping, max_groups)[0],
            "rank_percentile": truth.rank_percentile(grouping, max_groups),
        }


def estimates(
    problem: Problem, estimator: Estimator, seeds: Sequence[int], root: Path, device: torch.device
) -> Estimate:
    """The estimate for these seeds: what the tables have is read, the rest made and written."""
    store, worker = Store(root), estimator.resolved()
    table = table_of(worker)
    keys = {seed: _key(problem, estimator, seed) for seed in seeds}
    missing = [seed for seed in seeds if not store.has(table, keys[seed])]
    if missing:
        fresh = worker.estimate(problem, missing, device)
        for i, seed in enumerate(missing):
            common = {
                "taskset": problem.task_set.name,
                "spec_hash": problem.digest,
                "estimator": estimator.kind,
                "options": estimator.model_dump_json(exclude={"kind"}),
            }
            store.write(table, keys[seed], [common | row for row in estimate_rows(fresh, i)])
    parts = [store.part(table, keys[seed]) for seed in seeds]
    return estimate_from(worker, problem.task_set.names, seeds, parts)


def _key(problem: Problem, estimator: Estimator, seed: int) -> str:
    text = "|".join((problem.digest, estimator.identity(), str(seed)))
    return f"{estimator.kind}-{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"
