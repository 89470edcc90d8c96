"""The Pareto front of a search for more than one objective."""

import numpy as np
import pandas as pd

from distgroup.proposals import COLUMNS, DIRECTIONS
from distgroup.search import Objective


def front(trials: pd.DataFrame, objectives: tuple[Objective, ...]) -> pd.DataFrame:
    """The trials that are done, and that no other is as good as in every objective, on validation, and better in one.

    Best in the first objective first; of trials that are equal in all, the first. Empty with one objective.
    """
    done = trials[trials["status"] == "done"]
    if len(objectives) < 2:
        return done[:0]
    columns = [COLUMNS[objective] for objective in objectives]
    signs = np.array([1.0 if DIRECTIONS[objective] == "minimize" else -1.0 for objective in objectives])
    known = done.dropna(subset=columns).drop_duplicates(columns)
    costs = known[columns].to_numpy(dtype=float) * signs
    worse = (costs[None] <= costs[:, None]).all(axis=2) & (costs[None] < costs[:, None]).any(axis=2)
    on = ~worse.any(axis=1)
    return known[on].iloc[np.lexsort(costs[on].T[::-1])]
