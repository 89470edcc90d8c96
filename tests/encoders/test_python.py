"""A user's own encoder."""

import pickle
import re
import sys
from textwrap import dedent

import pytest
import torch
from builders import make_task_set
from torch.nn import functional

from distgroup.encoders import Cnn, Mlp, Python, stackable
from distgroup.errors import RequestError
from distgroup.estimators import Lookahead, Samplewise
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.training.data import Data
from distgroup.training.module import build
from distgroup.training.problem import Problem
from distgroup.training.settings import Training
from distgroup.training.stack import Stack

CPU = torch.device("cpu")
EXAMPLE = dedent(re.search(r"```python\n(.*?)```", Python.__doc__, re.DOTALL).group(1))
IMAGE = {"image": [1, 8, 16], "patch": 4}
WRONG = """
import torch

def text(features):
    return "a module"

def flat(features):
    return torch.nn.Sequential(torch.nn.Linear(features, 4), torch.nn.Flatten(0))

def narrow(features):
    return torch.nn.Linear(features - 1, 4)

VALUE = 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """A folder with the example in it, which no other test has imported."""
    (tmp_path / "vit.py").write_text(EXAMPLE)
    (tmp_path / "wrong.py").write_text(WRONG)
    for name in ("vit", "wrong"):
        sys.modules.pop(name, None)
    return tmp_path


def bound(folder, path="vit:encoder", options=IMAGE):
    encoder = Python(path=path, options=options)
    encoder.bind(folder)
    return encoder


def test_the_example_is_about_25_lines():
    assert len([line for line in EXAMPLE.splitlines() if line]) <= 25


def test_the_example_learns(folder):
    """Which digit is on the left, from the training rows' own labels."""
    data = Data(DigitsPair(tasks=("left_digit",)).load(), ["left_digit"], CPU)
    train = data.splits["train"]
    network = build(bound(folder, options=IMAGE | {"depth": 1}), 128, data.tasks, seed=0).float()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    for step in range(40):
        rows = slice(step * 64, (step + 1) * 64)
        optimizer.zero_grad()
        functional.cross_entropy(network(train.inputs[rows]), train.targets[rows]).backward()
        optimizer.step()
    found = network(data.splits["test"].inputs).argmax(1)
    assert (found == data.splits["test"].targets.argmax(1)).float().mean() > 0.3  # by chance: 0.1


def test_it_starts_by_the_seed_alone_and_draws_from_nobody_else(folder):
    encoder = bound(folder)
    torch.manual_seed(1)
    first = build(encoder, 128, [], 3).state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second, other = (build(encoder, 128, [], seed).state_dict() for seed in (3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["encoder.position"], other["encoder.position"])


def test_its_width_is_what_the_module_makes(folder):
    assert bound(folder).width(128) == 32
    assert bound(folder, options=IMAGE | {"width": 8}).width(128) == 8


def test_it_travels_to_another_process(folder):
    encoder = pickle.loads(pickle.dumps(bound(folder)))
    sys.modules.pop("vit")
    assert encoder.width(128) == 32


def test_an_edited_file_is_another_problem(folder):
    before = Problem(make_task_set(features=128), bound(folder), Training()).digest
    (folder / "vit.py").write_text(EXAMPLE.replace("0.02", "0.03"))
    sys.modules.pop("vit")
    assert Problem(make_task_set(features=128), bound(folder), Training()).digest != before


def test_it_cannot_be_stacked_and_says_so(folder):
    problem = Problem(make_task_set(features=128), bound(folder), Training())
    message = r"model\.encoder: python cannot be stacked.*mlp, cnn.*`distgroup train`"
    with pytest.raises(RequestError, match=message):
        stackable(problem.encoder)
    data = Data(problem.task_set, ["height"], CPU)
    with pytest.raises(RequestError, match=message):
        Stack(data, problem.encoder, Training(), [0], [frozenset({"height"})])
    for estimator in (Lookahead(), Samplewise()):
        with pytest.raises(RequestError, match=message):
            estimator.estimate(problem, (0,), CPU)


def test_the_others_can_be_stacked():
    for encoder in (Mlp(), Cnn(shape=(1, 8, 8))):
        assert stackable(encoder) is encoder


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        ("vit:nothing", {}, r"model\.encoder\.path: module 'vit'.*has no 'nothing'"),
        ("elsewhere:encoder", {}, "importing 'elsewhere'"),
        ("wrong:VALUE", {}, "wrong:VALUE is int; it must be a function"),
        ("wrong:text", {}, "wrong:text returned str; it must return a torch module"),
        ("wrong:flat", {}, r"the module of wrong:flat made \[8\] of inputs \[2, 5\]; it must be \[rows, width\]"),
        ("wrong:narrow", {}, r"wrong:narrow, called with \(5\), failed: RuntimeError.*shapes cannot be multiplied"),
        ("vit:encoder", {"patch": 4}, r"vit:encoder, called with \(5, patch=4\), failed: TypeError.*image"),
        ("vit:encoder", IMAGE, r"failed: RuntimeError.*\(.*vit\.py, line \d+\)"),
    ],
)
def test_says_what_is_wrong(folder, path, options, message):
    with pytest.raises(RequestError, match=message):
        bound(folder, path, options).check(5)
