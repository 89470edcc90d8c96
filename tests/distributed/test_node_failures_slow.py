"""Nodes that die while a run works: it ends as if none had."""

import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from commands.test_run import DISTGROUP, SPEC, tables, write
from distributed.heads import end, free_port, start_head
from ray.cluster_utils import Cluster

# So that a node's death is noticed in seconds.
HEALTH_CHECKS = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "5",
}

CHANGES = {"training": {"steps": 1500, "batch_size": 32}, "search": SPEC["search"] | {"trials": 12, "batch": 3}}


@contextmanager
def cluster_of(*cpus):
    """A head and its nodes, with so many CPUs each."""
    head, *others = cpus
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": head, "include_dashboard": False})
    try:
        yield made, [made.add_node(num_cpus=each) for each in others]
    finally:
        made.shutdown()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name, value in {**HEALTH_CHECKS, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}.items():
        monkeypatch.setenv(name, value)


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


def wait_until(run, folder, happened):
    while not happened():
        assert run.poll() is None, (folder / "said.txt").read_text()
        time.sleep(0.1)


def written(folder, pattern):
    return lambda: any((folder / "shot").glob(pattern))


def lose_one(cluster, nodes):
    """The node that has been there longest, without a word of farewell; another takes its place."""
    cluster.remove_node(nodes.pop(0), allow_graceful=False)
    nodes.append(cluster.add_node(num_cpus=1))


def every_table(output):
    """What cannot differ between two runs, rows in the order of what they say."""
    for path in (output / "tables").iterdir():
        frame = pd.read_parquet(path)
        frame = frame.drop(columns=[name for name in frame if name.endswith("seconds")])
        yield path.name, frame.loc[frame.astype(str).sort_values(list(frame)).index].reset_index(drop=True)


@pytest.mark.slow
def test_nodes_lost_while_the_quickstart_works_change_no_table(quickstart, tmp_path):
    """One while it enumerates, one while it searches, one while it trains: both workers of the training are on such."""
    with cluster_of(0, 1, 1) as (cluster, nodes):
        shutil.copy(quickstart.spec, tmp_path / "spec.yaml")
        run = started(tmp_path, cluster)
        wait_until(run, tmp_path, written(tmp_path, "tables/subsets/*.parquet"))
        lose_one(cluster, nodes)
        wait_until(run, tmp_path, written(tmp_path, "tables/trials/*.parquet"))
        lose_one(cluster, nodes)
        wait_until(run, tmp_path, lambda: "training the best: " in (tmp_path / "said.txt").read_text())
        lose_one(cluster, nodes)
        assert run.wait(timeout=900) == 0, (tmp_path / "said.txt").read_text()
    assert (tmp_path / "shot" / "model" / "model.pt").exists()
    disturbed = dict(every_table(tmp_path / "shot"))
    for name, frame in every_table(quickstart.output):
        pd.testing.assert_frame_equal(disturbed.pop(name), frame, check_exact=True)
    assert not disturbed


@pytest.mark.parametrize(
    "table", [pytest.param("subsets", marks=pytest.mark.long), pytest.param("trials", marks=pytest.mark.slow)]
)
def test_a_lost_head_ends_the_run_with_a_sentence_and_resuming_completes_it(tmp_path, short_folder, table):
    """Lost in the enumeration, where the driver can be interrupted, or in the search, where it hangs in Ray."""
    write(tmp_path, **CHANGES)
    port = free_port()
    command = [*DISTGROUP, "run", "spec.yaml", "--address", f"127.0.0.1:{port}", "--output", "shot"]
    head = start_head(short_folder, port, "--include-dashboard=false")
    try:
        with (tmp_path / "said.txt").open("w") as log:
            run = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
        wait_until(run, tmp_path, written(tmp_path, f"tables/{table}/*.parquet"))
        end(head)
        status, said = run.wait(timeout=300), (tmp_path / "said.txt").read_text()
        assert status == 1, said
        assert re.search(r"distgroup: the Ray head at .* is gone.*in the output.*--resume", said), said
        assert "Traceback" not in said
        head = start_head(short_folder, port, "--include-dashboard=false")
        again = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
    finally:
        end(head)
    trials = tables(tmp_path, "shot")["trials"]
    assert trials["status"].to_list() == ["done"] * 12
