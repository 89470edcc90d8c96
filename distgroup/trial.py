"""A trial: an estimator's affinity, a selector's grouping, and what the truth says of it. Needs no Ray."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from distgroup.estimators import AnyEstimator
from distgroup.estimators.base import Estimate, Measured
from distgroup.grouping import Grouping, group_text
from distgroup.results.store import Store
from distgroup.selectors.exact import Exact
from distgroup.training.problem import Problem
from distgroup.truth import Truth


@dataclass(frozen=True)
class Choice:
    """What a trial tries."""

    update: str
    estimator: AnyEstimator
    num_groups: int | None
    """At most so many groups; None: the selector decides."""
    selector: Exact

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
            "cost_steps": estimate.cost_steps * len(self.seeds) + networks,
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
    problem: Problem, estimator: AnyEstimator, seeds: Sequence[int], root: Path, device: torch.device
) -> Estimate:
    """The estimate for these seeds: what table `affinities` has is read, the rest measured and written."""
    store = Store(root)
    keys = {seed: _key(problem, estimator, seed) for seed in seeds}
    missing = [seed for seed in seeds if not store.has("affinities", keys[seed])]
    if missing:
        fresh = estimator.estimate(problem, missing, device)
        for i, seed in enumerate(missing):
            store.write("affinities", keys[seed], _rows(problem, estimator, fresh, i))
    parts = [store.part("affinities", keys[seed]) for seed in seeds]
    names = list(problem.task_set.names)
    affinity = np.array([_matrix(part, names) for part in parts])
    measured = Measured(affinity, int(parts[0]["cost_steps"].iloc[0]))
    return estimator.from_affinity(names, seeds, measured, np.array([part["cost_seconds"].iloc[0] for part in parts]))


def _key(problem: Problem, estimator: AnyEstimator, seed: int) -> str:
    text = "|".join((problem.digest, estimator.model_dump_json(), str(seed)))
    return f"{estimator.kind}-{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def _matrix(part: pd.DataFrame, names: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    square = part.pivot(index="source", columns="target", values="affinity").loc[names, names]
    matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = square.to_numpy(dtype=np.float64)
    return matrix


def _rows(problem: Problem, estimator: AnyEstimator, found: Estimate, i: int) -> list[dict[str, Any]]:
    return [
        {
            "taskset": problem.task_set.name,
            "seed": found.seeds[i],
            "spec_hash": problem.digest,
            "estimator": estimator.kind,
            "options": estimator.model_dump_json(exclude={"kind"}),
            "source": source,
            "target": target,
            "affinity": float(found.affinity[i, s, t]),
            "cost_steps": found.cost_steps,
            "cost_seconds": float(found.cost_seconds[i]),
        }
        for s, source in enumerate(found.tasks)
        for t, target in enumerate(found.tasks)
    ]
