"""How near to the best a grouping can come that uses a given group."""

import numpy as np

from distgroup.estimators.estimate import Floats
from distgroup.selectors.subsets import best_superset, best_union, subsets


def shortfall(values: Floats) -> Floats:
    """By how much Δm of the best cover that uses each group falls short of the best cover of as many groups; [2^tasks].

    At the number of groups where that is least. With f_k(S) the best total of tasks S by k groups, U all tasks:
    T_k(G) = max over ∅ ≠ B ⊆ G of Σ_{t∈B} values[G, t] + f_{k−1}(U − B), and f_k(U) − T_k(G) the shortfall for k.
    ``values`` [2^tasks, tasks] is 0 outside a group and −inf in groups that are out; their shortfall is inf.
    """
    n = values.shape[1]
    everything = (1 << n) - 1
    block, best = best_superset(values), [np.where(np.arange(1 << n) == 0, 0.0, -np.inf)]
    for _ in range(n):
        best.append(best_union(block, best[-1]))
    totals = np.array(best)
    short = np.full(1 << n, np.inf)
    for group in range(1, 1 << n):
        if np.isfinite(values[group]).all():
            parts = subsets(group)[1:]
            worth = (parts[:, None] >> np.arange(n) & 1) @ values[group]
            using = (worth + totals[:-1, everything ^ parts]).max(axis=1)
            possible = np.isfinite(using)
            short[group] = (totals[1:, everything][possible] - using[possible]).min() / n
    return short
