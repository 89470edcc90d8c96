"""The mixed-integer programs of choosing networks, and HiGHS to solve them."""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from distgroup.scores import Floats
from distgroup.selectors.budget import Budget

UNIT = 1e3
"""What the largest difference between scores is scaled to: HiGHS stops at a gap of 1e-6, whatever the scale."""

OPTIMAL, INFEASIBLE = 0, 2
"""What scipy says of a program that HiGHS is done with; anything else proves nothing."""

ROUNDING = 1e-9
"""By how much, relative to the budget, costs may be over it."""


@dataclass(frozen=True)
class Program:
    """Maximise ``offset`` + ``objective`` @ v over v in [0, 1], its first ``networks`` entries 0 or 1."""

    offset: float
    objective: Floats
    networks: int
    shares: Floats
    """Of the budget, that each network costs; HiGHS allows 1e-6 too much, so that they are looked at again."""
    constraints: list[LinearConstraint]

    @classmethod
    def cover(cls, worth: Floats, costs: Floats, budget: Budget) -> "Program":
        """Each task served by one chosen network; ``worth`` [networks, tasks] is −inf where it cannot be."""
        count = len(worth)
        network, task = np.nonzero(worth > -inf)
        pair = np.arange(len(network))
        best = np.nan_to_num(worth.max(axis=0), neginf=0.0)
        one = np.ones(len(pair))
        shares = _shares(costs, budget)
        served = sparse.csr_array((one, (task, count + pair)), shape=(worth.shape[1], count + len(pair)))
        linked = sparse.csr_array(
            (np.concatenate([one, -one]), (np.tile(pair, 2), np.concatenate([count + pair, network]))),
            shape=(len(pair), count + len(pair)),
        )
        return cls(
            float(best.sum()),
            np.concatenate([np.zeros(count), worth[network, task] - best[task]]),
            count,
            shares,
            [LinearConstraint(served, 1, 1), LinearConstraint(linked, -inf, 0), *_within(shares, len(pair), budget)],
        )

    @classmethod
    def partition(cls, inside: NDArray[np.bool_], sums: Floats, costs: Floats, budget: Budget) -> "Program":
        """Each task in one chosen network; ``inside`` [networks, tasks], ``sums`` what each network's tasks score."""
        held = sparse.csr_array(inside.T.astype(float))
        shares = _shares(costs, budget)
        return cls(0.0, sums, len(sums), shares, [LinearConstraint(held, 1, 1), *_within(shares, 0, budget)])

    @classmethod
    def lightest(cls, inside: NDArray[np.bool_], weights: Floats, costs: Floats, budget: Budget) -> "Program":
        """The networks of least weight that hold every task."""
        held = sparse.csr_array(inside.T.astype(float))
        shares = _shares(costs, budget)
        return cls(0.0, -weights, len(weights), shares, [LinearConstraint(held, 1, inf), *_within(shares, 0, budget)])


@dataclass(frozen=True)
class Solved:
    """``chosen``: positions of networks within the budget, None if none were found.

    ``done``: proven optimal, or proven impossible.
    """

    chosen: NDArray[np.intp] | None
    bound: float
    done: bool


def solve(program: Program, time_limit: float) -> Solved:
    """By HiGHS, to a gap of zero up to the scale's rounding or until ``time_limit`` seconds have passed."""
    scale = UNIT / max(float(np.abs(program.objective).max(initial=0.0)), 1e-300)
    whole = np.arange(len(program.objective)) < program.networks
    result = milp(
        -program.objective * scale,
        integrality=whole.astype(int),
        bounds=Bounds(0, 1),
        constraints=program.constraints,
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    bound = result.get("mip_dual_bound")
    chosen = None if result.x is None else np.flatnonzero(result.x[: program.networks] > 0.5)
    reached = inf if bound is None else program.offset - float(bound) / scale
    if result.status == INFEASIBLE:
        return Solved(None, inf, True)
    if chosen is not None and program.shares[chosen].sum() > 1 + ROUNDING:
        return Solved(None, reached, False)
    return Solved(chosen, reached, result.status == OPTIMAL)


def _shares(costs: Floats, budget: Budget) -> Floats:
    """Capped at twice the budget, which is as impossible as more, and a number that HiGHS takes."""
    shares: Floats = np.minimum(costs / budget.cost, 2.0)
    return shares


def _within(shares: Floats, pairs: int, budget: Budget) -> list[LinearConstraint]:
    def limit(weights: Floats, most: float) -> LinearConstraint:
        return LinearConstraint(np.concatenate([weights, np.zeros(pairs)])[None], -inf, most)

    return [limit(np.ones(len(shares)), budget.groups), *([] if budget.cost == inf else [limit(shares, 1.0)])]
