"""From the scores of some groups to those of all: the affinity that explains them best."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

from distgroup.grouping import Group

Floats = NDArray[np.float64]

PENALTIES = np.logspace(-3, 3, 13)


def affinity_through(groups: Sequence[Group], tasks: Sequence[str], values: Floats) -> Floats:
    """Affinity [source, target] whose means over companions are nearest to the scores ``values`` [groups, tasks].

    For one target: ridge regression of its score in G on each companion's share, 1/(|G| − 1) if in G else 0. The shares
    of a group sum to 1, so the penalty draws every source towards the target's mean, and no intercept is lost. Its size
    is chosen by leaving one group out. Measured scores are smoothed too. Every task needs two groups of 2 or more.
    """
    inside = np.array([[task in group for task in tasks] for group in groups])
    size = inside.sum(axis=1)
    affinity = np.zeros((len(tasks), len(tasks)))
    for t in range(len(tasks)):
        rows = inside[:, t] & (size > 1)
        share = inside[rows] / (size[rows, None] - 1)
        others = np.arange(len(tasks)) != t
        fit = RidgeCV(PENALTIES).fit(share[:, others], values[rows, t])
        affinity[others, t] = fit.coef_ + fit.intercept_
    return affinity
