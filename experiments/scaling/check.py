"""Observe a small enumeration and a small search, on one CPU and on two; `predicted` says what the model makes of them.

python experiments/scaling/check.py 1
python experiments/scaling/check.py 2
"""

import json
import os
import sys
import time
from itertools import pairwise
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

REPEATS, SEEDS, STEPS, TRIALS = 3, (0, 1), 60, 40
BATCH = {1: 1, 2: 8}
"""By CPUs."""


def checked(cpus: int) -> Path:
    return Path(__file__).parent / f"checked_{cpus}.json"


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


def searched(problem: Problem, cpus: int) -> list[dict[str, Any]]:
    """Seconds a trial, of all but the first; a part of the search after the other."""
    with TemporaryDirectory() as folder:
        ends = tune_costs.searched(tune_costs.bench(problem, Path(folder)), TRIALS, BATCH[cpus])
    cuts = [round(i * (TRIALS - 1) / REPEATS) for i in range(REPEATS + 1)]
    about = {"cpus": cpus, "cores": os.cpu_count(), "batch": BATCH[cpus], "load": os.getloadavg()[0]}
    return [about | {"wall": (ends[b] - ends[a]) / (b - a)} for a, b in pairwise(cuts)]


def main() -> None:
    cpus = int(sys.argv[1])
    problem, brief = (on(DigitsPair(tasks=QUICKSTART).load(), steps) for steps in (STEPS, 1))
    with local_ray(cpus), TemporaryDirectory() as folder:
        list(enumerate_subsets(brief, SEEDS, Store(folder)))  # starts the workers
        found = {"trials": TRIALS, "enumerations": [enumerated(problem, cpus) for _ in range(REPEATS)], "searches": []}
        checked(cpus).write_text(json.dumps(found), encoding="utf-8")
        found["searches"] = searched(problem, cpus)
    checked(cpus).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
