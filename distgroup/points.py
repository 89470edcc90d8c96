"""Points of the search space: which dimensions each meets, and what it stands for.

Some dimensions exist only under others: `regroup_every` with the update rule `selective`, an estimator where a grouping
is made before training, an estimator's options with that estimator. `walk` states this once, for samplers and grids.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from distgroup.choice import Baseline, Choice
from distgroup.space import Candidate, Dimension, Range, Space, label

Pick = Callable[[str, Dimension], Any]
"""Takes a value of a dimension: its name, and the values that there are."""


def walk(space: Space, pick: Pick) -> dict[str, Any]:
    """One point of the space, dimension by dimension: the name and value of each that exists there."""
    point: dict[str, Any] = {}

    def take(name: str, dimension: Dimension) -> Any:
        point[name] = pick(name, plain(dimension))
        return point[name]

    selective = take("update", space.update) == "selective"
    if not selective or take("regroup_every", space.regroup_every) == "never":
        name = take("estimator", space.estimator)
        for option, dimension in candidates(space)[name].searched.items():
            take(f"{name}.{option}", dimension)
    take("num_groups", space.num_groups)
    take("selector", space.selector)
    return point | walk_hyperparameters(space, pick)


def walk_hyperparameters(space: Space, pick: Pick) -> dict[str, Any]:
    """The dimensions that are there whatever else is chosen."""
    return {name: pick(name, plain(values)) for name, values in space.hyperparameters.items()}


def plain(dimension: Dimension) -> Dimension:
    """A range, or the labels of a list."""
    return dimension if isinstance(dimension, Range) else tuple(label(entry) for entry in dimension)


def candidates(space: Space) -> dict[str, Candidate]:
    """The space's estimators by name."""
    return {candidate.name: candidate for candidate in space.estimator}


def combinations(walked: Callable[[Pick], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every point whose picks are entries of lists, once; ranges are left out of them."""
    path: list[int] = []
    while True:
        sizes: list[int] = []

        def pick(_name: str, dimension: Dimension, sizes: list[int] = sizes) -> Any:
            if isinstance(dimension, Range):
                return None
            if len(sizes) == len(path):
                path.append(0)
            sizes.append(len(dimension))
            return dimension[path[len(sizes) - 1]]

        yield {name: value for name, value in walked(pick).items() if value is not None}
        while path and path[-1] == sizes[len(path) - 1] - 1:
            path.pop()
        if not path:
            return
        path[-1] += 1


def choose(space: Space, point: Mapping[str, Any]) -> Choice:
    """What a point of the whole space stands for."""
    number, name = point["num_groups"], point.get("estimator")
    return Choice(
        point["update"],
        candidates(space)[name].having(_options(space, name, point)) if name else None,
        None if number == "auto" else number,
        _entry(space.selector, point["selector"]),
        point.get("regroup_every", "never"),
        _hyperparameters(space, point),
    )


def choose_baseline(space: Space, baseline: Baseline, point: Mapping[str, Any], tasks: int) -> Choice:
    """What a point of the hyperparameters alone stands for, with a baseline's grouping."""
    number = 1 if baseline == "all_in_one" else tasks
    return Choice("separate", None, number, None, "never", _hyperparameters(space, point), baseline)


def _options(space: Space, name: str, point: Mapping[str, Any]) -> dict[str, Any]:
    searched = candidates(space)[name].searched
    return {option: _entry(values, point[f"{name}.{option}"]) for option, values in searched.items()}


def _hyperparameters(space: Space, point: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _entry(values, point[name]) for name, values in space.hyperparameters.items()}


def _entry(dimension: Dimension, value: Any) -> Any:
    """The alternative of that label; of a range, the value itself."""
    if isinstance(dimension, Range):
        return value
    return next(entry for entry in dimension if label(entry) == value)
