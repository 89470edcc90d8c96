"""Test losses under each budget, the Δm that they mean, and paired differences with their intervals."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from choices import Reading, rates
from methods import ALONE, JOINT, Method
from scipy import stats

from distgroup.gains import Gain, gain
from distgroup.seeding import numpy_rng

Select = Callable[[pd.DataFrame], pd.DataFrame]
ByMethod = dict[str, pd.DataFrame]
"""The losses read of each method."""

BUDGETS = ("own", "held", "joint", "joint_same")
"""The method after all batches, and held to joint training's steps; joint training after as many batches as the
method, and after as many steps."""

RESAMPLINGS = 2000


def under_budgets(method: Method, searched: ByMethod, reported: ByMethod, when: Reading) -> pd.DataFrame:
    """A row for each seed and task: the test loss under each of `BUDGETS`, its steps and rate, and that of the
    single-task network after all batches. The rate of each is the one that is best for it, under that budget and so
    read, on the search seeds."""
    end = Reading(when.batches)

    def reading(name: str, tuned: str, select: Select) -> pd.DataFrame:
        rate = rates(select(searched[tuned]))[tuned]
        own = reported[name]
        return select(own[own["rate"] == rate]).set_index(["seed", "task"])[["test", "steps", "rate"]]

    def steps_of(readings: pd.DataFrame, rate: float) -> "pd.Series[int]":
        return end.after_batches(readings[readings["rate"] == rate]).groupby("seed")["steps"].first()

    own = reading(method.name, method.tuned, when.after_batches)
    rate = own["rate"].iloc[0]
    steps = pd.concat([steps_of(searched[method.tuned], rate), steps_of(reported[method.name], rate)])
    found = {
        "own": own,
        "held": reading(method.name, method.tuned, when.within_steps),
        "joint": reading(JOINT, JOINT, when.after_batches),
        "joint_same": reading(JOINT, JOINT, lambda part: when.joint_after(part, steps)),
        ALONE: reading(ALONE, ALONE, end.after_batches),
    }
    parts = [
        part.rename(columns={"test": name, "steps": f"{name}_steps", "rate": f"{name}_rate"})
        for name, part in found.items()
    ]
    return pd.concat(parts, axis=1).reset_index()


def delta_m(losses: pd.DataFrame, kind: Gain) -> pd.DataFrame:
    """Δm of each (taskset, method, seed) under each of `BUDGETS`, of one reading."""
    alone, unused = losses[ALONE].to_numpy(), np.full(len(losses), np.nan)
    gains = {name: gain(kind, losses[name].to_numpy(), alone, unused, unused) for name in BUDGETS}
    keys = [losses[name] for name in ("taskset", "method", "seed")]
    return pd.DataFrame(gains, index=losses.index).groupby(keys, sort=False).mean()


class Interval(NamedTuple):
    """A mean over seeds with its 95% interval by Student's t, and the p-value of its being 0."""

    mean: float
    low: float
    high: float
    p: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def interval(values: "pd.Series[float]") -> Interval:
    """Of one value a seed. All alike (a method that is joint training itself): no spread, p 1 where it is 0."""
    if np.ptp(values) == 0:
        value = float(values.iloc[0])
        return Interval(value, value, value, float(value == 0))
    test = stats.ttest_1samp(values, 0)
    low, high = test.confidence_interval()
    return Interval(float(values.mean()), float(low), float(high), float(test.pvalue))


def holm(p: "pd.Series[float]") -> "pd.Series[float]":
    """Adjusted p-values (Holm 1979): the chance of one false finding or more in the whole family."""
    ordered = p.sort_values()
    adjusted = (ordered * np.arange(len(p), 0, -1)).cummax().clip(upper=1)
    return adjusted.reindex(p.index)


def at_each_rate(name: str, reported: ByMethod, when: Reading) -> pd.DataFrame:
    """A row for each rate and seed: ln(joint training's test loss / the method's), mean over tasks, both at that rate;
    ``batches``, joint training after as many batches, ``steps``, after as many steps."""
    joint = reported[JOINT]
    parts = [
        _at_rate(own, joint[joint["rate"] == rate], when).assign(rate=rate)
        for rate, own in reported[name].groupby("rate")
    ]
    return pd.concat(parts).assign(method=name)


def _at_rate(method: pd.DataFrame, joint: pd.DataFrame, when: Reading) -> pd.DataFrame:
    steps = Reading(when.batches).after_batches(method).groupby("seed")["steps"].first()
    own = when.after_batches(method).set_index(["seed", "task"])["test"]
    others = {"batches": when.after_batches(joint), "steps": when.joint_after(joint, steps)}
    found = {
        against: np.log(other.set_index(["seed", "task"])["test"] / own).groupby("seed").mean()
        for against, other in others.items()
    }
    return pd.DataFrame(found).dropna().reset_index()


def from_steps(found: pd.DataFrame) -> tuple[float, float, float]:
    """Of what a method is better than joint training in as many batches, the share that joint training has too in as
    many steps: a ratio of means over seeds, with a 95% bootstrap interval. Of rows of `at_each_rate` of one rate."""
    rng = numpy_rng(0, "share from steps")
    drawn = rng.integers(len(found), size=(RESAMPLINGS, len(found)))
    whole, left = found["batches"].to_numpy(), found["steps"].to_numpy()
    low, high = np.quantile(1 - left[drawn].mean(1) / whole[drawn].mean(1), [0.025, 0.975])
    return 1 - float(left.mean() / whole.mean()), float(low), float(high)
