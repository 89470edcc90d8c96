"""The search space as it is written, and as the resolved spec writes it."""

import pytest
import yaml
from builders import spec_content
from pydantic import ValidationError

from distgroup.estimators import AnyEstimator, Lookahead, SuccessiveHalving
from distgroup.space import Candidate, Range, Space, examples, label
from distgroup.spec import Spec, load_spec

EVERY_KEY = {
    "ground_truth.update": ["separate", "selective"],
    "model.encoder": {"kind": "cnn", "shape": [1, 8, 16], "channels": [4], "widths": [8]},
    "search.batch": 4,
    "search.max_concurrent": 2,
    "search.objectives": ["delta_m", "cost", "regret"],
    "search.sampler": {"kind": "nsga2", "seed": 3, "population": 6},
    "search.baselines": "equal_budget",
    "search.space": {
        "update": ["separate", "selective"],
        "estimator": [
            "random",
            {"kind": "lookahead", "every": 5},
            {"kind": "lookahead", "every": [10, 20]},
            {"kind": "low_fidelity", "fraction": {"low": 0.1, "high": 0.5, "log": True}, "seeds": 2},
            {"kind": "successive_halving", "rungs": [{"at": 0.25, "keep": 0.1}]},
        ],
        "num_groups": [1, 2, "auto"],
        "regroup_every": ["never", 10],
        "selector": ["exact", {"kind": "exact", "disjoint": True}, "greedy"],
        "hyperparameters": {
            "training.optimizer.lr": {"low": 0.001, "high": 0.1, "log": True},
            "model.encoder.channels": [[4], [4, 8]],
        },
    },
    "sweep": {"taskset": [{"kind": "digits_pair", "tasks": ["ink"]}], "training.steps": [5, 10], "seeds": [[0], [1]]},
    "train": {"best": True, "seed": 7},
    "resources": {"cpus": 2, "gpus": 0.5},
}

PRUNED = {"search.pruner": {"kind": "median", "startup_trials": 3, "warm_up": 1}}


@pytest.mark.parametrize("changes", [EVERY_KEY, PRUNED, {"search.pruner": "median"}], ids=["all", "pruner", "short"])
def test_the_resolved_spec_is_an_equal_spec(changes, tmp_path):
    spec = Spec.model_validate(spec_content(changes))
    (tmp_path / "resolved.yaml").write_text(spec.to_yaml())
    again = load_spec(tmp_path / "resolved.yaml")
    assert again == spec
    assert again.to_yaml() == spec.to_yaml()


@pytest.mark.parametrize("kind", [model.model_fields["kind"].default for model in AnyEstimator.__args__])
def test_every_estimator_may_be_named_alone(kind):
    if kind == "python":
        pytest.skip("needs a path")
    (candidate,) = Space(estimator=[kind]).estimator
    assert candidate.name == candidate.estimator.kind == kind
    assert candidate.searched == {}


def of(written) -> Candidate:
    (candidate,) = Space(estimator=[written]).estimator
    return candidate


def test_a_value_is_an_option_and_a_list_or_range_is_searched():
    assert of({"kind": "lookahead", "every": 5}).estimator == Lookahead(every=5)
    assert of({"kind": "lookahead", "every": [5, 20]}).searched == {"every": (5, 20)}
    assert of({"kind": "lookahead", "every": {"low": 1, "high": 9}}).searched == {"every": Range(low=1, high=9)}


def test_a_list_where_the_option_is_one_is_its_value():
    candidate = of({"kind": "successive_halving", "rungs": [{"at": 0.25, "keep": 0.1}]})
    assert candidate.searched == {}
    assert isinstance(candidate.estimator, SuccessiveHalving)
    assert [rung.at for rung in candidate.estimator.rungs] == [0.25]


def test_the_options_drawn_are_those_of_the_estimator():
    assert of({"kind": "lookahead", "every": [5, 20]}).having({"every": 20}) == Lookahead(every=20)


@pytest.mark.parametrize(
    "estimator",
    [
        {"kind": "lookahead", "every": [5, 0]},
        {"kind": "lookahead", "every": {"low": 0, "high": 5}},
        {"kind": "lookahead", "evry": [5, 10]},
        {"kind": "lookahead", "every": []},
        {"kind": "low_fidelity", "fraction": {"low": 0.5, "high": 1.5}},
        {"kind": "low_fidelity", "fraction": {"low": 0.5, "high": 0.2}},
    ],
    ids=str,
)
def test_options_that_the_estimator_does_not_allow_are_refused(estimator):
    with pytest.raises(ValidationError):
        Space(estimator=[estimator])


@pytest.mark.parametrize(
    "twice",
    [
        {"estimator": ["random", "random"]},
        {"estimator": ["random"], "selector": ["exact", {"kind": "exact", "disjoint": False}]},
        {"estimator": ["random"], "regroup_every": [10, 10]},
    ],
    ids=str,
)
def test_an_alternative_that_occurs_twice_is_refused(twice):
    with pytest.raises(ValidationError, match="an alternative occurs twice"):
        Space(**twice)


def test_labels_tell_alternatives_apart():
    space = Space.model_validate(yaml.safe_load(yaml.safe_dump(EVERY_KEY["search.space"])))
    for entries in (space.estimator, space.selector, space.num_groups, space.regroup_every):
        labels = [label(entry) for entry in entries]
        assert len(set(labels)) == len(labels)
        assert all(isinstance(text, int | float | str) for text in labels)
    assert label([4, 8]) == "[4, 8]"


def test_examples_are_the_ends_of_a_range_and_all_of_a_list():
    assert examples(Range(low=1, high=9)) == [1, 9]
    assert examples((1, 5, 9)) == [1, 5, 9]
