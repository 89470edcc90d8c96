"""The three enumerations, and the search, that are scaled."""

from dataclasses import dataclass

import numpy as np

from distgroup.encoders import Mlp
from distgroup.search import Search
from distgroup.seeding import numpy_rng
from distgroup.tasks.digits_pair import PAIRS, TASKS, DigitsPair
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import TaskSet
from distgroup.training.problem import Problem
from distgroup.training.settings import Adam, Training

QUICKSTART = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink")
TRAINING = Training(steps=400, batch_size=128, optimizer=Adam(lr=0.002))
"""As in experiments/quickstart."""

LOOKED_UP = Search(
    trials=1000,
    space={"estimator": ["random", "label_similarity"], "num_groups": [1, 2, 3, "auto"]},
)
"""Estimates that cost next to nothing: what is timed is the handing out of trials."""


@dataclass(frozen=True)
class Enumeration:
    name: str
    problem: Problem
    seeds: tuple[int, ...]


def on(task_set: TaskSet, steps: int = TRAINING.steps) -> Problem:
    return Problem(task_set, Mlp(widths=(64, 64)), TRAINING.model_copy(update={"steps": steps}))


def enumerations() -> list[Enumeration]:
    return [
        Enumeration("6 tasks × 4 seeds", on(DigitsPair(tasks=QUICKSTART).load()), tuple(range(4))),
        Enumeration("10 tasks × 5 seeds", on(DigitsPair(tasks=tuple(TASKS)[:10]).load()), tuple(range(5))),
        Enumeration("12 tasks × 10 seeds", on(drawn(12)), tuple(range(10))),
    ]


def drawn(tasks: int) -> TaskSet:
    """As many rows and inputs as digits_pair, which has eleven tasks; times depend on shapes alone."""
    rng = numpy_rng(0, "scaling")
    weights = rng.normal(size=(128, tasks))
    inputs = {split: rng.normal(size=(rows, 128)) for split, rows in PAIRS.items()}
    labels = {split: (np.tanh(x) @ weights > 0).astype(float) for split, x in inputs.items()}
    return TaskSet.from_raw("drawn", [Task(f"t{i:02}", "binary") for i in range(tasks)], inputs, labels)
