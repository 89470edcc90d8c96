"""Δm of every point of the search space, looked up in the truth: the table that searches are replayed over.

python experiments/search_efficiency/tabulate.py

Estimates and truths are those of experiments/estimators; what its tables have is read, the rest made.
"""

import sys
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from grid import CONTENDERS, ESTIMATORS, GROUPS, SELECTORS

from distgroup.estimated import estimates
from distgroup.results.store import Store
from distgroup.scores import GroupScores
from distgroup.truth import Truth

TABLE = Path(__file__).parent / "table.parquet"


def points(scores: Mapping[str, GroupScores], truth: Truth) -> Iterator[dict[str, Any]]:
    """One row a point, from each estimator's scores: its grouping, and Δm as mean over the truth's seeds."""
    for (estimator, predicted), groups, (selector, select) in product(scores.items(), GROUPS, SELECTORS.items()):
        grouping = select.select(predicted, None if groups == "auto" else groups).grouping
        delta_m = {f"delta_m_{split}": float(truth.delta_m(grouping, split).mean()) for split in ("val", "test")}
        point = {"estimator": estimator, "num_groups": str(groups), "selector": selector}
        yield point | {"grouping": str(grouping)} | delta_m


def main() -> None:
    sys.path.insert(0, str(ESTIMATORS))
    from problems import LOADERS, problem
    from run import SEEDS, TABLES, TRUTH_SEEDS, enumerate_all

    torch.set_num_threads(1)
    problems = {name: problem(name) for name in LOADERS}
    enumerate_all(problems)
    parts = []
    for name, each in problems.items():
        truth = Truth.from_table(Store(TABLES / name).read("subsets"), each.task_set.names, TRUTH_SEEDS)
        made = {
            label: estimates(each, estimator, SEEDS, Store(TABLES / name), torch.device("cpu")).scores()
            for label, estimator in CONTENDERS.items()
        }
        parts.append(pd.DataFrame(points(made, truth)).assign(taskset=name))
        print(f"{name}: {len(parts[-1])} points", flush=True)
    pd.concat(parts, ignore_index=True).to_parquet(TABLE, index=False, compression="zstd")


if __name__ == "__main__":
    main()
