"""Observe a small enumeration and a small search, on one CPU and on two; `predicted` says what the model makes of them.

python experiments/scaling/check.py
"""

import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import tune_costs
from local_ray import local_ray
from problems import QUICKSTART, on

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.grouping import group_text
from distgroup.results.store import Store
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.problem import Problem
from distgroup.training.separate import Chunk, plan

CHECKED = Path(__file__).parent / "checked.json"
REPEATS, SEEDS, STEPS, TRIALS = 3, (0, 1), 60, 40


def enumerated(problem: Problem, cpus: int) -> dict[str, Any]:
    """Wall seconds on workers that have started, and those of each chunk, as its part tells them."""
    with TemporaryDirectory() as folder:
        begin = time.perf_counter()
        list(enumerate_subsets(problem, SEEDS, Store(folder)))
        wall = time.perf_counter() - begin
        took = (
            Store(folder).read("subsets").drop_duplicates(["seed", "subset"]).set_index(["seed", "subset"])["seconds"]
        )
    chunks = [_chunk(chunk, took) for chunk in plan(problem, SEEDS)]
    return {"cpus": cpus, "wall": wall, "chunks": chunks, "load": os.getloadavg()[0]}


def _chunk(chunk: Chunk, took: "pd.Series[float]") -> tuple[int, bool, float]:
    """Seed, whether it is the singletons, wall seconds."""
    seconds = sum(float(took[chunk.seed, group_text(group)]) for group in chunk.groups)
    return chunk.seed, all(len(group) == 1 for group in chunk.groups), seconds


def searched(problem: Problem, cpus: int, batch: int) -> dict[str, Any]:
    """Seconds a trial, of all but the first."""
    with TemporaryDirectory() as folder:
        took = tune_costs.each(tune_costs.bench(problem, Path(folder)), TRIALS, batch)
    return {"cpus": cpus, "batch": batch, "wall": took.wall, "processor": took.processor, "load": os.getloadavg()[0]}


def main() -> None:
    problem, brief = (on(DigitsPair(tasks=QUICKSTART).load(), steps) for steps in (STEPS, 1))
    found: dict[str, Any] = {"trials": TRIALS, "enumerations": [], "searches": []}
    for cpus in (1, 2):
        with local_ray(cpus), TemporaryDirectory() as folder:
            list(enumerate_subsets(brief, SEEDS, Store(folder)))  # starts the workers
            for _ in range(REPEATS):
                found["enumerations"].append(enumerated(problem, cpus))
                found["searches"] += [searched(problem, cpus, batch) for batch in (1, 8)]
                CHECKED.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
