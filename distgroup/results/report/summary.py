"""What a run found, from its tables alone: one row an estimator, and the references it stands between."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from distgroup.errors import RequestError
from distgroup.grouping import Grouping
from distgroup.results.store import Store
from distgroup.truth import Truth

ESTIMATOR_COLUMNS = [
    "estimator",
    "num_groups",
    "grouping",
    "delta_m",
    "delta_m_sd",
    "regret",
    "gap_closed",
    "gap_closed_se",
    "spearman",
    "cost",
    "cost_steps",
    "trials",
]


@dataclass(frozen=True)
class Summary:
    """``estimators`` and ``references`` as frames, best first; costs as shares of enumerating."""

    taskset: str
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    noise_ceiling: float
    """Spearman of the gains with themselves between halves of the seeds."""
    reachable: float
    """About what an estimator would score that knew the true gains."""
    networks: int
    enumeration_steps: int
    enumeration_seconds: float
    estimators: pd.DataFrame
    """`ESTIMATOR_COLUMNS`; cost is in seconds and cost_steps in network-steps, as shares of enumerating."""
    regrets: pd.DataFrame
    """Regret on test by estimator (rows) and num_groups (columns)."""
    references: pd.DataFrame
    """Columns reference, grouping, delta_m, delta_m_sd."""
    failed: pd.DataFrame
    """Columns estimator and error, of the trials that failed."""


def summarise(store: Store) -> Summary:
    """Read the tables under an output folder. Raises RequestError if a run has not got so far yet."""
    subsets, trials = store.read("subsets"), store.read("trials")
    if subsets.empty or trials.empty:
        raise RequestError(f"{store}: no finished run there (tables subsets and trials are needed)")
    tasks = tuple(sorted(subsets["task"].unique()))
    seeds = tuple(int(seed) for seed in sorted(subsets["seed"].unique()))
    try:
        truth = Truth.from_table(subsets, tasks, seeds)
    except ValueError as error:
        raise RequestError(f"{store}: the run is not complete: {error}; go on with --resume") from None
    networks = subsets.drop_duplicates(["seed", "subset"])
    steps, seconds = int(networks["steps"].sum()), float(networks["seconds"].sum())
    done = trials[trials["status"] == "done"].copy()
    done["options"] = done["params"].map(_options)
    tried = done.groupby("estimator")["options"].nunique()
    done["label"] = [_label(row.estimator, row.options, tried[row.estimator] == 1) for row in done.itertuples()]
    return Summary(
        taskset=str(subsets["taskset"].iloc[0]),
        tasks=tasks,
        seeds=seeds,
        noise_ceiling=truth.noise_ceiling,
        reachable=reachable(truth.noise_ceiling),
        networks=len(networks),
        enumeration_steps=steps,
        enumeration_seconds=seconds,
        estimators=_estimators(done, _spent(store), truth, steps, seconds),
        regrets=done.pivot_table(index="label", columns="num_groups", values="regret_test", aggfunc="min"),
        references=_references(done, truth),
        failed=trials.loc[trials["status"] == "failed", ["estimator", "error"]],
    )


def _spent(store: Store) -> pd.DataFrame:
    """What each estimator's estimates cost with each of its options, over all seeds."""
    columns = ["estimator", "options", "seed", "cost_steps", "cost_seconds"]
    rows = pd.concat([store.read(table)[columns] for table in ("affinities", "predictions")])
    rows["options"] = rows["options"].map(lambda text: _canonical(json.loads(text)))
    return rows.drop_duplicates(columns[:3]).groupby(columns[:2])[columns[3:]].sum()


def _canonical(options: dict[str, Any]) -> str:
    return json.dumps(options, sort_keys=True)


def _options(params: str) -> str:
    """A trial's estimator without its kind, as in the tables of estimates."""
    estimator = json.loads(params)["estimator"]
    return _canonical({name: value for name, value in estimator.items() if name != "kind"})


def _label(estimator: str, options: str, alone: bool) -> str:
    """The kind; where it was tried with several options, with them."""
    if alone:
        return estimator
    return f"{estimator} " + " ".join(f"{name}={value}" for name, value in json.loads(options).items())


def _estimators(done: pd.DataFrame, spent: pd.DataFrame, truth: Truth, steps: int, seconds: float) -> pd.DataFrame:
    rows = []
    for (estimator, options), own in done.groupby(["estimator", "options"], sort=True):
        best = own.loc[own["delta_m_val"].idxmax()]
        grouping = Grouping.parse(best["grouping"])
        limit = None if best["num_groups"] == "auto" else int(best["num_groups"])
        delta_m = truth.delta_m(grouping, "test")
        closed, closed_error = truth.gap_closed(grouping, limit)
        rows.append(
            {
                "estimator": own["label"].iloc[0],
                "num_groups": best["num_groups"],
                "grouping": best["grouping"],
                "delta_m": delta_m.mean(),
                "delta_m_sd": _spread(delta_m),
                "regret": best["regret_test"],
                "gap_closed": closed,
                "gap_closed_se": closed_error,
                "spearman": best["spearman"],
                "cost": spent.loc[(estimator, options), "cost_seconds"] / seconds,
                "cost_steps": spent.loc[(estimator, options), "cost_steps"] / steps,
                "trials": len(own),
            }
        )
    return pd.DataFrame(rows, columns=ESTIMATOR_COLUMNS).sort_values("delta_m", ascending=False, ignore_index=True)


def _references(done: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    numbers = sorted(int(number) for number in done["num_groups"].unique() if number not in ("auto", "1"))
    groupings = {"all-in-one": truth.all_in_one, "single-task": truth.singletons}
    groupings |= {f"optimum, {number} groups": truth.optimum(number) for number in numbers}
    groupings["optimum, any"] = truth.optimum(None)
    rows = []
    for name, grouping in groupings.items():
        delta_m = truth.delta_m(grouping, "test")
        rows.append(
            {"reference": name, "grouping": str(grouping), "delta_m": delta_m.mean(), "delta_m_sd": _spread(delta_m)}
        )
    return pd.DataFrame(rows)


def reachable(halves: float) -> float:
    """√(2r / (1 + r)): what the truth itself would correlate with the mean over all seeds, r between halves of them.

    Spearman–Brown, then its root; exact for Pearson's correlation, about right for Spearman's. NaN unless r > 0.
    """
    return float(np.sqrt(2 * halves / (1 + halves))) if halves > 0 else float("nan")


def _spread(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
