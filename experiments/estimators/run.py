"""The leaderboard of estimators, from nothing to tables and figures. Killed, it goes on where it was.

python experiments/estimators/run.py [TASK SET …]
"""

import sys
import time
from pathlib import Path

import pandas as pd
import torch
from contenders import CONTENDERS
from figures import draw
from leaderboard import rows, samples
from problems import LOADERS, problem
from readme import write

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.distributed.workers import workers
from distgroup.errors import DivergedError
from distgroup.estimated import estimates
from distgroup.results.store import Store
from distgroup.training.problem import Problem
from distgroup.truth import Truth

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "results" / "estimators"
TRUTH_SEEDS = (0, 1, 2, 3, 4)
SEEDS = (10, 11, 12, 13, 14)
"""Of the estimates: others than the truth's, so that no estimate shares a network's luck with its judge."""


def enumerate_all(problems: dict[str, Problem]) -> None:
    """The ground truth of every task set, in one Ray."""
    with workers():
        for name, each in problems.items():
            begin = time.perf_counter()
            networks = sum(enumerate_subsets(each, TRUTH_SEEDS, Store(TABLES / name)))
            print(f"{name}: {networks} networks, {time.perf_counter() - begin:.0f} s", flush=True)


def judge(name: str, of: Problem) -> pd.DataFrame:
    """Estimate with every contender, and hold it against the truth."""
    subsets = Store(TABLES / name).read("subsets")
    truth = Truth.from_table(subsets, of.task_set.names, TRUTH_SEEDS)
    truths = samples(truth)
    seconds = subsets.drop_duplicates(["seed", "subset"])["seconds"].sum() / len(TRUTH_SEEDS)
    found = []
    for contender, estimator in CONTENDERS.items():
        begin = time.perf_counter()
        try:
            estimate = estimates(of, estimator, SEEDS, Store(TABLES / name), torch.device("cpu"))
        except DivergedError as error:
            print(f"{name}, {contender}: {error}", flush=True)
            continue
        found += list(rows(contender, estimate, truths))
        print(f"{name}, {contender}: {time.perf_counter() - begin:.1f} s", flush=True)
    return pd.DataFrame(found).assign(
        taskset=name,
        enumeration_steps=len(subsets["subset"].unique()) * of.training.steps,
        enumeration_seconds=seconds,
        noise_ceiling=truth.noise_ceiling,
        best_2=truths[0].best["2"],
        best_auto=truths[0].best["auto"],
    )


def main() -> None:
    torch.set_num_threads(1)
    problems = {name: problem(name) for name in sys.argv[1:] or LOADERS}
    enumerate_all(problems)
    board = pd.concat([judge(name, each) for name, each in problems.items()], ignore_index=True)
    board.to_parquet(HERE / "leaderboard.parquet", index=False)
    draw(board, HERE / "figures")
    write(board, HERE / "README.md")


if __name__ == "__main__":
    main()
