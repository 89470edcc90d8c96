"""The two task sets, and the settings that every network of a run shares."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from distgroup.encoders import Mlp
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.table import Label, Table
from distgroup.tasks.task import Kind
from distgroup.tasks.taskset import TaskSet
from distgroup.training.settings import Adam, Training

SHARED = Path(os.environ.get("DISTGROUP_SHARED", Path(__file__).parents[3] / "shared"))

DIGITS = ("left_digit", "right_digit", "sum", "left_even", "right_loop", "ink")
SIDE, POOL = 36, 4


@dataclass(frozen=True)
class Settings:
    """How long, how often, with which rates and seeds."""

    batches: int = 1200
    mark: int = 50
    """Batches between readings of the losses on val and test."""
    warm_up: int = 100
    frequencies: tuple[int | Literal["never"], ...] = ("never", 1, 10, 100, 1000)
    rates: tuple[float, ...] = (0.0005, 0.0015, 0.0045)
    search_seeds: tuple[int, ...] = (100, 101)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
    """Of what is reported: others than those that learning rates and fixed partitions are chosen on."""
    brief: int = 200
    """Batches that every fixed partition is trained on, before the best are trained on all."""
    brief_rate: float = 0.0045
    kept: int = 4
    """Best partitions, for each limit of their number of groups, that are trained on."""
    batch_size: int = 128
    widths: tuple[int, ...] = (64, 64)

    def encoder(self) -> Mlp:
        return Mlp(widths=self.widths)

    def training(self, rate: float) -> Training:
        return Training(steps=self.batches, batch_size=self.batch_size, optimizer=Adam(lr=rate))


def digits_pair(_: Path) -> TaskSet:
    return DigitsPair(tasks=DIGITS).load()


def multimnist(folder: Path) -> TaskSet:
    """Read as a user's table; its pixels are pooled 4 × 4 before, from 36 × 36 to 9 × 9, into a file of ``folder``."""
    path = folder / "multimnist.parquet"
    if not path.exists():
        frame = pd.read_parquet(SHARED / "data" / "multimnist.parquet")
        pixels = frame.filter(like="x_").to_numpy(dtype=float).reshape(-1, SIDE // POOL, POOL, SIDE // POOL, POOL)
        pooled = pd.DataFrame(pixels.mean(axis=(2, 4)).reshape(len(frame), -1)).add_prefix("x_")
        pd.concat(
            [pooled, frame.loc[:, ~frame.columns.str.startswith("x_")].reset_index(drop=True)], axis=1
        ).to_parquet(path)
    kinds: dict[str, Kind] = {
        "left_digit": "multiclass",
        "right_digit": "multiclass",
        "left_even": "binary",
        "right_loop": "binary",
        "sum": "regression",
        "right_slant": "regression",
    }
    labels = {name: Label(column=f"y_{name}", kind=kind) for name, kind in kinds.items()}
    return Table(path=str(path), inputs=("x_*",), split="split", tasks=labels).load()


LOADERS = {"digits_pair": digits_pair, "multimnist": multimnist}
