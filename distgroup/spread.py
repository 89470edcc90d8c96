"""Scores with their spread over seeds: what to choose on, so that the choice is not the luckiest of the noisy.

The largest of many noisy means is mostly too large (the winner's curse), and the more so, the noisier it is.
"""

from typing import Literal

import numpy as np

from distgroup.scores import Floats

Rule = Literal["mean", "shrunken", "lower"]


def chosen_on(values: Floats, rule: Rule) -> Floats:
    """[seeds, networks, tasks] to [networks, tasks], NaN for tasks outside a network in both.

    ``mean``: over seeds. ``lower``: mean − standard error, each cell's own. ``shrunken``: see `shrunken`. Of one seed
    the spread is unknown, and the scores are returned as they are.
    """
    mean: Floats = values.mean(axis=0)
    if rule == "mean" or len(values) == 1:
        return mean
    error: Floats = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return mean - error if rule == "lower" else shrunken(mean, error)


def shrunken(mean: Floats, error: Floats) -> Floats:
    """Empirical Bayes: each task's scores drawn towards what its companions explain (Fay & Herriot 1979).

    For one task: m̂ = a + Σ_s b_s·[s in the network] is fitted to its means by least squares; what is left over has the
    variance τ² + σ², where σ² is the mean squared standard error; the result is m̂ + τ²/(τ² + σ²)·(m − m̂). ``mean`` and
    ``error`` have shape [networks, tasks]. Scores without any error (gains of singletons) are known and stay, and so do
    those of a task with fewer noisy ones than twice the coefficients: drawn towards a plain mean they choose worse.
    """
    result = mean.copy()
    inside = ~np.isnan(mean)
    for task in range(mean.shape[1]):
        rows = np.flatnonzero(inside[:, task] & (error[:, task] > 0))
        companions = np.delete(inside[rows], task, axis=1)
        design = np.column_stack([np.ones(len(rows)), companions])
        if len(rows) >= 2 * design.shape[1]:
            result[rows, task] = _drawn(mean[rows, task], error[rows, task], design)
    return result


def _drawn(mean: Floats, error: Floats, design: Floats) -> Floats:
    coefficients, _, rank, _ = np.linalg.lstsq(design, mean, rcond=None)
    fit = design @ coefficients
    noise = float((error**2).mean())
    left = float(((mean - fit) ** 2).sum() / (len(mean) - rank))
    kept = max(0.0, left - noise) / left if left > 0 else 1.0
    drawn: Floats = fit + kept * (mean - fit)
    return drawn
