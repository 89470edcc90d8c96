"""Settings of training and model that trials choose: dotted keys, put in place of the spec's own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from distgroup.errors import RequestError
from distgroup.training.problem import Problem
from distgroup.training.settings import Training


def applied(problem: Problem, values: Mapping[str, Any]) -> Problem:
    """The problem with these settings, by keys such as ``training.optimizer.lr`` and ``model.encoder.widths``.

    Raises RequestError for a key that there is not, or a value that it does not allow.
    """
    if not values:
        return problem
    content = {
        "training": problem.training.model_dump(mode="json"),
        "model": {"encoder": problem.encoder.model_dump(mode="json")},
    }
    for key, value in values.items():
        put(content, key, value, "search.space.hyperparameters")
    try:
        encoder = type(problem.encoder).model_validate(content["model"]["encoder"])
        return replace(problem, training=Training.model_validate(content["training"]), encoder=encoder)
    except ValidationError as error:
        first = error.errors()[0]
        raise RequestError(
            f"search.space.hyperparameters: {', '.join(values)}: found {first['input']!r}; {first['msg']}"
        ) from None


def put(content: dict[str, Any], key: str, value: Any, field: str) -> None:
    """Replace what stands at a dotted key. Raises RequestError, naming ``field`` of the spec, if nothing does."""
    *front, last = key.split(".")
    at: Any = content
    for part in front:
        at = at.get(part) if isinstance(at, dict) else None
    if not isinstance(at, dict) or last not in at:
        allowed = ", ".join(sorted(_keys(content)))
        raise RequestError(f"{field}: unknown key {key!r}; allowed: {allowed}")
    at[last] = value


def _keys(content: Mapping[str, Any], prefix: str = "") -> list[str]:
    """All dotted keys."""
    found = []
    for name, value in content.items():
        found += [f"{prefix}{name}", *(_keys(value, f"{prefix}{name}.") if isinstance(value, dict) else [])]
    return found
