"""An estimator of the user's own: the documented example, tried as a spec would have it."""

import pickle
import re
import sys
from textwrap import dedent

import numpy as np
import pytest
import torch
import yaml
from estimator_contract import EstimatorContract
from problems import two_blocks

from distgroup.errors import RequestError
from distgroup.estimated import estimates
from distgroup.estimators import Python
from distgroup.results.store import Store
from distgroup.selectors.exact import Exact
from distgroup.spec import load_spec

CPU = torch.device("cpu")
EXAMPLE = dedent(re.search(r"```python\n(.*?)```", Python.__doc__, re.DOTALL).group(1))
SPEC = {
    "ground_truth": {},
    "name": "own",
    "data": {"kind": "digits_pair", "tasks": ["sum", "ink"]},
    "output": "results/own",
}


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """A folder with the example in it, which no other test has imported."""
    (tmp_path / "mymodule.py").write_text(EXAMPLE)
    sys.modules.pop("mymodule", None)
    return tmp_path


def bound(folder, path="mymodule:SameInputs", **options):
    estimator = Python(path=path, options=options)
    estimator.bind(folder)
    return estimator


def load(folder, **entry):
    space = {"estimator": ["random", {"kind": "python", **entry}]}
    (folder / "spec.yaml").write_text(yaml.safe_dump(SPEC | {"search": {"space": space}}))
    return load_spec(folder / "spec.yaml").search.space.estimator[1].estimator


class TestExample(EstimatorContract):
    trains = False

    @pytest.fixture(autouse=True)
    def _bind(self, folder):
        self.estimator = bound(folder)

    def test_is_in_the_union_by_its_kind(self, folder):
        assert load(folder, path="mymodule:SameInputs").estimate(two_blocks(), (0,), CPU).cost_steps == 0


def test_the_example_is_about_twenty_lines():
    assert len([line for line in EXAMPLE.splitlines() if line]) <= 20


def test_finds_two_blocks(folder):
    estimator = load(folder, path="mymodule:SameInputs", options={"power": 2})
    scores = estimator.estimate(two_blocks(), (0, 1), CPU).scores()
    assert str(Exact().select(scores, 2).grouping) == "a0+a1+a2|b0+b1"


def test_travels_to_another_process(folder):
    estimator = pickle.loads(pickle.dumps(bound(folder, power=2)))
    sys.modules.pop("mymodule")
    assert estimator.resolved().power == 2


def test_an_edited_file_is_estimated_anew(folder):
    before = estimates(two_blocks(), bound(folder), (0,), Store(folder), CPU).affinity
    (folder / "mymodule.py").write_text(EXAMPLE.replace("np.abs(", "np.square("))
    sys.modules.pop("mymodule")
    assert not np.allclose(before, estimates(two_blocks(), bound(folder), (0,), Store(folder), CPU).affinity)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "mymodule:np"}, "is not a class derived from"),
        ({"path": "mymodule:Nothing"}, "has no 'Nothing'"),
        ({"path": "elsewhere:SameInputs"}, "importing 'elsewhere'"),
        ({"path": "mymodule:SameInputs", "options": {"powr": 2}}, "powr"),
        ({"path": "mymodule:AffinityEstimator"}, "abstract"),
        ({"path": "mymodule"}, "pattern"),
    ],
)
def test_says_what_is_wrong(folder, entry, message):
    with pytest.raises(RequestError, match=message):
        load(folder, **entry)
