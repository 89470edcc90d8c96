"""Task sets, and the learning rates and widths at which their networks are trained.

Real data are read from the folder `shared/data` beside the project, or below `DISTGROUP_SHARED`.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from distgroup.encoders import Mlp
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.table import Label, Table
from distgroup.tasks.task import Kind
from distgroup.tasks.taskset import TaskSet
from distgroup.training.problem import Problem
from distgroup.training.settings import Adam, Training

DATA = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[3] / "shared")) / "data"


@dataclass(frozen=True)
class Setting:
    lr: float = 0.002
    width: int = 64
    """Of both hidden layers."""


SETTINGS = {
    "default": Setting(),
    "lr / 4": Setting(lr=0.0005),
    "lr × 4": Setting(lr=0.008),
    "width / 4": Setting(width=16),
    "width × 4": Setting(width=256),
}

AXES = {
    "learning rate": ("lr / 4", "default", "lr × 4"),
    "width": ("width / 4", "default", "width × 4"),
    "either or both": tuple(SETTINGS),
}
"""Settings among which an estimate is carried from one to another."""

STEPS = {"digits_pair": 400, "flights": 300, "tox21": 200}
"""Fewer where a step is dear: tox21 has 1,024 inputs."""


@cache
def task_set(name: str) -> TaskSet:
    if name == "digits_pair":
        tasks = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink")
        return DigitsPair(tasks=tasks).load()
    if name == "flights":
        kinds: dict[str, Kind] = dict.fromkeys(("dep_delay", "arr_delay", "air_time", "speed"), "regression")
        return table("flights.parquet", "split", kinds | {"dep_del15": "binary", "cancelled": "binary"})
    return table(
        "tox21.parquet", "split_scaffold", dict.fromkeys(("NR_AR", "NR_AhR", "NR_ER", "SR_ARE", "SR_MMP"), "binary")
    )


def table(file: str, split: str, tasks: dict[str, Kind]) -> TaskSet:
    """A file of the folder with its columns x_* and y_*."""
    labels = {name: Label(column=f"y_{name}", kind=kind) for name, kind in tasks.items()}
    return Table(path=str(DATA / file), inputs=("x_*",), split=split, tasks=labels).load()


def problem(name: str, setting: Setting) -> Problem:
    training = Training(steps=STEPS[name], optimizer=Adam(lr=setting.lr))
    return Problem(task_set(name), Mlp(widths=(setting.width, setting.width)), training)
