"""Searches replayed over the table: nothing is trained, a trial is a look-up. Trials to the target, and best so far."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pandas as pd
from grid import CONTENDERS, GROUPS, SELECTORS

from distgroup.choice import Choice
from distgroup.proposals import Proposals
from distgroup.search import Search

Point = tuple[str, str, str]
"""Estimator, number of groups, selector, as the table calls them."""

SAMPLERS = ("tpe", "random", "grid", "nsga2")

BLIND = ("random", "grid")
"""These do not look at what they are told: one search is the same over every table."""

SPACE = {
    "estimator": [
        *("random", "label_similarity", "gradient_cosine", "lookahead", "first_order", "pairwise"),
        "successive_halving",
        {"kind": "samplewise", "distance": ["l1", "sign_disagreement", "cosine"]},
        {"kind": "proximal", "credit": ["corrected", "as_released"]},
        {"kind": "low_fidelity", "fraction": [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0]},
    ],
    "num_groups": GROUPS,
    "selector": [selector.model_dump() for selector in SELECTORS.values()],
}
"""As a spec would say it: an estimator's options are dimensions that exist only with that estimator."""

_ESTIMATOR = {estimator: label for label, estimator in CONTENDERS.items()}
_SELECTOR = {selector: label for label, selector in SELECTORS.items()}


def point_of(choice: Choice) -> Point:
    return _ESTIMATOR[choice.estimator], str(choice.num_groups or "auto"), _SELECTOR[choice.selector]


def values_of(table: pd.DataFrame) -> dict[Point, float]:
    """Δm on validation of every point of one task set, as the searches see it."""
    return table.set_index(["estimator", "num_groups", "selector"])["delta_m_val"].to_dict()


def search(values: Mapping[Point, float], sampler: str, seed: int, trials: int) -> list[float]:
    """Δm on validation of each trial, in order; a point proposed again is a trial again."""
    asked = blind(sampler, seed, trials) if sampler in BLIND else proposed(values.__getitem__, sampler, seed, trials)
    return [values[point] for point in asked]


@cache
def blind(sampler: str, seed: int, trials: int) -> list[Point]:
    return proposed(lambda _: 0.0, sampler, seed, trials)


def proposed(worth: Callable[[Point], float], sampler: str, seed: int, trials: int) -> list[Point]:
    """The points of one search, each told what it is worth."""
    asked = Search.model_validate({"trials": trials, "sampler": {"kind": sampler, "seed": seed}, "space": SPACE})
    proposals, found = Proposals(asked, tasks=2), []  # the number of tasks matters to baselines alone
    while (proposal := proposals.ask()) is not None:
        found.append(point_of(proposal.choice))
        proposals.tell(proposal.number, [worth(found[-1])])
    return found


def improvements(found: list[float]) -> Iterator[dict[str, Any]]:
    """The trials, counted from 1, that were better than all before."""
    best = float("-inf")
    for number, value in enumerate(found, start=1):
        if value > best:
            best = value
            yield {"trial": number, "delta_m_val": value}
