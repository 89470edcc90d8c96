"""What the truth says of an estimate: regret of the grouping chosen, and agreement of the scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from distgroup.grouping import Grouping
from distgroup.scores import GroupScores, membership
from distgroup.selectors import Exact
from distgroup.truth import Truth

Floats = NDArray[np.float64]

GROUPS = {"2": 2, "3": 3, "auto": None}
"""At most so many groups; None leaves the number to the selector."""

ORDERS = ("all", "pairs", "larger")


@dataclass(frozen=True)
class Prediction:
    """Predicted scores, what the grouping chosen by them gains, and which tasks they warn of."""

    delta_m: dict[str, Floats]
    """On test, for each number of groups; [seeds of the truth]."""
    values: dict[str, Floats]
    """For groups of each order, flat over (group, task)."""
    warned: NDArray[np.bool_]
    """Is the task predicted to fare worse than alone? Flat over all (group, task)."""

    @classmethod
    def of(cls, scores: GroupScores, truth: Truth) -> "Prediction":
        dense = scores.dense()
        where = orders(len(scores.tasks))
        warned = (dense < scores.pairwise().diagonal())[where["all"]]
        best = Exact().select_each(scores, None)
        delta_m = {k: truth.delta_m(best[(most or len(best)) - 1].grouping, "test") for k, most in GROUPS.items()}
        return cls(delta_m, {order: dense[where[order]] for order in ORDERS}, warned)


def orders(tasks: int) -> dict[str, NDArray[np.bool_]]:
    """Entries [subset, task] of the groups of two and more, of pairs, and of larger ones."""
    inside = membership(tasks)
    size = inside.sum(axis=1, keepdims=True)
    return {"all": inside & (size > 1), "pairs": inside & (size == 2), "larger": inside & (size > 2)}


class Sample:
    """The truth of some seeds, by position; a seed may occur twice. What is best is chosen on val of all seeds."""

    def __init__(self, truth: Truth, seeds: NDArray[np.intp]) -> None:
        self.truth, self.seeds = truth, seeds
        gains = truth.gains["test"][seeds].mean(axis=0)
        where = orders(len(truth.tasks))
        self.gains = {order: gains[where[order]] for order in ORDERS}
        self.ranks = {order: rankdata(self.gains[order]) for order in ORDERS}
        base = self._delta_m(truth.all_in_one)
        self.best = {name: self._delta_m(truth.optimum(most)) for name, most in GROUPS.items()}
        self.gap = {name: best - base for name, best in self.best.items()}

    def measures(self, prediction: Prediction) -> dict[str, float]:
        found = {}
        for name, each in prediction.delta_m.items():
            got = float(each[self.seeds].mean())
            found |= {f"delta_m_{name}": got, f"regret_{name}": self.best[name] - got, f"gap_{name}": self.gap[name]}
        for order, values in prediction.values.items():
            found[f"spearman_{order}"] = correlation(rankdata(values), self.ranks[order])
            found[f"pearson_{order}"] = correlation(values, self.gains[order])
        harmed, warned = self.gains["all"] < 0, prediction.warned
        hits = float((harmed & warned).sum())
        found["precision"] = hits / warned.sum() if warned.any() else np.nan
        found["recall"] = hits / harmed.sum() if harmed.any() else np.nan
        return found | {"harmed": float(harmed.mean())}

    def _delta_m(self, grouping: Grouping) -> float:
        return float(self.truth.delta_m(grouping, "test")[self.seeds].mean())


def correlation(x: Floats, y: Floats) -> float:
    """Pearson's; NaN if either is constant."""
    x, y = x - x.mean(), y - y.mean()
    scale = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / scale) if scale > 1e-12 * len(x) else float("nan")
