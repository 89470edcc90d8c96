"""Noisy truths with a known answer: `subsets` tables whose true gains are drawn, not trained."""

import numpy as np
import pandas as pd

from distgroup.grouping import group_of, group_text, members

TASKS = ("a", "b", "c", "d", "e", "f")


def truth(rng: np.random.Generator, higher: float) -> np.ndarray:
    """True gains [2^n, n]: pairwise effects, and for each subset a part of its own, ``higher`` times as large."""
    n = len(TASKS)
    effect = rng.normal(0, 0.03, (n, n))
    gains = np.zeros((1 << n, n))
    for mask in range(1, 1 << n):
        inside = members(mask)
        for t in inside:
            others = [s for s in inside if s != t]
            if others:
                gains[mask, t] = effect[others, t].mean() + higher * rng.normal(0, 0.03) / np.sqrt(len(others))
    return gains


def subsets(gains: np.ndarray, seeds: int, noise: float, rng: np.random.Generator) -> pd.DataFrame:
    """A table as training would leave it: a network's luck is common to val and test, each split adds its own."""
    rows = []
    for seed in range(seeds):
        for mask in range(1, len(gains)):
            inside = members(mask)
            luck = {split: rng.normal(0, noise / 2, len(TASKS)) for split in ("val", "test")}
            network = rng.normal(0, noise, len(TASKS))
            for split, own in luck.items():
                for t in inside:
                    value = gains[mask, t] + (network[t] + own[t] if len(inside) > 1 else 0.0)
                    rows.append((seed, group_text(group_of(mask, TASKS)), TASKS[t], split, value))
    return pd.DataFrame(rows, columns=["seed", "subset", "task", "split", "gain"])
