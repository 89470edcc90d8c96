"""Ranks that die on the way change nothing; those that fail every time say why."""

import os
import signal
import subprocess
from dataclasses import replace

import pytest
import torch
from distributed.test_train import assert_same, parallel
from distributed.train_cases import assignment

from distgroup.distributed import train as train_module
from distgroup.distributed.train import train
from distgroup.distributed.training_folder import CHECKPOINTS
from distgroup.encoders import Python
from distgroup.errors import TrainingError
from distgroup.grouping import Grouping
from distgroup.training.execution import train_here
from distgroup.training.regrouping import Adaptive

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("two_cpus")]


def ranks():
    """The processes that train for this one; Ray names them after what they are."""
    listing = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    parents = {int(pid): int(parent) for pid, parent, _ in rows}
    return [int(pid) for pid, _, name in rows if name.startswith("ray::RayTrainWorker") and descends(int(pid), parents)]


def descends(pid, parents):
    while pid in parents and pid != os.getpid():
        pid = parents[pid]
    return pid == os.getpid()


def test_a_rank_that_is_killed_is_started_again_and_the_result_is_the_same(tmp_path):
    """From a checkpoint in the midst of regroupings, in an adaptive run with missing labels."""
    wanted = assignment(
        "selective",
        Adaptive(num_groups=2, warm_up=20, regroup_every=25),
        missing=0.3,
        steps=2000,
        **parallel(every=100),
    )
    killed = []

    def kill_one(_):
        if not killed and list((tmp_path / CHECKPOINTS).glob("*/checkpoint_*/state.pt")):
            killed.append(ranks()[-1])
            os.kill(killed[0], signal.SIGKILL)

    found = train(wanted, tmp_path, dtype=torch.float64, done=kill_one)
    assert killed
    assert_same(found, train_here(wanted, torch.device("cpu"), torch.float64))


BROKEN = """
from torch import nn

class Broken(nn.Linear):
    def __init__(self, features):
        super().__init__(features, 4)

    def forward(self, inputs):
        if self.training:
            raise ValueError("a bug of the user's")
        return super().forward(inputs)
"""


def test_ranks_that_fail_every_time_end_with_what_they_met(tmp_path, monkeypatch):
    monkeypatch.setattr(train_module, "RETRIES", 1)
    (tmp_path / "broken_in_training.py").write_text(BROKEN)
    encoder = Python(path="broken_in_training:Broken")
    encoder.bind(tmp_path)
    found = assignment("selective", Grouping.parse("height+light|colour+width"))
    with pytest.raises(TrainingError, match=r"^rank 0: ValueError: a bug of the user's"):
        train(replace(found, problem=replace(found.problem, encoder=encoder)), tmp_path)
