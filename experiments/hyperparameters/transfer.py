"""What is chosen at one setting, judged at every setting: regret on test, one row a seed of the truth."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from distgroup.estimators.estimate import Estimate
from distgroup.grouping import Grouping
from distgroup.scores import DenseScores, GroupScores, membership
from distgroup.selectors import Exact
from distgroup.truth import Truth, correlation

Row = dict[str, str | int | float]

GROUPS = {"2": 2, "3": 3, "any": None}
"""At most so many groups; None leaves the number to the selector."""

TRUTH = "truth"
"""Stands in column `estimator` for the measured gains of the other seeds."""


def chosen(scores: GroupScores) -> dict[str, Grouping]:
    """The best cover by these scores, for each number of groups."""
    best = Exact().select_each(scores, None)
    return {groups: best[min(most or len(best), len(best)) - 1].grouping for groups, most in GROUPS.items()}


def regrets(grouping: Grouping, groups: str, truth: Truth) -> NDArray[np.float64]:
    """For each seed of the truth; the optimum is the one chosen on validation of all its seeds."""
    best = truth.delta_m(truth.optimum(GROUPS[groups]), "test")
    return best - truth.delta_m(grouping, "test")


def floor(groups: str, truth: Truth) -> float:
    """Regret of the mean partition into at most so many groups."""
    most = GROUPS[groups] or len(truth.tasks)
    best = truth.delta_m(truth.optimum(most), "test").mean()
    return float(best - truth.mean_partition_delta_m(most))


def judged(grouping: Grouping, groups: str, truth: Truth) -> Iterator[Row]:
    """One row a seed of the truth; ``share`` is of what the mean partition loses there."""
    mean_loss = floor(groups, truth)
    for seed, regret in zip(truth.seeds, regrets(grouping, groups, truth), strict=True):
        yield {"truth_seed": seed, "regret": float(regret), "share": float(regret / mean_loss)}


def of_estimates(name: str, estimates: Mapping[str, Estimate], truths: Mapping[str, Truth]) -> Iterator[Row]:
    """Of each seed's estimate at each setting, judged by the truth at each setting."""
    for at, estimate in estimates.items():
        for seed in estimate.seeds:
            for groups, grouping in chosen(estimate.scores(seed)).items():
                case: Row = {"estimator": name, "at": at, "estimate_seed": seed, "groups": groups}
                for judged_at, truth in truths.items():
                    for found in judged(grouping, groups, truth):
                        yield case | {"judged_at": judged_at, "grouping": str(grouping)} | found


def of_truths(truths: Mapping[str, Truth]) -> Iterator[Row]:
    """Of the optimum itself: chosen on validation of all seeds but one at one setting, judged by that one at each."""
    for at, truth in truths.items():
        for i in range(len(truth.seeds)):
            others = np.delete(truth.gains["val"], i, axis=0).mean(axis=0)
            for groups, grouping in chosen(DenseScores(truth.tasks, others)).items():
                case: Row = {"estimator": TRUTH, "at": at, "estimate_seed": -1, "groups": groups}
                for judged_at, judge in truths.items():
                    found = list(judged(grouping, groups, judge))[i]
                    yield case | {"judged_at": judged_at, "grouping": str(grouping)} | found


def worths(truth: Truth) -> Iterator[Row]:
    """Δm on test, mean over seeds: of all-in-one, of the mean partition, of the optima that regret is measured from."""
    yield {"grouping": "all in one", "delta_m": float(truth.delta_m(truth.all_in_one, "test").mean())}
    for groups, most in GROUPS.items():
        best = float(truth.delta_m(truth.optimum(most), "test").mean())
        yield {"grouping": f"mean partition, {groups}", "delta_m": best - floor(groups, truth)}
        yield {"grouping": f"optimum, {groups}", "delta_m": best}


def agreement(a: Truth, b: Truth) -> float:
    """Spearman of the test gains of two truths over (group, task), |group| ≥ 2, between disjoint halves of the seeds.

    Of a truth with itself this is its noise ceiling.
    """
    inside = membership(len(a.tasks))
    shared = inside & (inside.sum(axis=1, keepdims=True) > 1)
    every = range(len(a.seeds))
    found = []
    for first in combinations(every, len(a.seeds) // 2):
        for second in combinations(sorted(set(every) - set(first)), len(first)):
            halves = (t.gains["test"][list(half)].mean(axis=0)[shared] for t, half in ((a, first), (b, second)))
            found.append(correlation(*halves))
    return float(np.mean(found))
