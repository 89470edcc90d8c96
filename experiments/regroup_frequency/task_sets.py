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
SIDE, POOL, FAINT = 36, 4, 0.15


@dataclass(frozen=True)
class Settings:
    """How long, how often, with which rates and seeds."""

    batches: int = 2400
    earlier: int = 600
    """Batches after which every method is compared a first time, with learning rates chosen for that."""
    mark: int = 50
    """Batches between readings of the losses on val and test."""
    warm_up: int = 50
    """Of single tasks in turn, before the first grouping."""
    frequencies: tuple[int | Literal["never"], ...] = ("never", 1, 10, 100, 1000)
    rates: tuple[float, ...] = (0.0003, 0.001, 0.003, 0.01)
    search_seeds: tuple[int, ...] = (100, 101)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
    """Of what is reported: others than those that learning rates and fixed partitions are chosen on."""
    brief: int = 200
    """Batches that every fixed partition is trained on, before the best are trained on all."""
    brief_rate: float = 0.003
    kept: int = 3
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
    """Read as a user's table, from a file of ``folder`` that is made first: see `pooled`."""
    path = folder / "multimnist.parquet"
    if not path.exists():
        pooled(pd.read_parquet(SHARED / "data" / "multimnist.parquet")).to_parquet(path)
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


def pooled(frame: pd.DataFrame) -> pd.DataFrame:
    """Pixels pooled 4 × 4, from 36 × 36 to 9 × 9. Those that are hardly ever lit, which standardising would blow up,
    are left out: where the spread on train is less than `FAINT` of the largest."""
    pixels = frame.filter(like="x_").to_numpy(dtype=float).reshape(-1, SIDE // POOL, POOL, SIDE // POOL, POOL)
    cells = pd.DataFrame(pixels.mean(axis=(2, 4)).reshape(len(frame), -1), index=frame.index).add_prefix("x_")
    spread = cells[frame["split"] == "train"].std()
    return cells.loc[:, spread > FAINT * spread.max()].join(frame.loc[:, ~frame.columns.str.startswith("x_")])


LOADERS = {"digits_pair": digits_pair, "multimnist": multimnist}

SETTINGS = {"digits_pair": Settings(), "multimnist": Settings(seeds=(0, 1, 2, 3, 4))}
