"""`Milp`: the best networks of a list for a budget, as a mixed-integer program, with a proof of how good they are."""

from dataclasses import replace
from math import inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores
from distgroup.scores import Floats, GroupScores
from distgroup.selectors.base import BudgetSelector, NetworkSelection
from distgroup.selectors.budget import Budget
from distgroup.selectors.cover_search import cover_search
from distgroup.selectors.program import Program, solve
from distgroup.selectors.refusal import refusal
from distgroup.selectors.relaxation import relaxed_bound
from distgroup.selectors.served import serve_networks

RELAX_FROM = 200
MOST_SCORES = 150_000


class Milp(BudgetSelector):
    """The best cover, or partition if ``disjoint``, by networks within a number and a cost; solved by HiGHS.

    Maximise Σ score[j, t]·x[j, t] with y[j] ∈ {0, 1} (network j is trained) and x[j, t] ≥ 0 (it serves task t), where
    Σ_j x[j, t] = 1 for each task, x[j, t] ≤ y[j] for each pair (the tight form: Cornuéjols, Nemhauser & Wolsey 1990),
    Σ y[j] ≤ groups and Σ cost[j]·y[j] ≤ cost. A partition needs no x: Σ over the networks j with t of y[j] = 1.
    Networks that no optimum can hold, by the relaxed bound and the total that greedy reaches, are left out first, then
    those that another one dominates: no dearer, and no worse for any task.

    ``time_limit`` is in seconds. Where it strikes, the best found is returned with the bound proven so far.
    """

    kind: Literal["milp"] = "milp"
    disjoint: bool = False
    time_limit: PositiveFloat = 60.0

    def select(self, scores: GroupScores, max_groups: int | None, max_cost: float | None = None) -> NetworkSelection:
        """The optimum; its total is proven to about 1e-9 of the largest difference between scores.

        Raises RequestError where nothing fits the budget (it says the least that does), where the time limit struck
        before anything was found, and for more than 150,000 scores.
        """
        networks = _networks(scores)
        budget = Budget.of(networks, max_groups, max_cost)
        if self.disjoint:
            return self._partition(networks, budget)
        return self._cover(networks, budget)

    def _cover(self, networks: NetworkScores, budget: Budget) -> NetworkSelection:
        worth = np.nan_to_num(networks.values, nan=-inf, neginf=-inf)
        start = cover_search(networks, budget, rounds=10 if len(worth) >= RELAX_FROM else 0, seed=0)
        rows, bound = np.arange(len(worth)), inf
        reached = -inf if start is None else _total(worth, start)
        if start is not None and len(worth) >= RELAX_FROM:
            relaxed = relaxed_bound(worth, networks.costs, budget, reached)
            bound = relaxed.total
            rows = np.flatnonzero(relaxed.with_network >= reached - 1e-9 * abs(reached))
            rows = np.union1d(_undominated(worth, networks.costs, rows), start)
        solved = solve(Program.cover(worth[rows], networks.costs[rows], budget), self.time_limit)
        found = [] if solved.chosen is None else rows[solved.chosen].tolist()
        if start is not None and (not found or _total(worth, found) < reached):
            found = start
        done = solved.done and (solved.chosen is not None or start is None)
        return self._proven(networks, budget, found, min(bound, solved.bound), done)

    def _partition(self, networks: NetworkScores, budget: Budget) -> NetworkSelection:
        sums = networks.values.sum(axis=1, where=networks.inside)
        rows = np.flatnonzero(sums > -inf)
        program = Program.partition(networks.inside[rows], sums[rows], networks.costs[rows], budget)
        solved = solve(program, self.time_limit)
        found = [] if solved.chosen is None else rows[solved.chosen].tolist()
        return self._proven(networks, budget, found, solved.bound, solved.done)

    def _proven(
        self, networks: NetworkScores, budget: Budget, found: list[int], bound: float, done: bool
    ) -> NetworkSelection:
        if found:
            served = serve_networks(networks, found, optimal=done)
            return replace(served, bound=served.total if done else max(served.total, bound))
        if done:
            raise refusal(networks, budget, self.disjoint)
        raise RequestError(
            f"selector milp: nothing found that fits the budget within time_limit {self.time_limit:g} s: "
            "allow more, or use greedy"
        )


def _networks(scores: GroupScores) -> NetworkScores:
    n = len(scores.tasks)
    size = int(scores.inside.sum()) if isinstance(scores, NetworkScores) else n << (n - 1)
    if size > MOST_SCORES:
        raise RequestError(
            f"selector milp stops at {MOST_SCORES:,} scores of a task in a network: here are {size:,.0f} of {n} tasks. "
            "Use exact up to 16 tasks, greedy beyond, or a shorter list of networks"
        )
    return scores if isinstance(scores, NetworkScores) else NetworkScores.of_table(scores)


def _total(worth: Floats, rows: list[int]) -> float:
    return float(worth[rows].max(axis=0).sum())


def _undominated(worth: Floats, costs: Floats, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those rows for which no other is as good for every task and no dearer; of equals the first."""
    kept: list[int] = []
    usable = worth[rows] > -inf
    sums = worth[rows].sum(axis=1, where=usable)
    for row in rows[np.lexsort((rows, -sums, costs[rows], -usable.sum(axis=1)))].tolist():
        better = (worth[kept] >= worth[row]).all(axis=1) & (costs[kept] <= costs[row])
        if not better.any():
            kept.append(row)
    return np.array(sorted(kept), dtype=np.intp)
