"""Rows of the leaderboard from estimates and truth: means over the estimates' seeds, with bootstrap intervals."""

from collections.abc import Iterator
from itertools import combinations, islice
from typing import Any

import numpy as np
import pandas as pd
from measures import GROUPS, Prediction, Sample

from distgroup.estimators.estimate import Estimate
from distgroup.seeding import numpy_rng
from distgroup.truth import Truth

TRUTHS, ESTIMATES = 60, 20
"""Resamplings of the truth's seeds, and for each of the estimates'."""

MOST_COMBINATIONS = 10


def samples(truth: Truth) -> list[Sample]:
    """The truth of all seeds, then of seeds drawn with replacement."""
    count, rng = len(truth.seeds), numpy_rng(0, "leaderboard", "truth")
    return [Sample(truth, np.arange(count))] + [Sample(truth, rng.integers(count, size=count)) for _ in range(TRUTHS)]


def rows(name: str, estimate: Estimate, truths: list[Sample]) -> Iterator[dict[str, Any]]:
    """One row for each number of seeds that an estimate is made from."""
    for used in range(1, len(estimate.seeds) + 1):
        subsets = islice(combinations(estimate.seeds, used), MOST_COMBINATIONS)
        tried = [Prediction.of(estimate.scores(*seeds), truths[0].truth) for seeds in subsets]
        cost = {
            "cost_steps": float(estimate.cost_steps.mean()) * used,
            "cost_seconds": float(estimate.cost_seconds.mean()) * used,
        }
        yield {"estimator": name, "seeds": used} | cost | judged(tried, truths)


def judged(tried: list[Prediction], truths: list[Sample]) -> dict[str, float]:
    """Mean of each measure over the estimates tried, and the 2.5% and 97.5% points of the same, resampled."""
    each = [pd.DataFrame([sample.measures(prediction) for prediction in tried]) for sample in truths]
    rng = numpy_rng(0, "leaderboard", "estimates")
    drawn = [rng.integers(len(tried), size=(ESTIMATES, len(tried))) for _ in each[1:]]
    means = [frame.to_numpy()[rows].mean(axis=1) for frame, rows in zip(each[1:], drawn, strict=True)]
    found = closed(each[0].mean(skipna=False).to_frame().T)
    spread = closed(pd.DataFrame(np.concatenate(means), columns=each[0].columns)).quantile([0.025, 0.975])
    low, high = spread.loc[0.025].add_suffix("_low"), spread.loc[0.975].add_suffix("_high")
    return {**found.iloc[0].to_dict(), **low.to_dict(), **high.to_dict()}


def closed(means: pd.DataFrame) -> pd.DataFrame:
    """With the gap closed for each number of groups: a ratio of means, NaN where there is no gap."""
    ratios = {
        f"closed_{k}": 1 - (means[f"regret_{k}"] / means[f"gap_{k}"]).where(means[f"gap_{k}"] > 0) for k in GROUPS
    }
    return means.assign(**ratios)
