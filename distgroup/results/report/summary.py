"""What a run found, from its tables alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd

from distgroup.errors import RequestError
from distgroup.results.report.front import front
from distgroup.results.report.labels import labels
from distgroup.results.report.methods import with_methods
from distgroup.results.report.overall import POINT, overall
from distgroup.results.report.section import Section, section
from distgroup.results.store import Store
from distgroup.search import Objective
from distgroup.update import Update


@dataclass(frozen=True)
class PointSummary:
    """One point of a sweep, or all of a run without one."""

    taskset: str
    label: str
    """What tells it from the other points."""
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    trials: pd.DataFrame
    """Its rows of table `trials`, with columns `method`, `options`, `settings`."""
    ceilings: Mapping[Update, float]
    """Noise ceiling of each rule that was enumerated."""
    objectives: tuple[Objective, ...]
    error: str | None
    """Why it could not be enumerated."""

    @property
    def front(self) -> pd.DataFrame:
        """The trials on the Pareto front; none with one objective."""
        return front(self.trials, self.objectives)

    def count(self, status: str) -> int:
        """Trials that ended so."""
        return int((self.trials["status"] == status).sum())


@dataclass(frozen=True)
class Summary:
    """All points; ``sections``, one an update rule, where there is but one, or one was asked for."""

    points: tuple[PointSummary, ...]
    sections: tuple[Section, ...]
    overall: pd.DataFrame
    """See `overall`."""
    failed: pd.DataFrame
    """Columns taskset, label, method (`ground truth` where a point could not be enumerated), error."""

    @property
    def succeeded(self) -> bool:
        """Has every point trials, and at least one of them each that is done?"""
        return all(point.error is None and point.count("done") for point in self.points)


def summarise(store: Store, only: int | None = None) -> Summary:
    """Read the tables under an output folder; with ``only``, those of one point, counted from 1.

    Raises RequestError if a run has not got so far yet, or has no such point.
    """
    trials = store.read("trials")
    if trials.empty:
        raise RequestError(f"{store}: no finished run there: table trials has no rows")
    points = _points(store, trials)
    if only is not None:
        if not 1 <= only <= len(points):
            raise RequestError(f"{store}: found point {only}; allowed: 1 to {len(points)}")
        points = points[only - 1 : only]
    sections = _sections(store, points[0]) if len(points) == 1 else ()
    every = pd.concat([point.trials for point in points])
    return Summary(tuple(points), sections, overall(every), _failed(points))


def _points(store: Store, trials: pd.DataFrame) -> list[PointSummary]:
    known = {tuple(row[name] for name in POINT): row for row in store.read("points").to_dict("records")}
    optima = store.read("optima")
    tried = with_methods(trials)
    keys = list(dict.fromkeys(zip(trials["spec_hash"], trials["seeds"], strict=True)))
    names = _labels(keys, known, trials)
    found = []
    for key, label in zip(keys, names, strict=True):
        row = known.get(key, {})
        own, lost = _of(trials, key), _of(trials[trials["params"].isna()], key)
        found.append(
            PointSummary(
                taskset=str(own["taskset"].iloc[0]),
                label=label,
                tasks=tuple(row.get("tasks", "").split("+")) if row else (),
                seeds=tuple(int(seed) for seed in key[1].split()),
                trials=_of(tried, key),
                ceilings=_of(optima, key).groupby("update", sort=True)["noise_ceiling"].first().to_dict(),
                objectives=tuple(row.get("objectives", "delta_m").split()),
                error=None if lost.empty else str(lost["error"].iloc[0]),
            )
        )
    return found


def _of(rows: pd.DataFrame, key: tuple[str, str]) -> pd.DataFrame:
    """The rows of one point."""
    return rows[(rows["spec_hash"] == key[0]) & (rows["seeds"] == key[1])]


def _labels(keys: list[tuple[str, str]], known: Mapping[Any, Mapping[str, Any]], trials: pd.DataFrame) -> list[str]:
    """Settings that vary, but for the data, which the task set's name stands for; the hash where that is not enough."""
    settings: list[dict[str, Any]] = []
    for key in keys:
        content = json.loads(known[key]["settings"]) if key in known else {}
        settings.append({name: value for name, value in content.items() if name != "data"} | {"seeds": key[1]})
    said = labels(settings)
    names = [_of(trials, key)["taskset"].iloc[0] for key in keys]
    whole = list(zip(names, said, strict=True))
    return [
        text if whole.count(one) == 1 else f"{text} {key[0][:6]}".strip()
        for text, one, key in zip(said, whole, keys, strict=True)
    ]


def _sections(store: Store, point: PointSummary) -> tuple[Section, ...]:
    """One a rule that the point's trials tried."""
    own = [(update, point.trials[point.trials["update"] == update]) for update in get_args(Update)]
    return tuple(
        section(store, update, trials, point.seeds, truth=update in point.ceilings)
        for update, trials in own
        if not trials.empty
    )


def _failed(points: list[PointSummary]) -> pd.DataFrame:
    columns = ["taskset", "label", "method", "error"]
    rows = [[point.taskset, point.label, "ground truth", point.error] for point in points if point.error is not None]
    for point in points:
        lost = point.trials[point.trials["status"] == "failed"]
        rows += [[point.taskset, point.label, *each] for each in lost[["method", "error"]].itertuples(index=False)]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)
