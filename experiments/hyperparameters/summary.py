"""Means of regret over the seeds, as percent of the mean partition's, and 95% bootstrap intervals.

These resample the truth's seeds and the estimates'.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from settings import AXES

from distgroup.seeding import numpy_rng

Floats = NDArray[np.float64]

DRAWS = 4000
CASE = ["taskset", "estimator", "groups"]


def cube(part: pd.DataFrame, settings: tuple[str, ...]) -> Floats:
    """Regret, percent of the mean partition's, [at, judged at, seed of the estimate, seed of the truth]."""
    seeds = [sorted(part[name].unique()) for name in ("estimate_seed", "truth_seed")]
    axes = [list(settings), list(settings), *seeds]
    values = part.set_index(["at", "judged_at", "estimate_seed", "truth_seed"])["share"]
    found: Floats = 100 * values.reindex(pd.MultiIndex.from_product(axes)).to_numpy()
    return found.reshape([len(axis) for axis in axes])


def resampled(values: Floats) -> Floats:
    """Means over both kinds of seeds, [draws, at, judged at]; the first is of the seeds as they are."""
    weights = [drawn(size, purpose) for size, purpose in zip(values.shape[2:], ("estimates", "truth"), strict=True)]
    return np.einsum("abet,re,rt->rab", values, *weights, optimize=True)


def drawn(size: int, purpose: str) -> Floats:
    """How much each seed counts in each draw, [draws, seeds]."""
    rng = numpy_rng(0, "hyperparameters", purpose)
    counts = rng.multinomial(size, np.full(size, 1 / size), size=DRAWS)
    return np.concatenate([np.full((1, size), 1 / size), counts / size])


def bounds(draws: Floats) -> dict[str, float]:
    low, high = np.quantile(draws[1:], [0.025, 0.975])
    return {"low": float(low), "high": float(high)}


def cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean regret for each pair of settings, with its interval."""
    return pd.DataFrame(_cells(rows))


def _cells(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    settings = AXES["either or both"]
    for case, part in rows.groupby(CASE, sort=False):
        draws = resampled(cube(part, settings))
        for a, at in enumerate(settings):
            for b, judged_at in enumerate(settings):
                mean = {"at": at, "judged_at": judged_at, "regret": draws[0, a, b]}
                yield dict(zip(CASE, case, strict=True)) | mean | bounds(draws[:, a, b])


def penalties(rows: pd.DataFrame) -> pd.DataFrame:
    """What an estimate from another setting costs: mean regret where it was made elsewhere, minus where made there."""
    return pd.DataFrame(_penalties(rows))


def _penalties(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for axis, settings in AXES.items():
        for case, part in rows.groupby(CASE, sort=False):
            draws = resampled(cube(part, settings))
            other = ~np.eye(len(settings), dtype=bool)
            home, away = draws[:, ~other].mean(axis=1), draws[:, other].mean(axis=1)
            found = {"axis": axis, "home": home[0], "away": away[0], "penalty": away[0] - home[0]}
            yield dict(zip(CASE, case, strict=True)) | found | bounds(away - home)
