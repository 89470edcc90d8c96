"""What is wrong is said in one message: exit 2 if it is the request, 1 if it is the machine; never a traceback."""

import sys
from pathlib import Path

import pytest
import yaml
from commands.test_run import SPEC

from distgroup.cli import main


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, spec: dict | None = None) -> tuple[int, str]:
        Path("spec.yaml").write_text(yaml.safe_dump(spec or SPEC))
        monkeypatch.setattr(sys, "argv", ["distgroup", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return ended.value.code, message

    return call


def changed(path: str, value: object) -> dict:
    spec = yaml.safe_load(yaml.safe_dump(SPEC))
    *way, last = path.split(".")
    inner = spec
    for part in way:
        inner = inner[part]
    inner[last] = value
    return spec


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("training.stesp", 3, "training.stesp: unknown key"),
        ("training.steps", "many", "training.steps: found 'many'"),
        ("training.steps", 0, "training.steps: found 0"),
        ("data.tasks", ["left_digit", "colour"], "has no task 'colour'"),
        ("search.space.estimator", ["oracle"], "oracle"),
        ("seeds", [1, 1], "seeds"),
        ("seeds", [], "seeds"),
    ],
)
def test_a_wrong_spec(cli, path, value, expected):
    status, message = cli("run", "spec.yaml", spec=changed(path, value))
    assert status == 2
    assert "spec.yaml" in message
    assert expected in message
    assert not Path("results").exists()


def test_a_missing_spec(cli):
    assert cli("validate", "other.yaml") == (2, "distgroup: other.yaml: there is no such file\n")


def test_more_tasks_than_can_be_enumerated(cli):
    columns = {f"t{i}": {"column": f"y{i}", "kind": "regression"} for i in range(13)}
    rows = [",".join(["x", *(f"y{i}" for i in range(13)), "split"])]
    for split in ("train", "val", "test"):
        rows += [",".join([str(k), *(str(k + i) for i in range(13)), split]) for k in range(3)]
    Path("data.csv").write_text("\n".join(rows))
    data = {"kind": "table", "path": "data.csv", "inputs": ["x"], "split": "split", "tasks": columns}
    status, message = cli("run", "spec.yaml", spec=changed("data", data))
    assert status == 2
    assert "8,191 groups, which is 16,382 networks for 2 seeds" in message


def test_a_folder_with_other_things_is_left_alone(cli):
    Path("results").mkdir()
    Path("results/thesis.tex").write_text("do not lose me")
    status, message = cli("run", "spec.yaml")
    assert status == 2
    assert "not a distgroup run" in message
    assert [path.name for path in Path("results").iterdir()] == ["thesis.tex"]


def test_a_place_that_cannot_be_written_is_the_machines_fault(cli):
    status, message = cli("run", "spec.yaml", "--output", "/proc/results")
    assert status == 1
    assert "/proc/results" in message


def test_a_report_on_nothing(cli):
    status, message = cli("report", "nowhere")
    assert status == 2
    assert "no finished run" in message
