"""Estimates as rows of tables `affinities` and `predictions`, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from distgroup.estimators.base import AffinityEstimator, Estimator
from distgroup.estimators.estimate import AffinityEstimate, Estimate, GroupEstimate
from distgroup.grouping import group_text, parse_group


def table_of(estimator: Estimator) -> str:
    """Where its estimates are kept."""
    return "affinities" if isinstance(estimator, AffinityEstimator) else "predictions"


def estimate_rows(estimate: Estimate, i: int) -> list[dict[str, Any]]:
    """What was found for the ``i``-th seed."""
    if isinstance(estimate, AffinityEstimate):
        values: list[dict[str, Any]] = [
            {"source": source, "target": target, "affinity": float(estimate.affinity[i, s, t])}
            for s, source in enumerate(estimate.tasks)
            for t, target in enumerate(estimate.tasks)
        ]
    elif isinstance(estimate, GroupEstimate):
        values = [
            {"subset": group_text(group), "task": task, "score": float(estimate.values[i, g, t])}
            for g, group in enumerate(estimate.groups)
            for t, task in enumerate(estimate.tasks)
            if task in group
        ]
    cost = {"cost_steps": int(estimate.cost_steps[i]), "cost_seconds": float(estimate.cost_seconds[i])}
    return [{"seed": estimate.seeds[i]} | value | cost for value in values]


def estimate_from(
    estimator: Estimator, tasks: tuple[str, ...], seeds: Sequence[int], parts: Sequence[pd.DataFrame]
) -> Estimate:
    """The estimate whose rows are ``parts``, one for each seed."""
    steps = np.array([part["cost_steps"].iloc[0] for part in parts])
    seconds = np.array([part["cost_seconds"].iloc[0] for part in parts])
    if isinstance(estimator, AffinityEstimator):
        squares = [part.pivot(index="source", columns="target", values="affinity") for part in parts]
        affinity = np.array([square.loc[list(tasks), list(tasks)].to_numpy(dtype=float) for square in squares])
        return estimator.from_affinity(tasks, seeds, affinity, steps, seconds)
    groups = parts[0]["subset"].unique().tolist()
    tables = [part.pivot(index="subset", columns="task", values="score") for part in parts]
    values = np.array([table.loc[groups, list(tasks)].to_numpy(dtype=float) for table in tables])
    return GroupEstimate(tasks, tuple(seeds), steps, seconds, tuple(map(parse_group, groups)), values)
