"""Predicted against observed: a small enumeration and a small search on one CPU and on two.

python experiments/scaling/check.py
"""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import enumeration
import pandas as pd
import searching
import tune_costs
from local_ray import local_ray
from measure import MEASURED
from model import Measured, overheads
from problems import QUICKSTART, on

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.results.store import Store
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.problem import Problem
from distgroup.training.separate import plan

CHECKED = Path(__file__).parent / "checked.json"
REPEATS, SEEDS, STEPS, TRIALS = 3, (0, 1), 60, 40


def enumerated(problem: Problem, measured: Measured, cpus: int) -> dict[str, Any]:
    """Wall seconds, and those that the simulation says for chunks that take what these took. Workers have started."""
    with TemporaryDirectory() as folder:
        begin = time.perf_counter()
        list(enumerate_subsets(problem, SEEDS, Store(folder)))
        wall = time.perf_counter() - begin
        took = _chunks(problem, Store(folder).read("subsets"))
    of = replace(overheads(measured), start=0.0)
    return {"cpus": cpus, "wall": wall, "predicted": enumeration.simulated(took, cpus, of), "load": os.getloadavg()[0]}


def _chunks(problem: Problem, subsets: pd.DataFrame) -> list[enumeration.Work]:
    """Every chunk with the wall time that its part tells."""
    seconds = subsets.drop_duplicates(["seed", "subset"]).set_index(["seed", "subset"])["seconds"]
    return [
        enumeration.Work(
            chunk.seed,
            all(len(group) == 1 for group in chunk.groups),
            sum(float(seconds[chunk.seed, "+".join(sorted(group))]) for group in chunk.groups),
        )
        for chunk in plan(problem, SEEDS)
    ]


def searched(problem: Problem, cpus: int, batch: int) -> dict[str, Any]:
    """Wall seconds a trial."""
    with TemporaryDirectory() as folder:
        took = tune_costs.each(tune_costs.bench(problem, Path(folder)), TRIALS, batch)
    return {"cpus": cpus, "batch": batch, "wall": took.wall, "processor": took.processor, "load": os.getloadavg()[0]}


def fitted(searches: Sequence[dict[str, Any]], measured: Measured) -> list[dict[str, Any]]:
    """The driver's time a trial, as the runs on one CPU in batches of one have it, predicts the others."""
    each = median(one["wall"] for one in searches if (one["cpus"], one["batch"]) == (1, 1)) - measured["looked_up"]
    of = searching.Overheads(each, measured["ray"]["actor"])
    return [one | {"predicted": _a_trial(one, measured, of)} for one in searches]


def _a_trial(one: dict[str, Any], measured: Measured, of: searching.Overheads) -> float:
    """The first trial, with the worker's start before it, is left out, as it is where it is observed."""
    runs = [
        searching.Simulation([measured["looked_up"]] * trials, one["batch"], one["cpus"], of).run()
        for trials in (1, TRIALS)
    ]
    return (runs[1] - runs[0]) / (TRIALS - 1)


def main() -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    problem, brief = (on(DigitsPair(tasks=QUICKSTART).load(), steps) for steps in (STEPS, 1))
    enumerations, searches = [], []
    for cpus in (1, 2):
        with local_ray(cpus), TemporaryDirectory() as folder:
            list(enumerate_subsets(brief, SEEDS, Store(folder)))  # starts the workers
            for _ in range(REPEATS):
                enumerations.append(enumerated(problem, measured, cpus))
                searches += [searched(problem, cpus, batch) for batch in (1, 8)]
    found = {"enumerations": enumerations, "searches": fitted(searches, measured)}
    CHECKED.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
