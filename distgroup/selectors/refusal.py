"""What to say of a budget that no grouping fits: the least that would do."""

from dataclasses import replace
from math import inf

import numpy as np

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores
from distgroup.scores import Floats
from distgroup.selectors.budget import Budget
from distgroup.selectors.program import Program, solve

TIME_LIMIT = 20.0


def refusal(networks: NetworkScores, budget: Budget, disjoint: bool) -> RequestError:
    """The error for a ``budget`` that no cover (partition if ``disjoint``) fits."""
    kind = "partition" if disjoint else "cover"
    start = f"no {kind} of the {len(networks.tasks)} tasks by {budget}"
    free = replace(budget, groups=len(networks.tasks), cost=inf)
    cost = _least(networks, networks.costs, replace(budget, cost=inf), disjoint)
    groups = _least(networks, np.ones(len(networks.costs)), free, disjoint)
    if groups is None:
        return RequestError(f"{start}: the networks in the list allow none, however large the budget")
    if cost is None:
        return RequestError(f"{start}: {groups:g} networks are the least that would do")
    return RequestError(f"{start}: the least that would do costs {cost:g}")


def _least(networks: NetworkScores, weights: Floats, budget: Budget, disjoint: bool) -> float | None:
    usable = networks.inside & (networks.values > -inf)
    if disjoint:
        rows = np.flatnonzero((usable == networks.inside).all(axis=1))
        program = Program.partition(usable[rows], -weights[rows], networks.costs[rows], budget)
    else:
        rows = np.arange(len(weights))
        program = Program.lightest(usable, weights, networks.costs, budget)
    chosen = solve(program, TIME_LIMIT).chosen
    return None if chosen is None else float(weights[rows[chosen]].sum())
