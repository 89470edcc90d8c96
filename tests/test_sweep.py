"""A sweep is the cross product of its axes, in the order stated; what cannot be swept is named."""

from itertools import product

import pytest
import yaml
from builders import spec_content

from distgroup.checks import checked
from distgroup.errors import RequestError
from distgroup.results.points import point_row
from distgroup.spec import load_spec
from distgroup.sweep import points

AXES = {
    "training.optimizer.lr": [0.1, 0.2],
    "model.encoder.widths": [[8], [8, 8], [16]],
    "seeds": [[0, 1], [5]],
}


@pytest.fixture
def load(tmp_path):
    def call(**changes):
        path = tmp_path / "spec.yaml"
        path.write_text(yaml.safe_dump(spec_content(changes), sort_keys=False))
        return load_spec(path), path

    return call


def test_points_are_the_cross_product_in_the_order_stated(load):
    found = points(*load(sweep=AXES))
    assert [
        (point.training.optimizer.lr, list(point.model.encoder.widths), list(point.seeds)) for point in found
    ] == list(product(*AXES.values()))


def test_what_is_not_swept_stays_and_a_point_sweeps_nothing(load):
    spec, path = load(sweep=AXES)
    for point in points(spec, path):
        assert (point.name, point.search, point.output) == (spec.name, spec.search, spec.output)
        assert points(point, path) == [point]


def test_without_a_sweep_there_is_the_spec_itself(load):
    spec, path = load()
    assert points(spec, path) == [spec]


def test_task_sets_take_the_place_of_data(load):
    sets = [{"kind": "digits_pair", "tasks": ["ink", "sum"]}, {"kind": "digits_pair", "tasks": ["left_digit", "ink"]}]
    spec, path = load(data=..., sweep={"taskset": sets})
    assert [list(point.data.tasks) for point in points(spec, path)] == [each["tasks"] for each in sets]


def test_every_point_has_a_key_of_its_own(load):
    found = checked(*load(sweep=AXES))
    assert len({point.key for point in found}) == len(found) == 12
    assert len({point.problem.digest for point in found}) == 6, "seeds are told apart by the key, not by the hash"


def test_a_points_row_says_what_it_is(load):
    for point in checked(*load(sweep={"training.steps": [5, 6]})):
        row = point_row(point)
        assert row["spec_hash"] == point.problem.digest
        assert (row["tasks"], row["objectives"], row["seeds"]) == ("ink+sum", "delta_m", "0 1")
        assert yaml.safe_load(row["settings"])["training"]["steps"] == point.spec.training.steps


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ({"training.stepz": [1]}, "sweep: unknown key 'training.stepz'; allowed: "),
        ({"output": ["a", "b"]}, "sweep: unknown key 'output'; allowed: taskset, and dotted keys of seeds, model, "),
        ({"training.steps": [1, 0]}, "training.steps: found 0; must be at least 1 (in a point of sweep)"),
        ({"seeds": [[0], [1, 1]]}, "seeds must be distinct (in a point of sweep)"),
        ({"training.steps": [1], "gain": ["relativ"]}, "gain: found 'relativ'"),
    ],
)
def test_what_cannot_be_swept_is_named(load, sweep, said):
    spec, path = load(sweep=sweep)
    with pytest.raises(RequestError) as caught:
        points(spec, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("sweep", [{"training.steps": []}, {"training.steps": 5}, {"taskset": [{"kind": "digit"}]}])
def test_an_axis_is_a_list_with_something_in_it(load, sweep):
    with pytest.raises(RequestError, match=r"sweep\."):
        load(sweep=sweep)
