"""What can be known to be wrong with a spec before anything is trained."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from distgroup.encoders import stackable
from distgroup.enumerable import check_enumerable
from distgroup.errors import RequestError
from distgroup.hyperparameters import applied
from distgroup.proposals import arms, trials_of
from distgroup.scores import DENSE_LIMIT
from distgroup.selectors import Exact
from distgroup.space import Dimension, Range, examples
from distgroup.spec import Spec
from distgroup.sweep import Point, points
from distgroup.tasks.taskset import TaskSet
from distgroup.training.problem import Problem


def checked(spec: Spec, path: Path) -> list[Point]:
    """The points of a spec that was read from ``path``, their data loaded, and all of them found to be right.

    Points that share their data share the task set. Raises RequestError.
    """
    loaded: dict[str, TaskSet] = {}
    specs, found = points(spec, path), []
    for number, each in enumerate(specs, start=1):
        data = each.data.model_dump_json()
        if data not in loaded:
            loaded[data] = each.data.load(path.parent)
        try:
            point = Point(each, Problem(loaded[data], each.model.encoder, each.training, each.gain))
            check(point)
        except RequestError as error:
            where = f" (point {number} of the sweep)" if len(specs) > 1 else ""
            raise RequestError(f"{path}: {error}{where}") from None
        found.append(point)
    return found


def check(point: Point) -> None:
    """Raise RequestError, naming the spec's field, for what no run can do, or would do in vain."""
    stackable(point.problem.encoder)
    for update in point.update:
        check_enumerable(point.problem, len(point.spec.seeds), update)
    for one in CHECKS:
        one(point)


def _hyperparameters(point: Point) -> None:
    for key, dimension in point.spec.search.space.hyperparameters.items():
        for value in examples(dimension):
            applied(point.problem, {key: value})


def _regret(point: Point) -> None:
    search = point.spec.search
    if "regret" not in search.objectives:
        return
    if search.space.hyperparameters:
        raise RequestError(
            "search.objectives: regret is against the enumerated truth, and with search.space.hyperparameters trials "
            "are trained otherwise than it was; use delta_m"
        )
    if lacking := [update for update in search.space.update if update not in point.update]:
        raise RequestError(
            f"search.objectives: regret needs ground_truth.update to hold every rule of search.space.update; "
            f"{lacking[0]} is not there; add it, or use delta_m"
        )


def _baselines(point: Point) -> None:
    search = point.spec.search
    if search.baselines == "equal_budget" and search.space.update != ("separate",):
        raise RequestError(
            f"search.baselines: equal_budget compares groupings trained by rule separate; search.space.update is "
            f"{', '.join(search.space.update)}; make it [separate], or leave baselines out"
        )


def _pruner(point: Point) -> None:
    search = point.spec.search
    if search.pruner and search.objectives != ("delta_m",):
        raise RequestError(
            f"search.pruner: stops trials by their Δm so far; search.objectives is {', '.join(search.objectives)}; "
            "make it [delta_m], or leave the pruner out"
        )


def _grid(point: Point) -> None:
    """A grid over ranges alone would be one trial."""
    search = point.spec.search
    if search.sampler.kind != "grid":
        return
    for arm in arms(search, len(point.problem.task_set.tasks)):
        ranges = list(_ranges(arm.walked))
        if ranges and trials_of(search.model_copy(update={"trials": 2}), arm) == 1:
            raise RequestError(
                f"search.sampler: grid tries every combination of the lists once, and takes one value of each range; "
                f"with {', '.join(ranges)} alone to vary that is 1 trial{arm.name and f' of {arm.name}'}; list values "
                "there, or use tpe or random"
            )


def _ranges(walked: Callable[[Callable[[str, Dimension], Any]], Any]) -> Iterator[str]:
    met: list[str] = []

    def pick(name: str, dimension: Dimension) -> Any:
        if isinstance(dimension, Range):
            met.append(name)
            return dimension.low
        return dimension[0]

    walked(pick)
    yield from met


def _exact(point: Point) -> None:
    n = len(point.problem.task_set.tasks)
    if n > DENSE_LIMIT and any(isinstance(selector, Exact) for selector in point.spec.search.space.selector):
        raise RequestError(
            f"search.space.selector: exact stops at {DENSE_LIMIT} tasks, and there are {n}; use greedy, or a clustering"
        )


CHECKS = (_hyperparameters, _regret, _baselines, _pruner, _grid, _exact)
