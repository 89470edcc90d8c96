"""A request as the command line puts it, and its answers."""

import sys
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

from distgroup.errors import RequestError
from distgroup.grouping import Grouping
from distgroup.scores import DENSE_LIMIT, GroupScores
from distgroup.selection.answer import Answer
from distgroup.selection.choice import (
    as_disjoint,
    check_budget,
    default_selector,
    parse_limits,
    parse_selector,
    selections,
)
from distgroup.selection.listing import read_networks
from distgroup.selection.matrix import Singleton, read_affinity
from distgroup.selection.reported import report_total
from distgroup.selectors import Exact, Selector
from distgroup.selectors.exact import exact_memory
from distgroup.spread import Rule

SAID_FROM = 14
"""Tasks, up to as many as `Exact` takes, for which it says how much there is to do."""


@dataclass(frozen=True)
class Request:
    """The options of `distgroup select`, by their names there."""

    table: Path
    affinity: bool
    max_groups: str | None
    budget: float | None
    lower_is_better: bool
    disjoint: bool
    singleton: str | None
    selector: str | None
    choose_on: Rule
    report: Path | None
    all_optima: bool

    def answers(self) -> list[Answer]:
        """One for each number of groups asked for. Raises RequestError if the tables or the options cannot be used."""
        limits = parse_limits(self.max_groups)
        check_budget(self.budget)
        scores = self._read(self.table, self.choose_on)
        other = None if self.report is None else self._read(self.report, "mean")
        selector = self._selector(scores)
        try:
            chosen = selections(selector, scores, limits, self.budget)
            optima = [self._optima(selector, scores, limit) for limit in limits]
        except RequestError as error:
            raise RequestError(f"{self.table}: {error}") from error
        reported = [
            None if self.report is None or other is None else report_total(self.report, other, selection)
            for selection in chosen
        ]
        return [
            Answer(selector.kind, limit, self.budget, selection, self.lower_is_better, total, found)
            for limit, selection, total, found in zip(limits, chosen, reported, optima, strict=True)
        ]

    def _read(self, path: Path, rule: Rule) -> GroupScores:
        if self.affinity:
            return read_affinity(path, parse_singleton(self.singleton or "never"), self.lower_is_better)
        if self.singleton is not None:
            raise RequestError(
                f"--singleton {self.singleton}: only a matrix (--affinity) leaves open what a task scores alone"
            )
        return read_networks(path, self.lower_is_better, rule)

    def _selector(self, scores: GroupScores) -> Selector:
        selector = parse_selector(self.selector) if self.selector else default_selector(scores, self.budget)
        selector = as_disjoint(selector) if self.disjoint else selector
        n = len(scores.tasks)
        if isinstance(selector, Exact) and SAID_FROM <= n <= DENSE_LIMIT:
            print(f"exact: {n} tasks, {2**n - 1:,} groups, about {exact_memory(n) / 2**20:,.0f} MiB", file=sys.stderr)
        return selector

    def _optima(self, selector: Selector, scores: GroupScores, limit: int | None) -> tuple[Grouping, ...] | None:
        if not self.all_optima:
            return None
        if not isinstance(selector, Exact) or self.budget is not None:
            raise RequestError(f"--all-optima: selector {selector.kind} finds one; exact, without --budget, lists all")
        return selector.all_optima(scores, limit)


def parse_singleton(text: str) -> Singleton:
    """``diagonal``, ``never`` or a number. Raises RequestError on anything else."""
    if text == "diagonal":
        return "diagonal"
    if text == "never":
        return "never"
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise RequestError(f"--singleton: {text!r} is neither diagonal, never, nor a number")
    return number
