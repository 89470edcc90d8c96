"""Networks chosen from a list by greedy additions, swaps and seeded restarts."""

from math import inf

import numpy as np
from numpy.typing import NDArray

from distgroup.networks import NetworkScores
from distgroup.scores import Floats
from distgroup.selectors.budget import Budget


def cover_search(scores: NetworkScores, budget: Budget, rounds: int, seed: int) -> list[int] | None:
    """Rows of ``scores`` that cover every task within the budget, or None where the search finds no cover.

    What the open networks give, each task from the best of them, is monotone and submodular in the set that is open:
    opening each time the one that adds most gets (1 − 1/e) of the most that so many can add to a floor below every
    score (Nemhauser, Wolsey & Fisher 1978). Where there is a budget of cost it is the most per cost, and the bound does
    not hold. Then networks are swapped while that gains, and each round throws out a random half and refills.
    """
    search = _Search(scores, budget)
    rng = np.random.default_rng(seed)
    best = search.swapped(search.filled([]))
    for _ in range(rounds):
        kept = [row for row in best if rng.random() < 0.5]
        found = search.swapped(search.filled(kept))
        if search.total(found) > search.total(best):
            best = found
    return best if search.covers(best) else None


class _Search:
    """The scores with a floor in place of what a network cannot serve: so low that covering comes first."""

    def __init__(self, scores: NetworkScores, budget: Budget) -> None:
        self.usable = scores.inside & (scores.values > -inf)
        high = np.where(self.usable, scores.values, -inf).max(axis=0)
        low = np.where(self.usable, scores.values, inf).min(axis=0)
        spread = (high - low).sum(where=low < inf) + 1.0
        self.floor = np.where(low < inf, low, 0.0) - spread
        self.worth = np.where(self.usable, scores.values, self.floor)
        self.costs, self.budget = scores.costs, budget
        self.weights: Floats = scores.costs if budget.cost < inf else np.ones(len(scores.costs))

    def allowed(self, chosen: list[int]) -> NDArray[np.bool_]:
        left = self.budget.cost - self.costs[chosen].sum()
        within: NDArray[np.bool_] = self.costs <= left * (1 + 1e-12)
        return within & (len(chosen) < self.budget.groups)

    def given(self, chosen: list[int]) -> Floats:
        given: Floats = np.maximum(self.worth[chosen].max(axis=0, initial=-inf), self.floor)
        return given

    def total(self, chosen: list[int]) -> float:
        return float(self.given(chosen).sum())

    def covers(self, chosen: list[int]) -> bool:
        return bool(self.usable[chosen].any(axis=0).all())

    def filled(self, chosen: list[int]) -> list[int]:
        """Opened one after another, the one that adds most, while that adds anything."""
        given = self.given(chosen)
        while True:
            gains = np.where(self.allowed(chosen), np.maximum(self.worth - given, 0.0).sum(axis=1) / self.weights, 0.0)
            best = int(gains.argmax())
            if gains[best] <= 0:
                return chosen
            chosen = [*chosen, best]
            given = np.maximum(given, self.worth[best])

    def swapped(self, chosen: list[int]) -> list[int]:
        """The best swap each time, filled up where it leaves room, while that gains."""
        total = self.total(chosen)
        while chosen:
            _, into, out = max(self._best_swap(chosen, out) for out in chosen)
            found = self.filled([*(row for row in chosen if row != out), into])
            reached = self.total(found)
            if reached <= total + 1e-12 * abs(total):
                break
            chosen, total = found, reached
        return chosen

    def _best_swap(self, chosen: list[int], out: int) -> tuple[float, int, int]:
        rest = [row for row in chosen if row != out]
        totals = np.where(self.allowed(rest), np.maximum(self.worth, self.given(rest)).sum(axis=1), -inf)
        best = int(totals.argmax())
        return float(totals[best]), best, out
