"""What `train: {best: true}` trains: the trial that validation chose."""

import json
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from distgroup.choice import Choice
from distgroup.grouping import Grouping
from distgroup.hyperparameters import applied
from distgroup.location import Location
from distgroup.results.store import Store
from distgroup.results.trials import about
from distgroup.selectors import AnySelector
from distgroup.sweep import Point
from distgroup.trained import DESCRIPTION
from distgroup.training.assignment import Assignment
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive
from distgroup.trial import adaptive


def best_assignment(point: Point, trials: pd.DataFrame) -> Assignment | None:
    """The point's trial with the largest Δm on validation, to be trained once more; None if none has ended well."""
    comparable = about(point.problem, point.spec.seeds)
    own = trials[(trials[list(comparable)] == comparable).all(axis=1) & (trials["status"] == "done")]
    if own["delta_m_val"].isna().all():
        return None
    row = own.loc[own["delta_m_val"].idxmax()]
    params = json.loads(row["params"])
    problem = applied(point.problem, params["hyperparameters"])
    seed = point.spec.seeds[0] if point.spec.train.seed is None else point.spec.train.seed
    return Assignment(problem, row["update"], _grouping(problem, row["grouping"], params), seed)


def _grouping(problem: Problem, grouping: str, params: dict[str, Any]) -> Grouping | Adaptive:
    if params["regroup_every"] == "never":
        return Grouping.parse(grouping)
    return adaptive(
        problem,
        Choice(
            "selective",
            None,
            None if params["num_groups"] == "auto" else params["num_groups"],
            TypeAdapter(AnySelector).validate_python(params["selector"]),
            params["regroup_every"],
        ),
    )


def model_folder(point: Point, store: Store, *, alone: bool) -> Location:
    """Where the point's model goes."""
    return store.location / "model" if alone else store.location / "models" / point.key


def has_model(folder: Location) -> bool:
    """Was it trained and written? Its description is written last."""
    return (folder / DESCRIPTION).exists()
