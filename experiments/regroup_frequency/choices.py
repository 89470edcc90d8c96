"""What validation chooses on the search seeds: learning rates, and the fixed partitions that are worth training on."""

from dataclasses import dataclass

import pandas as pd

from distgroup.grouping import Grouping

NETWORK = ["method", "rate", "seed"]


@dataclass(frozen=True)
class Reading:
    """When networks are compared: at the end of so many batches or, ``stopped``, each at the mark on the way at which
    its mean log loss on val, `log_val`, is least."""

    batches: int
    stopped: bool = False

    def __str__(self) -> str:
        return f"{self.batches} batches{', stopped' * self.stopped}"

    def after_batches(self, readings: pd.DataFrame) -> pd.DataFrame:
        """Of each network; all must have been trained for so long."""
        return self._one(readings[readings["batches"] <= self.batches])

    def within_steps(self, readings: pd.DataFrame) -> pd.DataFrame:
        """Of each network, in no more steps than joint training makes."""
        return self._one(readings[readings["steps"] <= self.batches])

    def joint_after(self, joint: pd.DataFrame, steps: "pd.Series[int]") -> pd.DataFrame:
        """Joint training's, at every rate, in as many steps as ``steps`` says for each seed, or what is read next."""
        enough = joint[joint["steps"] >= joint["seed"].map(steps)]
        ends = joint.merge(enough.groupby(NETWORK)["steps"].min().rename("end"), on=NETWORK)
        return self._one(ends[ends["steps"] <= ends["end"]].drop(columns="end"))

    def _one(self, readings: pd.DataFrame) -> pd.DataFrame:
        order = readings["log_val"] if self.stopped else -readings["batches"]
        return readings[order == order.groupby([readings[name] for name in NETWORK]).transform("min")]


def rates(readings: pd.DataFrame) -> "pd.Series[float]":
    """Each method's rate of the least mean log loss on val; a rate at which a network diverged is not eligible."""
    worth = readings.groupby(["method", "rate"])["log_val"].mean().unstack()
    seeds = readings.groupby(["method", "rate"])["seed"].nunique().unstack()
    return worth.where(seeds.eq(seeds.max(axis=1), axis=0)).idxmin(axis=1)


def best(readings: pd.DataFrame, groupings: dict[str, Grouping], limit: int, count: int) -> list[Grouping]:
    """The best fixed partitions into at most ``limit`` groups by mean log loss on val, each at its best rate."""
    allowed = readings[readings["method"].map(lambda name: name in groupings and len(groupings[name]) <= limit)]
    worth = allowed.groupby(["method", "rate"])["log_val"].mean()
    ranked = worth.groupby("method").min().sort_values(kind="stable").index
    return [groupings[name] for name in ranked[:count]]
