"""Points of a sweep whose tasks fail every time: a row says why, the other points go on, and the exit status is 1."""

import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from commands.test_run import DISTGROUP, SPEC, distgroup, write
from distributed.heads import ENVIRONMENT, ray_head
from ray._common.utils import get_system_memory
from ray._private.utils import get_used_memory

pytestmark = pytest.mark.slow

BRIEF = {"search": SPEC["search"] | {"trials": 2}}


def rows(folder):
    """Status of each trial, and the errors."""
    trials = pd.read_parquet(folder / "results" / "tables" / "trials").sort_values("status")
    return dict(zip(trials["trial_id"], trials["status"], strict=True)), trials["error"].dropna().to_list()


def test_a_task_that_raises_every_time_is_a_failed_row_and_the_other_points_go_on(tmp_path):
    write(tmp_path, sweep={"model.encoder.widths": [[1_000_000_000_000], [8]]}, **BRIEF)
    done = distgroup(tmp_path, "run", "spec.yaml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    status, (error,) = rows(tmp_path)
    assert status == {"00000": "done", "00001": "done", "ground_truth": "failed"}
    assert "can't allocate memory" in error
    assert "can't allocate memory" in " ".join(done.stdout.split())


def test_a_worker_that_ray_kills_for_its_memory_is_a_failed_row_and_the_other_points_go_on(tmp_path):
    """Two stacks of more than 4 GiB each, with gradients and moments, where Ray kills once 4 GiB more are used."""
    write(tmp_path, sweep={"model.encoder.widths": [[10_000, 10_000], [8]]}, **BRIEF)
    guarded = (get_used_memory() + 4 * 2**30) / get_system_memory()
    if guarded > 0.9:
        pytest.skip("less than 4 GiB of memory free")
    monitor = {"RAY_memory_usage_threshold": f"{guarded:.3f}", "RAY_memory_monitor_refresh_ms": "100"}
    with (
        tempfile.TemporaryDirectory(prefix="dg", dir="/tmp", ignore_cleanup_errors=True) as short,
        ray_head(Path(short), "--include-dashboard=false", environment=monitor) as port,
    ):
        done = subprocess.run(
            [*DISTGROUP, "run", "spec.yaml", "--address", f"127.0.0.1:{port}"],
            cwd=tmp_path,
            env=ENVIRONMENT | {"RAY_task_oom_retries": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    status, (error,) = rows(tmp_path)
    assert status == {"00000": "done", "00001": "done", "ground_truth": "failed"}
    assert "OutOfMemoryError" in error
    assert "\n" not in error
