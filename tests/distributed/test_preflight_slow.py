"""A cluster of two nodes that do not share a folder: one joins late, and is waited for; then the output is refused."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from commands.test_run import DISTGROUP, write
from distributed.heads import ENVIRONMENT, RAY, ray_head

pytestmark = pytest.mark.slow


def private_node(address, folder):
    """A node of three CPUs that sees an empty ``folder`` of its own in place of everybody's."""
    join = f'mount -t tmpfs tmpfs "{folder}" && exec {RAY} start --block --address={address} --num-cpus=3'
    command = ["unshare", "--mount", "sh", "-c", join]
    return subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root, to hide a folder from a node"
)


def ended(spec_folder, output, hidden, ready):
    """Exit status of a run, and what it said: once it is ``ready``, a node joins that does not see ``hidden``."""
    with (
        tempfile.TemporaryDirectory(prefix="dg", dir="/tmp", ignore_cleanup_errors=True) as folder,
        ray_head(Path(folder), "--include-dashboard=false") as port,
    ):
        address = f"127.0.0.1:{port}"
        command = [*DISTGROUP, "run", "spec.yaml", "--address", address, "--output", str(output)]
        log = spec_folder / "said.txt"
        with log.open("w") as file:
            run = subprocess.Popen(command, cwd=spec_folder, stdout=file, stderr=file, env=ENVIRONMENT)
        while not ready(log.read_text()):
            assert run.poll() is None, log.read_text()
            time.sleep(0.2)
        late = private_node(address, hidden)
        try:
            return run.wait(timeout=300), log.read_text()
        finally:
            os.killpg(late.pid, signal.SIGKILL)


@root
def test_a_late_node_is_waited_for_and_an_output_that_it_does_not_see_is_refused(tmp_path):
    write(tmp_path, resources={"cpus": 3})
    output = tmp_path / "results"
    output.mkdir()
    waits = "waiting up to 60 s for nodes: 3 CPUs on one node needed"
    status, said = ended(tmp_path, output, output, lambda said: waits in said)
    assert status == 2, said
    assert f"output: {output} is not the same folder on all 2 nodes" in said
    assert "s3://bucket/folder" in said


@root
def test_a_node_that_joins_later_and_does_not_see_the_output_is_named(tmp_path):
    """A run that has begun, with work for more CPUs than there are; the folder is there, but empty."""
    write(tmp_path, seeds=[*range(6)], training={"steps": 20_000, "batch_size": 32})
    output = tmp_path / "results"
    status, said = ended(tmp_path, output, output, lambda _: any(output.glob("tables/points/*.parquet")))
    assert status == 1, said
    assert re.search(rf"output: node [\d.]+ does not see {output}.*--resume", said), said
    assert "Traceback" not in said
