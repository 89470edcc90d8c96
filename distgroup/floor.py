"""The random floor of covers: the mean Δm over all covers by at most k groups, exactly, without listing them.

Six tasks have 63 groups, hence 7·10⁶ families of four; but by inclusion and exclusion over the tasks left uncovered, a
family counts by where its best group for each task stands, and that is a binomial coefficient.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from distgroup.scores import membership

Floats = NDArray[np.float64]


def mean_cover_delta_m(chosen_on: Floats, reported: Floats, max_groups: int) -> Floats:
    """Mean Δm over all covers by at most 1, 2, … ``max_groups`` distinct groups, shape [max_groups].

    Each task is served by the group of the cover that is best for it on ``chosen_on``, and its gain there is looked up
    in ``reported``; both [2^tasks, tasks].
    """
    n = chosen_on.shape[1]
    masks, inside = np.arange(1 << n), membership(n)
    with_one = families(masks, max_groups)
    best_first = [
        np.flatnonzero(inside[:, t])[np.argsort(-chosen_on[inside[:, t], t], kind="stable")] for t in range(n)
    ]
    total, covers = np.zeros(max_groups), np.zeros(max_groups)
    for uncovered in range(1 << n):
        sign = -1 if uncovered.bit_count() % 2 else 1
        groups = (1 << n - uncovered.bit_count()) - 1
        covers += sign * families(np.array([groups + 1]), max_groups + 1)[1:, 0]
        for task, order in enumerate(best_first):
            mine = order[order & uncovered == 0]
            total += sign * with_one[:, groups - np.arange(len(mine))] @ reported[mine, task]
    mean: Floats = total / n / covers
    return mean


def families(size: NDArray[np.int64], max_groups: int) -> Floats:
    """How many families of at most 1, 2, … ``max_groups`` groups hold one given group and others of ``size`` − 1.

    Shape [max_groups, sizes]; 0 for a size of 0.
    """
    others = np.arange(max_groups)[:, None]
    counts: Floats = np.cumsum(comb(np.maximum(size - 1, 0), others) * (size > 0), axis=0)
    return counts
