"""Jobs as a user meets them: sent from a folder that the cluster does not know, to a real job server."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from distributed.heads import end, free_port, ray_head, start_head

from distgroup.distributed import jobs as module
from distgroup.distributed.jobs import Jobs
from distgroup.errors import ClusterError

pytestmark = pytest.mark.slow

DISTGROUP = str(Path(sys.executable).with_name("distgroup"))

HOUSES = """
import numpy as np
from helper import task
from distgroup.tasks.taskset import TaskSet

def load(rows=64, wrong=False):
    if wrong:
        raise ValueError("no houses today")
    rng = np.random.default_rng(0)
    inputs = {split: rng.normal(size=(rows, 4)) for split in ("train", "val", "test")}
    labels = {split: x[:, :3] + 0.1 * rng.normal(size=(rows, 3)) for split, x in inputs.items()}
    return TaskSet.from_raw("houses", [task(name) for name in "abc"], inputs, labels)
"""

HELPER = """
from distgroup.tasks.task import Task

def task(name):
    return Task(name, "regression")
"""


@pytest.fixture(scope="module")
def server():
    """Address of a job server. Ray's sockets need a short path, pytest's own is not."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="dg", dir="/tmp", ignore_cleanup_errors=True) as folder,
        ray_head(Path(folder), "--include-dashboard=true", f"--dashboard-port={port}"),
    ):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "houses.py").write_text(HOUSES)
    (tmp_path / "helper.py").write_text(HELPER)
    write(tmp_path)
    return tmp_path


def write(folder, options=None, steps=20):
    spec = {
        "name": "tiny",
        "seeds": [0, 1],
        "data": {"kind": "python", "path": "houses:load", "options": options or {}},
        "model": {"encoder": {"kind": "mlp", "widths": [8]}},
        "training": {"steps": steps, "batch_size": 32},
        "ground_truth": {"update": ["separate"]},
        "search": {"trials": 3, "space": {"estimator": ["random", "label_similarity"]}},
        "output": str(folder / "results"),
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(spec))


def distgroup(folder, *arguments):
    return subprocess.run([DISTGROUP, *arguments], cwd=folder, capture_output=True, text=True, timeout=600, check=False)


def test_a_submitted_spec_ends_as_a_run_does(server, folder):
    done = distgroup(folder, "submit", "tiny.yaml", "--address", server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "optimum, any" in done.stdout
    assert "succeeded" in done.stdout
    assert done.stderr == ""
    assert len(pd.read_parquet(folder / "results" / "tables" / "trials")) == 3
    again = distgroup(folder, "submit", "tiny.yaml", "--address", server)
    assert again.returncode == 2
    assert "--resume" in again.stdout
    resume = ("--resume", "--no-wait")
    job = distgroup(folder, "submit", "tiny.yaml", "--address", server, *resume).stdout.strip()
    followed = distgroup(folder, "status", job, "--follow", "--address", server)
    assert followed.returncode == 0
    assert "optimum, any" in followed.stdout


def test_the_exit_status_and_message_are_the_job_s_own(server, folder):
    write(folder, options={"wrong": True})
    done = distgroup(folder, "submit", "tiny.yaml", "--address", server)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "ValueError: no houses today" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_interrupted_client_leaves_the_job_running_until_it_is_stopped(server, folder):
    write(folder, steps=20_000)
    client = subprocess.Popen(
        [DISTGROUP, "submit", "tiny.yaml", "--address", server], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    job = client.stdout.readline().split()[-1]
    parts = folder / "results" / "tables" / "subsets"
    while not list(parts.glob("*.parquet")):
        assert client.poll() is None
        time.sleep(0.2)
    client.send_signal(signal.SIGINT)
    said, _ = client.communicate(timeout=60)
    assert client.returncode == 130
    assert f"distgroup status {job} --follow --address {server}" in said
    running = distgroup(folder, "status", job, "--address", server)
    assert (running.returncode, running.stdout.split()[1]) == (0, "running,")
    assert distgroup(folder, "stop", job, "--address", server).returncode == 0
    assert distgroup(folder, "status", job, "--follow", "--address", server).returncode == 130
    assert pd.read_parquet(parts)["seed"].isin([0, 1]).all()


def test_a_head_lost_while_a_job_is_followed_is_said_to_be(folder, monkeypatch):
    monkeypatch.setattr(module, "LOST_S", 5)
    write(folder, steps=20_000)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dg", dir="/tmp", ignore_cleanup_errors=True) as short:
        head = start_head(Path(short), free_port(), "--include-dashboard=true", f"--dashboard-port={port}")
        try:
            jobs = Jobs(f"127.0.0.1:{port}")
            job = jobs.submit(folder / "tiny.yaml", None, resume=False)
            with pytest.raises(ClusterError, match=r"has not answered for 5 s.*in its output.*--resume"):
                jobs.follow(job, lambda _: end(head))
        finally:
            end(head)


def test_a_job_that_is_not_there_is_named_with_those_that_are(server, folder):
    done = distgroup(folder, "stop", "raysubmit_none", "--address", server)
    assert done.returncode == 2
    assert "there is no job 'raysubmit_none'" in done.stderr
