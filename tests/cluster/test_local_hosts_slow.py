"""onpremise.yaml on three hosts that are namespaces of this machine, one of which is unplugged while it works."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from commands.test_run import tables

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "cluster" / "local_hosts.sh"

MOUNTS = """
mount -t tmpfs tmpfs /tmp && mkdir /tmp/up /tmp/work
mount -t overlay overlay -o "lowerdir=$HOME,upperdir=/tmp/up,workdir=/tmp/work" "$HOME"
"""
TRIED = ("ip netns add dg-tried && ip netns delete dg-tried", f"unshare --mount --pid --fork sh -c '{MOUNTS}'")


def missing():
    """What this machine lacks, or None."""
    if SCRIPT.is_relative_to("/tmp"):
        return "the project lies in /tmp, of which each host has its own"
    if os.geteuid() != 0:
        return "root is needed to make network namespaces"
    if lacking := [tool for tool in ("ip", "ssh", "rsync", "unshare", "nsenter") if shutil.which(tool) is None]:
        return f"{', '.join(lacking)} not installed"
    if not Path("/usr/sbin/sshd").exists():
        return "sshd not installed"
    for command in TRIED:
        tried = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        if tried.returncode:
            return f"no such namespaces or mounts here: {tried.stderr.strip()}"
    return None


def test_a_host_unplugged_while_the_quickstart_works_costs_no_result(quickstart):
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="distgroup-", dir="/var/tmp") as folder:
        command = [SCRIPT, quickstart.spec, f"{folder}/results"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "unplugging host two" in done.stdout
        assert "succeeded" in done.stdout
        assert Path(folder, "results", "model", "model.pt").exists()
        undisturbed = tables(quickstart.output.parent)
        for name, frame in tables(Path(folder)).items():
            pd.testing.assert_frame_equal(frame, undisturbed[name], check_exact=True)
    assert "dg-" not in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
