"""Which selector a request gets, and its selections for every budget asked for."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from distgroup.errors import RequestError
from distgroup.grouping import group_text
from distgroup.networks import NetworkScores
from distgroup.scores import DENSE_LIMIT, GroupScores
from distgroup.selectors import AnySelector, BudgetSelector, Exact, Greedy, Milp, NetworkSelection, Selection, Selector

MOST_ROWS = 1000

Limits = tuple[int | None, ...]


def parse_limits(text: str | None) -> Limits:
    """``3`` or ``1..6``; nothing leaves the number to the selector. Raises RequestError on anything else."""
    if text is None:
        return (None,)
    first, dots, last = text.partition("..")
    if not (first.isdecimal() and (last if dots else first).isdecimal()):
        raise RequestError(f"--max-groups: {text!r} is neither a number, e.g. 3, nor a range, e.g. 1..6")
    low, high = int(first), int(last or first)
    if not 1 <= low <= high:
        raise RequestError(f"--max-groups: {text!r}: at least 1 group is needed, and a range must rise")
    if high - low >= MOST_ROWS:
        raise RequestError(f"--max-groups: {text!r} asks for {high - low + 1:,} rows; at most {MOST_ROWS:,} are given")
    return tuple(range(low, high + 1))


def check_budget(max_cost: float | None) -> None:
    """Raises RequestError unless it is none, or a positive number."""
    if max_cost is not None and not (isfinite(max_cost) and max_cost > 0):
        raise RequestError(f"--budget: {max_cost:g}: a positive, finite number is needed")


def parse_selector(text: str) -> Selector:
    """A kind, ``greedy``, or a kind with options, ``{kind: greedy, rounds: 5}``. Raises RequestError otherwise."""
    adapter: TypeAdapter[Any] = TypeAdapter(AnySelector)
    try:
        given = yaml.safe_load(text)
        selector: Selector = adapter.validate_python(given if isinstance(given, dict) else {"kind": given})
    except (yaml.YAMLError, ValidationError) as error:
        raise RequestError(f"--selector: {text!r}: {_said(error)}") from error
    return selector


def default_selector(scores: GroupScores, max_cost: float | None) -> Selector:
    """One that proves its answer (exact; milp for long or priced lists), except for large matrices: greedy."""
    if isinstance(scores, NetworkScores):
        priced = max_cost is not None or len(set(scores.groups)) < len(scores.groups)
        return Milp() if priced or len(scores.tasks) > DENSE_LIMIT else Exact()
    return Exact() if len(scores.tasks) <= DENSE_LIMIT else Greedy()


def as_disjoint(selector: Selector) -> Selector:
    """The selector with partitions only. One without that option makes partitions anyway."""
    return selector.model_copy(update={"disjoint": True}) if hasattr(selector, "disjoint") else selector


def selections(
    selector: Selector, scores: GroupScores, limits: Limits, max_cost: float | None
) -> list[NetworkSelection]:
    """One for each limit. Raises RequestError as the selector does, and if it cannot heed ``max_cost``."""
    return [as_networks(scores, selection) for selection in _selections(selector, scores, limits, max_cost)]


def as_networks(scores: GroupScores, selection: Selection) -> NetworkSelection:
    """By the networks of the list that are the groups chosen; from a matrix a group is called by its tasks, for 1.

    Raises RequestError where two networks of the list are such a group.
    """
    if isinstance(selection, NetworkSelection):
        return selection
    groups = selection.grouping.groups
    names, cost = {group: group_text(group) for group in groups}, float(len(groups))
    if isinstance(scores, NetworkScores):
        rows = [scores.row_of(group) for group in groups]
        names, cost = {scores.groups[row]: scores.names[row] for row in rows}, float(scores.costs[rows].sum())
    return NetworkSelection(
        selection.grouping,
        selection.serves,
        selection.total,
        selection.optimal,
        selection.bound,
        network_of={task: names[group] for task, group in selection.serves.items()},
        cost=cost,
    )


def _selections(selector: Selector, scores: GroupScores, limits: Limits, max_cost: float | None) -> Sequence[Selection]:
    if isinstance(selector, BudgetSelector):
        return [selector.select(scores, limit, max_cost) for limit in limits]
    if max_cost is not None:
        limits = _priced(selector, scores, limits, max_cost)
    if isinstance(selector, Exact) and len(limits) > 1:
        return _in_one_pass(selector, scores, [limit for limit in limits if limit is not None])
    return [selector.select(scores, limit) for limit in limits]


def _in_one_pass(selector: Exact, scores: GroupScores, limits: list[int]) -> list[Selection]:
    # The smallest first: it is the one that may be impossible, and says so.
    selector.select(scores, limits[0])
    each = selector.select_each(scores, limits[-1])
    most = min(limits[-1], len(scores.tasks))
    return [each[min(limit, most) - most - 1] for limit in limits]


def _priced(selector: Selector, scores: GroupScores, limits: Limits, max_cost: float) -> Limits:
    """Where every group costs 1, the cost is a number of groups."""
    if isinstance(scores, NetworkScores) and (scores.costs != 1).any():
        raise RequestError(f"--budget: selector {selector.kind} does not know costs; use milp or greedy")
    if max_cost < 1:
        raise RequestError(f"--budget: {max_cost:g} is less than 1, what a group costs")
    return tuple(int(max_cost) if limit is None else min(limit, int(max_cost)) for limit in limits)


def _said(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "this is not YAML"
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
