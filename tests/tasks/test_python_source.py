"""`Python`: the user's function is found beside the spec and called; whatever goes wrong is said in one message."""

import sys

import numpy as np
import pytest
from docstring_example import example
from pydantic import ValidationError

from distgroup.errors import RequestError
from distgroup.tasks.python_source import Python

HOUSES = """
import numpy as np
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import TaskSet

def load(city="Delft", rooms=3):
    rng = np.random.default_rng(rooms)
    inputs = {split: rng.normal(size=(20, 4)) for split in ("train", "val", "test")}
    labels = {split: values[:, :1] * 2 for split, values in inputs.items()}
    return TaskSet.from_raw(f"{city}-{rooms}", [Task("price", "regression")], inputs, labels)

def helped(**options):
    import beside_houses
    return beside_houses.load()

def wrong():
    return 3

def failing():
    return np.zeros(3) @ np.zeros(4)

def constant():
    zeros = {split: np.zeros((4, 1)) for split in ("train", "val", "test")}
    return TaskSet.from_raw("zeros", [Task("price", "regression")], zeros, zeros)

seven = 7
"""


@pytest.fixture(autouse=True)
def modules_as_they_were(monkeypatch):
    """What a test imports is forgotten after it."""
    monkeypatch.setattr(sys, "modules", sys.modules.copy())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "houses.py").write_text(HOUSES)
    (tmp_path / "beside_houses.py").write_text("from houses import load")
    (tmp_path / "broken.py").write_text("def load(:\n")
    (tmp_path / "needy.py").write_text("import no_such_package")
    return tmp_path


def test_the_example_in_the_docstring(folder):
    found = Python(**example(Python)).load(folder)
    assert found.name == "Delft-3"
    assert found.names == ("price",)
    np.testing.assert_allclose(found.splits["train"].inputs.mean(axis=0), 0, atol=1e-12)


def test_options_are_passed_and_import_paths_left_as_they_were(folder):
    before = list(sys.path)
    assert Python(path="houses:load", options={"rooms": 5}).load(folder).name == "Delft-5"
    with pytest.raises(RequestError):
        Python(path="houses:failing").load(folder)
    assert sys.path == before


def test_modules_beside_may_be_imported_late(folder):
    assert Python(path="houses:helped").load(folder).name == "Delft-3"


def test_a_module_in_a_package_and_a_relative_folder(folder, monkeypatch):
    (folder / "own").mkdir()
    (folder / "houses.py").rename(folder / "own" / "homes.py")
    monkeypatch.chdir(folder)
    assert Python(path="own.homes:load").load().name == "Delft-3"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"path": "homes:load"}, "importing 'homes' .* failed: ModuleNotFoundError: No module named 'homes'"),
        ({"path": "houses.py:load"}, r"importing 'houses\.py' .*'houses' is not a package"),
        ({"path": "needy:load"}, r"importing 'needy' .*No module named 'no_such_package' \(.*needy\.py, line 1\)"),
        ({"path": "broken:load"}, r"importing 'broken' .*SyntaxError: .*broken\.py, line 1"),
        ({"path": "houses:lode"}, r"module 'houses' \(.*houses\.py\) has no 'lode'; it has 'np', 'Task'"),
        ({"path": "houses:wrong"}, "houses:wrong returned int; it must return a TaskSet"),
        ({"path": "houses:seven"}, "houses:seven, called with .* not callable"),
        ({"path": "houses:failing"}, r"houses:failing, .*ValueError: matmul.*\(.*houses\.py, line 20\)"),
        (
            {"path": "houses:load", "options": {"town": "Delft"}},
            r"houses:load, .*\(town='Delft'\), .*unexpected keyword argument 'town'$",
        ),
        ({"path": "houses:constant"}, "houses:constant: zeros: task 'price', split 'train': its label is constant"),
    ],
)
def test_refusals(folder, options, match):
    with pytest.raises(RequestError, match=f"^data.path: {match}"):
        Python(**options).load(folder)


def test_a_module_beside_the_spec_comes_before_an_installed_one(folder):
    (folder / "houses.py").rename(folder / "this.py")
    assert Python(path="this:load").load(folder).name == "Delft-3"


def test_refuses_a_name_that_another_module_has(folder):
    (folder / "json.py").write_text(HOUSES)
    with pytest.raises(RequestError, match=r"json\.py cannot be imported, as 'json' is .*; rename it"):
        Python(path="json:load").load(folder)


@pytest.mark.parametrize("path", ["houses", "houses.load", "a/houses:load", "houses:", ":load"])
def test_refuses_other_forms(path):
    with pytest.raises(ValidationError, match="path"):
        Python(path=path)


def test_options_are_hashable():
    assert hash(Python(path="a:b", options={"c": [1]})) != hash(Python(path="a:b", options={"c": [2]}))
