"""What estimators cost: seconds side by side, digits_pair with 8 tasks, all seeds, one core.

python experiments/benchmarks/estimators/run.py
"""

import time
from collections.abc import Callable
from statistics import median

import torch
from loop import joint, lookahead

from distgroup.encoders import Mlp
from distgroup.estimators import Estimator, FirstOrder, GradientCosine, Lookahead, Samplewise
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.data import Data
from distgroup.training.problem import Problem
from distgroup.training.settings import Training
from distgroup.training.stack import Stack

TASKS = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink", "left_slant", "sum_odd")
SEEDS = (0, 1, 2, 3, 4)
ROUNDS = 5
CPU = torch.device("cpu")


def stacked_joint(problem: Problem) -> None:
    """A plain joint run, all seeds as one stack."""
    data = Data(problem.task_set, problem.task_set.names, CPU)
    Stack(data, problem.encoder, problem.training, SEEDS, [frozenset(data.names)]).train(problem.training.steps)


def main() -> None:
    torch.set_num_threads(1)
    problem = Problem(DigitsPair(tasks=TASKS).load(), Mlp(), Training())
    seconds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        begin = time.process_time()
        work()
        seconds.setdefault(name, []).append(time.process_time() - begin)

    estimators: list[Estimator] = [Lookahead(), FirstOrder(), GradientCosine(), Samplewise()]
    for _ in range(ROUNDS + 1):
        timed("joint run, loop of modules", lambda: [joint(problem, seed) for seed in SEEDS])
        timed("lookahead, loop of modules", lambda: [lookahead(problem, seed) for seed in SEEDS])
        timed("joint run, stacked", lambda: stacked_joint(problem))
        for estimator in estimators:
            timed(f"{estimator.kind}, stacked", lambda e=estimator: e.estimate(problem, SEEDS, CPU))
    typical = {name: median(each[1:]) for name, each in seconds.items()}
    print("| what | s, median of 5 (least – most) | / loop of lookahead | / stacked joint run |\n|---|---|---|---|")
    for name, value in typical.items():
        spread = f"{value:.2f} ({min(seconds[name][1:]):.2f} – {max(seconds[name][1:]):.2f})"
        ratios = [value / typical[base] for base in ("lookahead, loop of modules", "joint run, stacked")]
        print(f"| {name} | {spread} | {ratios[0]:.3f} | {ratios[1]:.2f} |")


if __name__ == "__main__":
    main()
