"""Every point of the conditional space once, and no dimension outside its condition."""

from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distgroup.points import choose, combinations, walk
from distgroup.selectors import Exact
from distgroup.space import Range, Space

LISTS = {
    "update": ["separate", "selective"],
    "estimator": ["random", {"kind": "lookahead", "every": [5, 20]}],
    "num_groups": [2, "auto"],
    "regroup_every": ["never", 1, 10],
    "selector": ["exact", "greedy"],
    "hyperparameters": {"training.optimizer.lr": [0.1, 0.2]},
}


def by_hand(space: Space) -> list[dict]:
    """Every assignment to every dimension, cut to those that exist, each once."""
    names = [candidate.name for candidate in space.estimator]
    options = {
        f"{candidate.name}.{option}": values
        for candidate in space.estimator
        for option, values in candidate.searched.items()
    }
    axes = {
        "update": space.update,
        "regroup_every": space.regroup_every,
        "estimator": names,
        "num_groups": space.num_groups,
        "selector": [selector.kind for selector in space.selector],
        **options,
        **space.hyperparameters,
    }
    found = {}
    for values in product(*axes.values()):
        point = dict(zip(axes, values, strict=True))
        if point["update"] == "separate":
            del point["regroup_every"]
        if point.get("regroup_every", "never") != "never":
            del point["estimator"]
        own = f"{point.get('estimator')}."
        point = {name: value for name, value in point.items() if name not in options or name.startswith(own)}
        found[tuple(sorted(point.items(), key=str))] = point
    return list(found.values())


@st.composite
def spaces(draw):
    def some(values):
        return draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique_by=str))

    return Space(
        update=some(["separate", "selective"]),
        estimator=some(["random", {"kind": "lookahead", "every": [5, 20]}, {"kind": "low_fidelity", "seeds": [1, 2]}]),
        num_groups=some([1, 2, "auto"]),
        regroup_every=some(["never", 1, 10]),
        selector=some(["exact", "greedy"]),
        hyperparameters={key: [1, 2] for key in some(["training.steps", "training.batch_size"])},
    )


@given(spaces())
def test_combinations_are_those_of_brute_force_each_once(space):
    found = list(combinations(partial(walk, space)))
    key = lambda point: sorted(map(str, point.items()))  # noqa: E731
    assert sorted(found, key=key) == sorted(by_hand(space), key=key)


@given(spaces(), st.randoms(use_true_random=False))
def test_a_walk_meets_no_dimension_outside_its_condition(space, rng):
    met = []

    def pick(name, dimension):
        met.append(name)
        return rng.choice(dimension)

    point = walk(space, pick)
    assert met == list(point) == list(dict.fromkeys(met))
    assert ("regroup_every" in point) == (point["update"] == "selective")
    assert ("estimator" in point) == (point.get("regroup_every", "never") == "never")
    estimator = point.get("estimator")
    searched = {candidate.name: candidate.searched for candidate in space.estimator}.get(estimator, {})
    assert {name for name in point if "." in name and not name.startswith("training.")} == {
        f"{estimator}.{option}" for option in searched
    }


def test_a_small_space_counted():
    """Separate and selective kept: 3 estimates × 2 numbers × 2 selectors × 2 rates each; adaptive: 2 × 2 × 2 × 2."""
    assert len(list(combinations(partial(walk, Space(**LISTS))))) == 24 + 24 + 16


def test_ranges_are_left_out_of_combinations():
    space = Space(estimator=["random"], num_groups=[1, 2], hyperparameters={"training.steps": {"low": 5, "high": 9}})
    found = list(combinations(partial(walk, space)))
    assert len(found) == 2
    assert not any("training.steps" in point for point in found)


@pytest.mark.parametrize("space", [Space(**LISTS), Space(estimator=[{"kind": "lookahead", "every": [5, 20]}])])
def test_what_a_point_stands_for(space):
    for point in combinations(partial(walk, space)):
        choice = choose(space, point)
        assert choice.update == point["update"]
        assert choice.adaptive == (point.get("regroup_every", "never") != "never")
        assert choice.num_groups == (None if point["num_groups"] == "auto" else point["num_groups"])
        assert isinstance(choice.selector, Exact) == (point["selector"] == "exact")
        if choice.estimator is None:
            assert choice.adaptive
        elif choice.estimator.kind == "lookahead":
            assert choice.estimator.every == next(value for name, value in point.items() if name.endswith(".every"))
        assert dict(choice.hyperparameters) == {name: point[name] for name in space.hyperparameters}


def test_a_hyperparameter_that_is_a_list_comes_back_as_one():
    space = Space(estimator=["random"], hyperparameters={"model.encoder.widths": [[8], [16, 16]]})
    found = [choose(space, point).hyperparameters for point in combinations(partial(walk, space))]
    assert [list(values["model.encoder.widths"]) for values in found] == [[8], [16, 16]]


def test_a_range_says_what_it_holds():
    assert Range(low=1, high=5).whole
    assert not Range(low=1, high=5.5).whole
    with pytest.raises(ValueError, match="low must be less than high"):
        Range(low=2, high=2)
    with pytest.raises(ValueError, match="positive where log"):
        Range(low=0, high=2, log=True)
