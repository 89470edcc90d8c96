"""The six task sets, and how their networks are trained. Real data are read from the folder `shared/data`."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from distgroup.encoders import Mlp
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.series import Series
from distgroup.tasks.table import Label, Table
from distgroup.tasks.task import Kind, Task
from distgroup.tasks.taskset import TaskSet
from distgroup.training.problem import Problem
from distgroup.training.settings import Training

DATA = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[3] / "shared")) / "data"

DIGITS = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink", "left_slant", "sum_odd")
ASSAYS = ("NR_AR", "NR_AhR", "NR_ER", "SR_ARE", "SR_MMP", "SR_p53")
POOL = 4


def table(file: str, split: str, tasks: dict[str, Kind]) -> TaskSet:
    """A file of the folder with its columns x_* and y_*."""
    labels = {name: Label(column=f"y_{name}", kind=kind) for name, kind in tasks.items()}
    return Table(path=DATA / file, inputs=("x_*",), split=split, tasks=labels).load()


def regressions(names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), "regression")


def rf1() -> TaskSet:
    rivers = "CHSI2 NASI2 EADM7 SCLM7 CLKM7 VALI2 NAPM7 DLDI4"
    return table("rf1.parquet", "split", regressions(" ".join(f"{name}_48H__0" for name in rivers.split())))


def flights() -> TaskSet:
    late: dict[str, Kind] = {"dep_del15": "binary", "arr_del15": "binary", "cancelled": "binary"}
    return table("flights.parquet", "split", regressions("dep_delay arr_delay air_time gain speed") | late)


def tox21() -> TaskSet:
    return table("tox21.parquet", "split_scaffold", dict.fromkeys(ASSAYS, "binary"))


def ettm1() -> TaskSet:
    path = DATA / "ettm1.parquet"
    return Series(path=path, columns=("y_*",), window=48, horizon=24, stride=8, split="split").load()


def multimnist() -> TaskSet:
    """Pixels pooled 4 × 4, from 36 × 36 to 9 × 9."""
    frame = pd.read_parquet(DATA / "multimnist.parquet")
    kinds: dict[str, Kind] = {
        "left_digit": "multiclass",
        "right_digit": "multiclass",
        "left_even": "binary",
        "right_loop": "binary",
        "sum": "regression",
        "right_slant": "regression",
    }
    tasks = [Task(name, kind, 10 if kind == "multiclass" else 1) for name, kind in kinds.items()]
    inputs, labels = {}, {}
    for split, rows in frame.groupby("split"):
        pixels = rows.filter(like="x_").to_numpy(dtype=np.float64).reshape(-1, 36 // POOL, POOL, 36 // POOL, POOL)
        inputs[str(split)] = pixels.mean(axis=(2, 4)).reshape(len(rows), -1)
        labels[str(split)] = rows[[f"y_{name}" for name in kinds]].to_numpy(dtype=np.float64)
    return TaskSet.from_raw("multimnist", tasks, inputs, labels, pooled=True)


LOADERS: dict[str, Callable[[], TaskSet]] = {
    "digits_pair": DigitsPair(tasks=DIGITS).load,
    "ettm1": ettm1,
    "rf1": rf1,
    "flights": flights,
    "tox21": tox21,
    "multimnist": multimnist,
}


STEPS = {"digits_pair": 400, "multimnist": 400, "rf1": 300, "flights": 300, "ettm1": 200, "tox21": 200}
"""Fewer where a step is dear: 48 · 7 inputs of ettm1 and 1,024 of tox21."""


def problem(name: str) -> Problem:
    return Problem(LOADERS[name](), Mlp(widths=(64, 64)), Training(steps=STEPS[name]))
