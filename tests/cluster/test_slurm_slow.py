"""slurm.sbatch, with Slurm's two commands stood in for: its Ray, and the run in it, are real."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from commands.test_run import tables, write

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "cluster" / "slurm.sbatch"

# What srun and scontrol do in the script, on a machine that is both hosts of the allocation.
SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do shift; done
exec "$@"
"""
SCONTROL = """#!/bin/bash
[ "$1 $2" = "show hostnames" ] && tr , "\\n" <<<"$3"
"""


def test_a_spec_runs_in_an_allocation_of_two_hosts(tmp_path):
    write(tmp_path)
    (tmp_path / "bin").mkdir()
    for name, text in (("srun", SRUN), ("scontrol", SCONTROL)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "activate").write_text(f"PATH={Path(sys.executable).parent}:$PATH")
    with tempfile.TemporaryDirectory(prefix="dg", dir="/tmp", ignore_cleanup_errors=True) as short:
        allocation = {
            "SLURM_JOB_NODELIST": "one,two",
            "SLURM_JOB_ID": str(os.getpid()),
            "SLURM_CPUS_PER_TASK": "1",
            "DISTGROUP_VENV": str(tmp_path / "venv"),
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "RAY_TMPDIR": short,
            "RAY_AUTH_MODE": "disabled",
        }
        with (tmp_path / "said.txt").open("w") as log:
            job = subprocess.Popen(
                ["bash", SCRIPT, "spec.yaml", str(tmp_path / "results")],
                cwd=tmp_path,
                env=os.environ | allocation,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            status = job.wait(timeout=580)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(job.pid, signal.SIGKILL)
    said = (tmp_path / "said.txt").read_text()
    assert status == 0, said
    assert "optimum, any" in said
    assert len(tables(tmp_path)["trials"]) == 5
