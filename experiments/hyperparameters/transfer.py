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


def of_estimates(name: str, estimates: Mapping[str, Estimate], truths: Mapping[str, Truth]) -> Iterator[Row]:
    """Of each seed's estimate at each setting, judged by the truth at each setting."""
    for at, estimate in estimates.items():
        for seed in estimate.seeds:
            for groups, grouping in chosen(estimate.scores(seed)).items():
                case: Row = {"estimator": name, "at": at, "estimate_seed": seed, "groups": groups}
                for judged_at, truth in truths.items():
                    for truth_seed, regret in zip(truth.seeds, regrets(grouping, groups, truth), strict=True):
                        yield case | {
                            "judged_at": judged_at,
                            "truth_seed": truth_seed,
                            "regret": float(regret),
                            "grouping": str(grouping),
                        }


def of_truths(truths: Mapping[str, Truth]) -> Iterator[Row]:
    """Of the optimum itself: chosen on validation of all seeds but one at one setting, judged by that one at each."""
    for at, truth in truths.items():
        for i, seed in enumerate(truth.seeds):
            others = np.delete(truth.gains["val"], i, axis=0).mean(axis=0)
            for groups, grouping in chosen(DenseScores(truth.tasks, others)).items():
                case: Row = {"estimator": TRUTH, "at": at, "estimate_seed": -1, "groups": groups}
                for judged_at, judge in truths.items():
                    regret = float(regrets(grouping, groups, judge)[i])
                    found: Row = {"judged_at": judged_at, "truth_seed": seed, "regret": regret}
                    yield case | found | {"grouping": str(grouping)}


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
