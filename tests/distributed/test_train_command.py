"""`distgroup train`: a wrong request is one message, before Ray starts; and all of it for real, with kills."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch
import yaml
from commands.test_run import DISTGROUP, SPEC, distgroup

from distgroup.cli import main
from distgroup.trained import load

GROUPING = ("--grouping", "ink|sum+left_digit")
SELECTIVE = ("--update", "selective", *GROUPING)


def write(folder, **training):
    (folder / "spec.yaml").write_text(yaml.safe_dump(SPEC | {"training": {"steps": 20, "batch_size": 32} | training}))


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    write(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["distgroup", "train", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "--grouping: is needed, such as 'a+b|c'"),
        (["--grouping", "ink|sun+left_digit+sum"], "there is no task 'sun'; the tasks are left_digit, sum, ink"),
        (["--grouping", "ink|sum"], "grouping ink|sum: no group has left_digit"),
        (["--grouping", "ink++sum|left_digit"], "group 'ink++sum': write each task once"),
        (["--grouping", "ink+sum|sum+left_digit", "--update", "selective"], "groups overlap"),
        ([*GROUPING, "--num-groups", "2"], "--num-groups: only --update selective without --grouping"),
        (["--regroup-every", "5"], "--regroup-every: only --update selective without --grouping"),
        (["--update", "selective", "--num-groups", "0"], "--num-groups: found '0'; must be a whole number"),
        (["--update", "selective", "--regroup-every", "often"], "or never"),
    ],
)
def test_a_wrong_request(cli, options, expected):
    status, message = cli("spec.yaml", *options)
    assert status == 2
    assert expected in message
    assert "Traceback" not in message
    assert message.count("\n") == 1


def test_a_wrong_training_key(cli, tmp_path):
    write(tmp_path, parallel={"precision": "float16"})
    status, message = cli("spec.yaml", *GROUPING)
    assert status == 2
    assert "training.parallel.precision: found 'float16'" in message


def start(folder, *arguments):
    return subprocess.Popen(
        [*DISTGROUP, "train", "spec.yaml", *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    )


def until_a_checkpoint(process, folder):
    while not any(folder.glob("checkpoints/*/checkpoint_manager_snapshot.json")):
        assert process.poll() is None
        time.sleep(0.05)


def weights(folder):
    return torch.load(folder / "model.pt", weights_only=True)


def assert_same_model(folder, other):
    for group, parameters in weights(other).items():
        for name, value in parameters.items():
            assert torch.equal(weights(folder)[group][name], value)


@pytest.mark.slow
def test_training_is_the_same_undisturbed_and_after_the_death_of_the_driver(tmp_path):
    """Bit for bit, on two workers; and what is written is a model, with the numbers that the table shows."""
    write(tmp_path, steps=600, workers=2, parallel={"checkpoint_every": 100})
    calm = distgroup(tmp_path, "train", "spec.yaml", *SELECTIVE, "--output", "calm")
    assert calm.returncode == 0, calm.stderr
    assert calm.stderr == ""
    model = load(tmp_path / "calm")
    assert str(model.grouping) == "ink|left_digit+sum"
    assert json.loads((tmp_path / "calm" / "model.json").read_text())["networks"] == ["ink+left_digit+sum"]
    for task in ("left_digit", "sum", "ink"):
        assert any(line.split()[:1] == [task] for line in calm.stdout.splitlines())
    killed = start(tmp_path, *SELECTIVE, "--output", "killed")
    until_a_checkpoint(killed, tmp_path / "killed")
    killed.kill()
    killed.wait()
    refused = distgroup(tmp_path, "train", "spec.yaml", *SELECTIVE, "--output", "killed")
    assert refused.returncode == 2
    assert "add --resume" in refused.stderr
    resumed = distgroup(tmp_path, "train", "spec.yaml", *SELECTIVE, "--output", "killed", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert_same_model(tmp_path / "killed", tmp_path / "calm")


@pytest.mark.slow
def test_an_interrupted_training_says_how_to_go_on(tmp_path):
    write(tmp_path, steps=20_000, parallel={"checkpoint_every": 100})
    process = start(tmp_path, *GROUPING, "--output", "model")
    until_a_checkpoint(process, tmp_path / "model")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in said
