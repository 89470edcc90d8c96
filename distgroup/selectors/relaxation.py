"""An upper bound on what a budget can buy from a list of networks, and which networks no optimum can hold."""

from dataclasses import dataclass

import numpy as np

from distgroup.scores import Floats
from distgroup.selectors.budget import Budget

STEPS = 600


@dataclass(frozen=True)
class Bound:
    total: float
    """No cover within the budget has a larger total."""
    with_network: Floats
    """Nor any cover that holds this network, shape [networks]."""


def relaxed_bound(worth: Floats, costs: Floats, budget: Budget, reached: float) -> Bound:
    """The Lagrangian bound, "each task is served once" relaxed with a price λ_t for each task.

    Σ_t λ_t + the best networks within the budget, network j worth ρ_j = Σ_t max(0, worth[j, t] − λ_t), is a bound for
    every λ; it is minimised by subgradient steps of Polyak's length towards ``reached``, a total known to be possible
    (Held, Wolfe & Crowder 1974; Beasley 1993 for networks as locations). Its minimum is that of the linear relaxation.

    ``worth`` has shape [networks, tasks], −inf for tasks that a network cannot serve.
    """
    price = worth.max(axis=0)
    best = _at(worth, costs, budget, price)
    length = 1.0
    since = 0
    direction = np.zeros_like(price)
    for _ in range(STEPS):
        bound = _at(worth, costs, budget, price)
        if bound.total < best.total:
            best, since = bound, 0
        else:
            since += 1
        if since > 20:
            length, since = length / 2, 0
        served = _served(worth, costs, budget, price)
        direction = 0.3 * direction + (1.0 - served)
        size = float(direction @ direction)
        if size == 0 or bound.total - reached <= 0:
            break
        price = price - length * (bound.total - reached) / size * direction
    return best


def _rho(worth: Floats, price: Floats) -> Floats:
    rho: Floats = np.maximum(worth - price, 0.0).sum(axis=1)
    return rho


def _served(worth: Floats, costs: Floats, budget: Budget, price: Floats) -> Floats:
    """How often each task is served by the networks that are bought at these prices."""
    rho = _rho(worth, price)
    share = np.zeros(len(rho))
    by_rho = np.argsort(-rho, kind="stable")[: budget.groups]
    by_density = np.argsort(-rho / costs, kind="stable")
    room = np.clip(budget.cost - (np.cumsum(costs[by_density]) - costs[by_density]), 0.0, costs[by_density])
    dense_share = room / costs[by_density]
    if rho[by_rho].sum() <= (rho[by_density] * dense_share).sum():
        share[by_rho] = 1.0
    else:
        share[by_density] = dense_share
    served: Floats = share @ (worth > price)
    return served


def _at(worth: Floats, costs: Floats, budget: Budget, price: Floats) -> Bound:
    rho = _rho(worth, price)
    falling = np.sort(rho)[::-1][: budget.groups]
    density = np.argsort(-rho / costs, kind="stable")
    spent = np.concatenate([[0.0], np.cumsum(costs[density])])
    bought = np.concatenate([[0.0], np.cumsum(rho[density])])
    total = min(falling.sum(), float(np.interp(budget.cost, spent, bought)))
    others = np.minimum(falling[:-1].sum(), np.interp(budget.cost - costs, spent, bought))
    return Bound(float(price.sum() + total), price.sum() + rho + others)
