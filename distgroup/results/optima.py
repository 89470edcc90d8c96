"""Rows of table `optima`: the enumerated best groupings, beside all-in-one and the random floor."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from distgroup.floor import mean_cover_delta_m
from distgroup.grouping import Grouping
from distgroup.partition_truth import PartitionTruth
from distgroup.results.trials import about
from distgroup.training.problem import Problem
from distgroup.truth import Floats, Kind, Truth


def optima_rows(problem: Problem, truth: Truth | PartitionTruth) -> list[dict[str, Any]]:
    """One row a (kind, number of groups), for every number; rule `selective` knows partitions alone."""
    common = {
        **about(problem, truth.seeds),
        "all_in_one_delta_m_test": float(truth.delta_m(truth.all_in_one, "test").mean()),
        "noise_ceiling": truth.noise_ceiling,
    }
    found = _of_partitions(truth) if isinstance(truth, PartitionTruth) else _of_groups(truth)
    return [common | row for row in found]


def _of_groups(truth: Truth) -> Iterator[dict[str, Any]]:
    n = len(truth.tasks)
    covers = mean_cover_delta_m(truth.scores.dense(), truth.gains["test"].mean(axis=0), n)
    partitions = [truth.mean_partition_delta_m(number) for number in range(1, n + 1)]
    floors: dict[Kind, list[float]] = {"cover": covers.tolist(), "partition": partitions}
    for kind, each in floors.items():
        for number, floor in enumerate(each, start=1):
            yield {"update": "separate", "kind": kind, **_optimum(truth, truth.optimum(number, kind), number, floor)}


def _of_partitions(truth: PartitionTruth) -> Iterator[dict[str, Any]]:
    for number in range(1, len(truth.tasks) + 1):
        row = _optimum(truth, truth.optimum(number), number, truth.mean_delta_m(number))
        yield {"update": "selective", "kind": "partition", **row}


def _optimum(truth: Truth | PartitionTruth, best: Grouping, number: int, floor: float) -> dict[str, Any]:
    val, test = truth.delta_m(best, "val"), truth.delta_m(best, "test")
    return {
        "num_groups": number,
        "grouping": str(best),
        "delta_m_val": float(val.mean()),
        "delta_m_test": float(test.mean()),
        "delta_m_val_sd": spread(val),
        "delta_m_test_sd": spread(test),
        "mean_delta_m_test": floor,
    }


def spread(values: Floats) -> float:
    """Standard deviation over seeds; NaN for a single one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
