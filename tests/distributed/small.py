"""A problem that trains in a blink, and its complete ground truth."""

from pathlib import Path

from distgroup.distributed.ground_truth import enumerate_subsets
from distgroup.encoders import Mlp
from distgroup.results.store import Store
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.problem import Problem
from distgroup.training.settings import Sgd, Training
from distgroup.trial import Bench
from distgroup.truth import Truth

TASKS = ("left_digit", "sum", "left_even", "ink")
SEEDS = (0, 1)


def problem(lr: float = 0.05, steps: int = 15) -> Problem:
    training = Training(steps=steps, batch_size=32, optimizer=Sgd(lr=lr))
    return Problem(DigitsPair(tasks=TASKS).load(), Mlp(widths=(8,)), training)


def bench(root: Path, of: Problem | None = None) -> Bench:
    """Enumerates `problem` under ``root``; trials then run on ``of``."""
    store = Store(root)
    list(enumerate_subsets(problem(), SEEDS, store))
    truth = Truth.from_table(store.read("subsets"), TASKS, SEEDS)
    seconds = dict.fromkeys(store.read("subsets")["subset"].unique(), 0.0)
    return Bench(of or problem(), SEEDS, store, truth, seconds=seconds)
