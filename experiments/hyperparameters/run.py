"""Does an affinity estimated at one learning rate or width choose well at another? Killed, it goes on where it was.

python experiments/hyperparameters/run.py [TASK SET …]
"""

import sys
import time
from pathlib import Path

import figures
import pandas as pd
import readme
import torch
from settings import SETTINGS, STEPS, problem
from summary import cells, penalties
from transfer import agreement, of_estimates, of_truths, worths

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.distributed.workers import workers
from distgroup.estimated import estimates
from distgroup.estimators import GradientCosine, LabelSimilarity, Lookahead, LowFidelity, Random, Samplewise
from distgroup.estimators.base import Estimator
from distgroup.results.store import Store
from distgroup.training.problem import Problem
from distgroup.truth import Truth

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "results" / "hyperparameters"
TRUTH_SEEDS = (0, 1, 2, 3, 4)
SEEDS = (10, 11, 12, 13, 14)
"""Of the estimates: others than the truth's."""

ESTIMATORS = {
    "low_fidelity 1/4": LowFidelity(fraction=1 / 4),
    "lookahead": Lookahead(),
    "gradient_cosine": GradientCosine(),
    "samplewise": Samplewise(),
    "label_similarity": LabelSimilarity(),
    "random": Random(),
}


def store(name: str, at: str) -> Store:
    setting = SETTINGS[at]
    return Store(TABLES / f"{name}-lr{setting.lr}-width{setting.width}")


def enumerate_all(problems: dict[str, dict[str, Problem]]) -> None:
    """The ground truth of every task set at every setting, in one Ray."""
    with workers():
        for name, settings in problems.items():
            for at, each in settings.items():
                begin = time.perf_counter()
                networks = sum(enumerate_subsets(each, TRUTH_SEEDS, store(name, at)))
                print(f"{name}, {at}: {networks} networks, {time.perf_counter() - begin:.0f} s", flush=True)


def transferred(name: str, problems: dict[str, Problem]) -> dict[str, pd.DataFrame]:
    """Of one task set: regrets, how far the truths agree, and what each thing cost."""
    truths = {
        at: Truth.from_table(store(name, at).read("subsets"), each.task_set.names, TRUTH_SEEDS)
        for at, each in problems.items()
    }
    rows, costs = list(of_truths(truths)), []
    for label, estimator in ESTIMATORS.items():
        begin = time.perf_counter()
        found = {
            at: estimates(each, estimator, SEEDS, store(name, at), torch.device("cpu")) for at, each in problems.items()
        }
        rows += of_estimates(label, found, truths)
        costs += [{"estimator": label, "at": at, "seconds": cpu_seconds(problems[at], estimator)} for at in found]
        print(f"{name}, {label}: {time.perf_counter() - begin:.0f} s", flush=True)
    agreed = [{"at": a, "judged_at": b, "spearman": agreement(truths[a], truths[b])} for a in truths for b in truths]
    worth = [{"at": at} | row for at, truth in truths.items() for row in worths(truth)]
    tables = {"regrets": rows, "agreement": agreed, "costs": costs, "worths": worth}
    return {key: pd.DataFrame(table).assign(taskset=name) for key, table in tables.items()}


def cpu_seconds(problem: Problem, estimator: Estimator) -> float:
    """Of one core, for one seed's estimate made anew: unlike wall time it hardly minds what else the machine does."""
    begin = time.process_time()
    estimator.estimate(problem, SEEDS[:1], torch.device("cpu"))
    return time.process_time() - begin


def main() -> None:
    torch.set_num_threads(1)
    names = sys.argv[1:] or list(STEPS)
    problems = {name: {at: problem(name, setting) for at, setting in SETTINGS.items()} for name in names}
    enumerate_all(problems)
    parts = [transferred(name, each) for name, each in problems.items()]
    found = {key: pd.concat([part[key] for part in parts], ignore_index=True) for key in parts[0]}
    for key, table in found.items():
        table.to_parquet(HERE / f"{key}.parquet", index=False, compression="zstd")
    found |= {"cells": cells(found["regrets"]), "penalties": penalties(found["regrets"])}
    figures.draw(found["cells"], found["penalties"], HERE / "figures")
    readme.write(found, HERE / "README.md")


if __name__ == "__main__":
    main()
