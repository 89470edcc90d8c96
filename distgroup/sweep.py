"""The points of a sweep: a spec for every combination of what it crosses."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from distgroup.errors import RequestError
from distgroup.explain import explain
from distgroup.hyperparameters import put
from distgroup.results.trials import point_key
from distgroup.spec import Spec, placed
from distgroup.training.problem import Problem
from distgroup.update import Update

SWEPT = ("seeds", "model", "training", "gain")


@dataclass(frozen=True)
class Point:
    """One combination of a sweep, its data loaded; a run without a sweep has one."""

    spec: Spec
    problem: Problem

    @property
    def update(self) -> tuple[Update, ...]:
        """The rules to enumerate."""
        return self.spec.ground_truth.update if self.spec.ground_truth else ()

    @property
    def key(self) -> str:
        """Names the point in the tables."""
        return point_key(self.problem, self.spec.seeds)


def points(spec: Spec, path: Path) -> list[Spec]:
    """One spec a combination, the first key's alternatives outermost; the spec itself if it sweeps nothing.

    ``path`` is the spec's own, for messages and for the files beside it. Raises RequestError for a key that is not to
    be swept, or a value that is not allowed there.
    """
    return list(_points(spec, path))


def _points(spec: Spec, path: Path) -> Iterator[Spec]:
    content = spec.model_dump(mode="json")
    axes: dict[str, list[Any]] = {name: values for name, values in content.pop("sweep").items() if values}
    for values in product(*axes.values()):
        changed = _changed(spec, path, dict(zip(axes, values, strict=True)))
        try:
            yield placed(Spec.model_validate(changed), path.parent)
        except ValidationError as error:
            raise RequestError(f"{explain(path, error, Spec, changed)} (in a point of sweep)") from None


def _changed(spec: Spec, path: Path, values: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = spec.model_dump(mode="json", exclude={"sweep"})
    for key, value in values.items():
        if key != "taskset" and key.split(".")[0] not in SWEPT:
            allowed = ", ".join(SWEPT)
            raise RequestError(f"{path}: sweep: unknown key {key!r}; allowed: taskset, and dotted keys of {allowed}")
        put(content, "data" if key == "taskset" else key, value, f"{path}: sweep")
    return content
