"""Ranks that die on the way change nothing."""

import psutil
import pytest
import torch
from distributed.test_train import assert_same, parallel
from distributed.train_cases import assignment

from distgroup.distributed.train import CHECKPOINTS, train
from distgroup.training.execution import train_here
from distgroup.training.regrouping import Adaptive

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("two_cpus")]


def ranks():
    """The processes of this test's own Ray that train."""
    own = psutil.Process().children(recursive=True)
    return [one for one in own if "".join(one.cmdline()).startswith("ray::RayTrainWorker")]


def test_a_rank_that_is_killed_is_started_again_and_the_result_is_the_same(tmp_path):
    """From a checkpoint in the midst of regroupings, in an adaptive run with missing labels."""
    wanted = assignment(
        "selective",
        Adaptive(num_groups=2, warm_up=20, regroup_every=25),
        missing=0.3,
        steps=4000,
        **parallel(every=250),
    )
    killed = []

    def kill_one(_):
        if not killed and list((tmp_path / CHECKPOINTS).glob("checkpoint_*/state.pt")):
            killed.append(ranks()[-1])
            killed[0].kill()

    found = train(wanted, tmp_path, dtype=torch.float64, done=kill_one)
    assert killed
    assert_same(found, train_here(wanted, torch.device("cpu"), torch.float64))
