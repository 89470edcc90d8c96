"""Nodes that die while a run works: it ends as if none had."""

import re
import subprocess
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
from commands.test_run import DISTGROUP, SPEC, distgroup, tables, write
from distributed.heads import end, free_port, start_head
from ray.cluster_utils import Cluster

pytestmark = pytest.mark.slow

# So that a node's death is noticed in seconds.
HEALTH_CHECKS = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "5",
}

CHANGES = {
    "training": {"steps": 1500, "batch_size": 32, "workers": 3, "parallel": {"checkpoint_every": 100}},
    "search": SPEC["search"] | {"trials": 12, "batch": 3},
    "train": {"best": True},
}


@pytest.fixture
def cluster(monkeypatch):
    """A head and two nodes, of one CPU each."""
    for name, value in {**HEALTH_CHECKS, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}.items():
        monkeypatch.setenv(name, value)
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield made
    made.shutdown()


@pytest.fixture
def short_folder():
    """Ray's sockets need a short path, pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="dg", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def started(folder, cluster):
    log = (folder / "said.txt").open("w")
    return subprocess.Popen(
        [*DISTGROUP, "run", "spec.yaml", "--address", cluster.address, "--output", "shot"],
        cwd=folder,
        stdout=log,
        stderr=log,
    )


def wait_for(run, folder, pattern, count):
    while len(list((folder / "shot").glob(pattern))) < count:
        assert run.poll() is None, (folder / "said.txt").read_text()
        time.sleep(0.1)


def lose_one(cluster, nodes):
    """The node that has been there longest, without a word of farewell; another takes its place."""
    cluster.remove_node(nodes.pop(0), allow_graceful=False)
    nodes.append(cluster.add_node(num_cpus=1))


def test_nodes_lost_while_enumerating_searching_and_training_change_no_table(tmp_path, cluster):
    write(tmp_path, **CHANGES)
    nodes = [cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)]
    run = started(tmp_path, cluster)
    wait_for(run, tmp_path, "tables/subsets/*.parquet", 1)
    lose_one(cluster, nodes)
    wait_for(run, tmp_path, "tables/trials/*.parquet", 1)
    lose_one(cluster, nodes)
    wait_for(run, tmp_path, "model/checkpoints/*/checkpoint_*", 1)
    lose_one(cluster, nodes)
    assert run.wait(timeout=600) == 0, (tmp_path / "said.txt").read_text()
    write(tmp_path, **CHANGES | {"train": {"best": False}})
    calm = distgroup(tmp_path, "run", "spec.yaml", "--address", cluster.address, "--output", "calm")
    assert calm.returncode == 0, calm.stderr
    disturbed = tables(tmp_path, "shot")
    for name, frame in tables(tmp_path, "calm").items():
        pd.testing.assert_frame_equal(disturbed[name], frame, check_exact=True)


def test_a_lost_head_ends_the_run_with_a_sentence_and_resuming_completes_it(tmp_path, short_folder):
    """Lost in the enumeration, where the driver can be interrupted, and in the search, where it hangs in Ray."""
    write(tmp_path, **CHANGES | {"train": {"best": False}})
    head, port = None, free_port()
    command = [*DISTGROUP, "run", "spec.yaml", "--address", f"127.0.0.1:{port}", "--output", "shot"]
    try:
        for table, resume in (("subsets", []), ("trials", ["--resume"])):
            head = start_head(short_folder, port, "--include-dashboard=false")
            run = subprocess.Popen(
                [*command, *resume], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            wait_for(run, tmp_path, f"tables/{table}/*.parquet", 1)
            end(head)
            said, _ = run.communicate(timeout=300)
            assert run.returncode == 1, said
            assert re.search(r"distgroup: the Ray head at .* is gone.*in the output.*--resume", said), said
            assert "Traceback" not in said
        head = start_head(short_folder, port, "--include-dashboard=false")
        again = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
    finally:
        if head is not None:
            end(head)
    trials = tables(tmp_path, "shot")["trials"]
    assert trials["status"].to_list() == ["done"] * 12
