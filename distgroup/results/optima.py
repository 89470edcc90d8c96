"""Rows of table `optima`: the enumerated best groupings, beside all-in-one and the random floor."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from distgroup.floor import mean_cover_delta_m
from distgroup.training.problem import Problem
from distgroup.truth import Kind, Truth


def optima_rows(problem: Problem, truth: Truth) -> list[dict[str, Any]]:
    """One row a (kind, number of groups), for every number."""
    all_in_one = float(truth.delta_m(truth.all_in_one, "test").mean())
    common = {
        "taskset": problem.task_set.name,
        "spec_hash": problem.digest,
        "update": "separate",
        "all_in_one_delta_m_test": all_in_one,
        "noise_ceiling": truth.noise_ceiling,
    }
    return [
        common | _optimum(truth, kind, number) | {"mean_delta_m_test": float(floor)}
        for kind, floors in _floors(truth).items()
        for number, floor in enumerate(floors, start=1)
    ]


def _optimum(truth: Truth, kind: Kind, number: int) -> dict[str, Any]:
    best = truth.optimum(number, kind)
    val, test = truth.delta_m(best, "val"), truth.delta_m(best, "test")
    return {
        "kind": kind,
        "num_groups": number,
        "grouping": str(best),
        "delta_m_val": float(val.mean()),
        "delta_m_test": float(test.mean()),
        "delta_m_val_sd": _spread(val),
        "delta_m_test_sd": _spread(test),
    }


def _spread(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _floors(truth: Truth) -> dict[Kind, Sequence[float]]:
    """Mean Δm on test of all groupings of a kind by at most 1, 2, … groups."""
    n = len(truth.tasks)
    covers = mean_cover_delta_m(truth.scores.dense(), truth.gains["test"].mean(axis=0), n)
    return {
        "cover": covers.tolist(),
        "partition": [truth.mean_partition_delta_m(number) for number in range(1, n + 1)],
    }
