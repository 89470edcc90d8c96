"""What a point's trials under one update rule found."""

from dataclasses import dataclass

import pandas as pd

from distgroup.errors import RequestError
from distgroup.results.report.enumerated import TABLES, Enumerated
from distgroup.results.report.methods import best, canonical
from distgroup.results.store import Store
from distgroup.update import Update

METHOD_COLUMNS = {
    "trial_id": "trial_id",
    "method": "method",
    "num_groups": "num_groups",
    "grouping": "grouping",
    "settings": "settings",
    "delta_m_test": "delta_m",
    "delta_m_test_sd": "delta_m_sd",
    "regret_test": "regret",
    "gap_closed_test": "gap_closed",
    "spearman": "spearman",
    "cost_steps": "spent_steps",
    "cost_seconds": "spent_seconds",
}
"""Columns of table `trials` and of a section's `methods`."""


@dataclass(frozen=True)
class Section:
    """``methods``, best first: of each, the trial with the largest Δm on validation, and `METHOD_COLUMNS` of it.

    Beside these gap_closed_se; the number of trials; cost and cost_steps, of estimating alone, and share, of all that
    the trial took, as shares of enumerating (cost and share in seconds); NaN where nothing was enumerated.
    """

    update: Update
    methods: pd.DataFrame
    by_number: pd.DataFrame
    """Regret on test by method (rows) and num_groups (columns); Δm on test where there is no regret."""
    references: pd.DataFrame
    """Columns reference, grouping, delta_m, delta_m_sd; none where nothing was enumerated."""
    enumerated: Enumerated | None

    @property
    def measure(self) -> str:
        """What ``by_number`` holds."""
        return "delta_m" if self.methods["regret"].isna().all() else "regret"


def section(store: Store, update: Update, trials: pd.DataFrame, seeds: tuple[int, ...], *, truth: bool) -> Section:
    """Of the trials of a point under one rule, of which ``truth`` says whether it was enumerated.

    Raises RequestError if parts of the ground truth are missing.
    """
    digest = trials["spec_hash"].iloc[0]
    enumerated = _enumerated(store, update, digest, seeds) if truth else None
    methods = _methods(trials, _spent(store, digest, seeds), enumerated)
    each = best(trials, ["method", "num_groups"])
    measure = "delta_m_test" if each["regret_test"].isna().all() else "regret_test"
    numbers = {int(number) for number in each["num_groups"] if number not in ("auto", "1")}
    references = enumerated.references(update, sorted(numbers)) if enumerated else pd.DataFrame()
    by_number = each.set_index(["method", "num_groups"])[measure].unstack()
    return Section(update, methods, by_number, references, enumerated)


def _enumerated(store: Store, update: Update, digest: str, seeds: tuple[int, ...]) -> Enumerated:
    rows = store.read(TABLES[update][0])
    try:
        return Enumerated.from_table(rows[(rows["spec_hash"] == digest) & rows["seed"].isin(seeds)], update, seeds)
    except ValueError as error:
        raise RequestError(f"{store}: the run is not complete: {error}; go on with --resume") from None


def _spent(store: Store, digest: str, seeds: tuple[int, ...]) -> pd.DataFrame:
    """What each estimator's estimates cost with each of its options, over all seeds."""
    key, costs = ["estimator", "options", "seed"], ["cost_steps", "cost_seconds"]
    rows = pd.concat([store.read(table)[["spec_hash", *key, *costs]] for table in ("affinities", "predictions")])
    own = rows[(rows["spec_hash"] == digest) & rows["seed"].isin(seeds)].copy()
    own["options"] = own["options"].map(canonical)
    return own.drop_duplicates(key).groupby(key[:2])[costs].sum()


def _methods(trials: pd.DataFrame, spent: pd.DataFrame, enumerated: Enumerated | None) -> pd.DataFrame:
    chosen = best(trials, ["method"])
    found = chosen.rename(columns=METHOD_COLUMNS)
    whole = (enumerated.seconds, enumerated.steps) if enumerated else (float("nan"), float("nan"))
    estimated = spent.reindex(pd.MultiIndex.from_frame(found[["estimator", "options"]]))
    found["cost"] = estimated["cost_seconds"].to_numpy() / whole[0]
    found["cost_steps"] = estimated["cost_steps"].to_numpy() / whole[1]
    found["share"] = found["spent_seconds"] / whole[0]
    found["gap_closed_se"] = [
        enumerated.gap_closed_error(row.grouping, row.num_groups) if enumerated and _looked_up(row) else float("nan")
        for row in found.itertuples()
    ]
    found["trials"] = found["method"].map(trials.loc[trials["status"] == "done", "method"].value_counts())
    columns = [*METHOD_COLUMNS.values(), "gap_closed_se", "cost", "cost_steps", "share", "trials"]
    return found[columns].sort_values("delta_m", ascending=False, ignore_index=True, kind="stable")


def _looked_up(row: object) -> bool:
    """Is the Δm of this trial that of its grouping in the truth?"""
    return getattr(row, "regroup_every", "never") in (None, "never") and not getattr(row, "settings", "")
