"""The random floor of covers: the mean Δm over all covers by at most k groups, exactly, without listing them.

Six tasks have 63 groups, hence 7·10⁶ families of four; but by inclusion and exclusion over the tasks left uncovered, a
family counts by where its best group for each task stands, and that is a binomial coefficient.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from distgroup.scores import membership

Floats = NDArray[np.float64]


def mean_cover_delta_m(chosen_on: Floats, reported: Floats, max_groups: int) -> float:
    """Mean over all covers by at most ``max_groups`` distinct groups of Δm.

    Each task is served by the group of the cover that is best for it on ``chosen_on``, and its gain there is looked up
    in ``reported``; both [2^tasks, tasks].
    """
    n = chosen_on.shape[1]
    inside = membership(n)
    total, covers = 0.0, 0.0
    for uncovered in range(1 << n):
        free = (np.arange(1 << n) & uncovered) == 0
        free[0] = False
        sign = -1 if uncovered.bit_count() % 2 else 1
        groups = int(free.sum())
        covers += sign * families(np.array([groups + 1]), max_groups + 1)[0]
        for task in range(n):
            mine = np.flatnonzero(free & inside[:, task])
            if len(mine):
                order = mine[np.argsort(-chosen_on[mine, task], kind="stable")]
                worse = groups - np.arange(len(mine))
                total += sign * float(families(worse, max_groups) @ reported[order, task])
    return float(total / n / covers)


def families(size: NDArray[np.int64], max_groups: int) -> Floats:
    """How many families of at most ``max_groups`` groups hold one given group and otherwise any of ``size`` − 1."""
    counts: Floats = np.sum([comb(size - 1, others) for others in range(max_groups)], axis=0, dtype=np.float64)
    return counts
