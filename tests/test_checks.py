"""What can be known to be wrong before anything is trained is said in one message that names file and field."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from builders import spec_content

from distgroup.checks import checked
from distgroup.errors import RequestError
from distgroup.spec import load_spec

SELECTIVE = {"search.space.update": ["separate", "selective"]}
HYPER = "search.space.hyperparameters"


@pytest.fixture
def check(tmp_path):
    def call(**changes):
        path = tmp_path / "spec.yaml"
        path.write_text(yaml.safe_dump(spec_content(changes)))
        try:
            return checked(load_spec(path), path)
        except RequestError as error:
            message = str(error)
            assert message.startswith(f"{path}: ")
            return message

    return call


def wide(tmp_path, tasks):
    """A table with so many tasks."""
    names = [f"t{i}" for i in range(tasks)]
    rows = {"x": [0.0, 1.0, 2.0] * 10, "split": (["train"] * 3 + ["val"] * 3 + ["test"] * 3 + ["train"]) * 3}
    pd.DataFrame(rows | {name: [0.5, 0.1, 0.7] * 10 for name in names}).to_csv(tmp_path / "wide.csv", index=False)
    tasks = {name: {"column": name, "kind": "regression"} for name in names}
    return {"kind": "table", "path": "wide.csv", "inputs": ["x"], "split": "split", "tasks": tasks}


WRONG = [
    ({HYPER: {"training.rate": [1]}}, f"{HYPER}: unknown key 'training.rate'; allowed: "),
    ({HYPER: {"training.optimizer.lr": [0.1, -1]}}, f"{HYPER}: training.optimizer.lr: found -1"),
    ({HYPER: {"training.steps": {"low": 0, "high": 5}}}, f"{HYPER}: training.steps: found 0"),
    ({HYPER: {"model.encoder.widths": [[8], []]}}, f"{HYPER}: model.encoder.widths: found []"),
    (
        {"search.objectives": ["regret"], "ground_truth": ...},
        "search.objectives: regret needs ground_truth.update to hold every rule of search.space.update; separate is ",
    ),
    ({"search.objectives": ["delta_m", "regret"], **SELECTIVE}, "search.space.update; selective is not there"),
    ({"search.objectives": ["regret"], HYPER: {"training.steps": [5]}}, "search.objectives: regret is against the "),
    ({"search.baselines": "equal_budget", **SELECTIVE}, "search.baselines: equal_budget compares groupings trained by"),
    ({"search.pruner": "median", "search.objectives": ["cost"]}, "search.pruner: stops trials by their Δm so far; "),
    (
        {
            "search.sampler": "grid",
            "search.space.estimator": ["random"],
            HYPER: {"training.optimizer.lr": {"low": 0.1, "high": 0.2}},
        },
        "search.sampler: grid tries every combination of the lists once, and takes one value of each range; with "
        "training.optimizer.lr alone to vary that is 1 trial;",
    ),
    (
        {"model.encoder": {"kind": "cnn", "shape": [1, 8, 8]}},
        "model.encoder.shape: found [1, 8, 8], 64 numbers; a row of the data has 128 inputs",
    ),
    ({"sweep": {"training.stepz": [1]}}, "sweep: unknown key 'training.stepz'; allowed: "),
    (
        {"sweep": {"search.trials": [1]}},
        "sweep: unknown key 'search.trials'; allowed: taskset, and dotted keys of seeds",
    ),
    ({"sweep": {"training.steps": [1, 0]}}, "training.steps: found 0; must be at least 1 (in a point of sweep)"),
    (
        {"sweep": {"model.encoder": [{"kind": "mlp", "widths": [8]}, {"kind": "cnn", "shape": [1, 8, 8]}]}},
        "must be 128 (point 2 of the sweep)",
    ),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said[:50] for _, said in WRONG])
def test_one_thing_wrong_is_one_line(check, changes, said):
    message = check(**changes)
    assert isinstance(message, str), "nothing was refused"
    assert said in message
    assert "\n" not in message


RIGHT = [
    {HYPER: {"training.optimizer.lr": {"low": 0.1, "high": 0.2}, "model.encoder.widths": [[8], [8, 8]]}},
    {"search.objectives": ["delta_m", "cost", "regret"]},
    {"search.objectives": ["regret"], "ground_truth.update": ["separate", "selective"], **SELECTIVE},
    {"search.baselines": "equal_budget", "ground_truth": ...},
    {"search.pruner": "median"},
    {"search.sampler": "grid", HYPER: {"training.optimizer.lr": {"low": 0.1, "high": 0.2}}},
    {"sweep": {"training.steps": [1, 2], "seeds": [[0], [0, 1]]}},
]


@pytest.mark.parametrize("changes", RIGHT, ids=str)
def test_what_is_right_is_let_through(check, changes):
    points = check(**changes)
    assert len(points) == (4 if "sweep" in changes else 1)
    assert len({id(point.problem.task_set) for point in points}) == 1, "the data are loaded once"


@pytest.mark.parametrize(("update", "tasks"), [("separate", 12), ("selective", 8)])
def test_too_many_tasks_to_enumerate(check, tmp_path, update, tasks):
    ground_truth = {"ground_truth.update": [update], "search.space.update": [update]}
    assert isinstance(check(data=wide(tmp_path, tasks), **ground_truth), list)
    message = check(data=wide(tmp_path, tasks + 1), **ground_truth)
    assert f"data.tasks: {tasks + 1} tasks have " in message
    assert f"leave {update} out of ground_truth.update" in message


def test_too_many_tasks_for_exact_selection(check, tmp_path):
    data = wide(tmp_path, 17)
    message = check(data=data, ground_truth=...)
    assert "search.space.selector: exact stops at 16 tasks, and there are 17; use greedy" in message
    assert isinstance(check(data=data, ground_truth=..., **{"search.space.selector": ["greedy"]}), list)


def test_an_encoder_that_cannot_be_stacked(check, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\ndef encoder(features):\n    return nn.Linear(features, 4)\n"
    )
    message = check(**{"model.encoder": {"kind": "python", "path": "mine:encoder"}})
    assert "model.encoder: python cannot be stacked" in message


def test_the_number_of_a_wrong_point_is_said(check):
    message = check(**{"sweep": {"model.encoder": [{"kind": "mlp"}, {"kind": "python", "path": "mine:encoder"}]}})
    assert "model.encoder" in message


def test_the_command_line_says_it_before_anything_is_written(tmp_path):
    changes = {"search.objectives": ["regret"], "ground_truth": ...}
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec_content(changes)))
    for command in ("validate", "run"):
        program = [sys.executable, "-c", "from distgroup.cli import main; main()", command, "spec.yaml"]
        done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("distgroup: spec.yaml: search.objectives: regret needs")
    assert not Path(tmp_path, "out").exists()
