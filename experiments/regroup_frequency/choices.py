"""What validation chooses on the search seeds: learning rates, and the fixed partitions that are worth training on."""

import numpy as np
import pandas as pd

from distgroup.grouping import Grouping

NETWORK = ["method", "rate", "seed"]


def after_batches(readings: pd.DataFrame, batches: int) -> pd.DataFrame:
    """Readings after so many batches."""
    return readings[readings["batches"] == batches]


def within_steps(readings: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Each network's last reading of no more than so many steps."""
    within = readings[readings["steps"] <= steps]
    return within[within["steps"] == within.groupby(NETWORK)["steps"].transform("max")]


def joint_after(joint: pd.DataFrame, steps: "pd.Series[int]") -> pd.DataFrame:
    """Joint training's first readings after at least as many steps as ``steps`` says for each seed, at every rate."""
    enough = joint[joint["steps"] >= joint["seed"].map(steps)]
    return enough[enough["steps"] == enough.groupby(NETWORK)["steps"].transform("min")]


def rates(readings: pd.DataFrame) -> "pd.Series[float]":
    """Each method's rate of the least mean log loss on val; a rate at which a network diverged is not eligible."""
    worth = np.log(readings["val"]).groupby([readings["method"], readings["rate"]]).mean().unstack()
    seeds = readings.groupby(["method", "rate"])["seed"].nunique().unstack()
    return worth.where(seeds.eq(seeds.max(axis=1), axis=0)).idxmin(axis=1)


def best(readings: pd.DataFrame, groupings: dict[str, Grouping], limit: int, count: int) -> list[Grouping]:
    """The best fixed partitions into at most ``limit`` groups by mean log loss on val, each at its best rate."""
    allowed = readings[readings["method"].map(lambda name: name in groupings and len(groupings[name]) <= limit)]
    worth = np.log(allowed["val"]).groupby([allowed["method"], allowed["rate"]]).mean()
    ranked = worth.groupby("method").min().sort_values(kind="stable").index
    return [groupings[name] for name in ranked[:count]]
