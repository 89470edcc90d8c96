"""The search space of a spec: its dimensions, what their alternatives are called, and what a proposal stands for."""

from collections.abc import Sequence
from math import prod
from typing import Any

from distgroup.estimators import AnyEstimator
from distgroup.selectors import AnySelector
from distgroup.spec import Search, Space
from distgroup.trial import Choice


def choices(options: Sequence[AnyEstimator | AnySelector]) -> dict[str, Any]:
    """The alternatives by name: the kind, or all options as JSON where they are not the defaults."""
    return {_name(option): option for option in options}


def _name(option: AnyEstimator | AnySelector) -> str:
    return option.model_dump_json() if option.model_dump(exclude_defaults=True) else option.kind


def alternatives(space: Space) -> dict[str, list[Any]]:
    """Every dimension of the space with the names of its alternatives."""
    return {
        "update": list(space.update),
        "estimator": list(choices(space.estimator)),
        "num_groups": list(space.num_groups),
        "selector": list(choices(space.selector)),
    }


def choose(space: Space, config: dict[str, Any]) -> Choice:
    """What a configuration of such names stands for."""
    number = config["num_groups"]
    return Choice(
        config["update"],
        choices(space.estimator)[config["estimator"]],
        None if number == "auto" else number,
        choices(space.selector)[config["selector"]],
    )


def number_of_trials(search: Search) -> int:
    """As many as asked for; of a grid, not more than it has."""
    size = prod(len(values) for values in alternatives(search.space).values())
    return min(search.trials, size) if search.sampler.kind == "grid" else search.trials
