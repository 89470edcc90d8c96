"""What a trial tried, in a word or two; and the trial that validation chooses among those of a method."""

import json
from typing import Any

import pandas as pd

MOST_OPTIONS = 5
"""An estimator tried with more choices of options than this is one method, not one a choice."""

BASELINES = {"all_in_one": "all-in-one, searched", "single_task": "single-task, searched"}


def with_methods(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that say what they tried, with columns `method`, `options` (the estimator's, as JSON), `settings`."""
    found = trials[trials["params"].notna()].copy()
    params = found["params"].map(json.loads)
    found["options"] = params.map(_options)
    found["settings"] = params.map(lambda tried: _shown(tried.get("hyperparameters", {})))
    tried = found.groupby("estimator")["options"].nunique()
    found["method"] = [_method(row, tried) for row in found.to_dict("records")]
    return found


def best(trials: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Of the trials that are done, the one with the largest Δm on validation for each value of the columns ``by``.

    Of several, the one of the least cost, then the first.
    """
    done = trials[(trials["status"] == "done") & trials["delta_m_val"].notna()]
    order = done.sort_values(["delta_m_val", "cost_steps", "trial_id"], ascending=[False, True, True])
    return order.drop_duplicates(by).sort_values(by)


def canonical(options: str) -> str:
    """Options as JSON, in one order."""
    return json.dumps(json.loads(options), sort_keys=True)


def _options(params: dict[str, Any]) -> str:
    """A trial's estimator without its kind, as in the tables of estimates."""
    estimator = params["estimator"] or {}
    return json.dumps({name: value for name, value in estimator.items() if name != "kind"}, sort_keys=True)


def _method(row: dict[str, Any], tried: "pd.Series[int]") -> str:
    """The estimator, with its options where it was tried with several; what else made the grouping, otherwise."""
    if row["baseline"] in BASELINES:
        return BASELINES[row["baseline"]]
    if row["regroup_every"] not in (None, "never"):
        return f"adaptive, every {row['regroup_every']}"
    estimator = str(row["estimator"])
    if not 1 < tried[estimator] <= MOST_OPTIONS:
        return estimator
    return f"{estimator} {_shown(json.loads(row['options']))}".strip()


def _shown(options: dict[str, Any]) -> str:
    return " ".join(f"{name}={_rounded(value)}" for name, value in options.items())


def _rounded(value: Any) -> Any:
    return f"{value:.3g}" if isinstance(value, float) else value
