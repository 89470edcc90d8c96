"""The command line as a user meets it: in a process of its own, with a Ray of its own."""

import getpass
import os
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from distgroup.location import Location
from distgroup.results.lock import locked

SPEC = {
    "name": "tiny",
    "seeds": [0, 1],
    "data": {"kind": "digits_pair", "tasks": ["left_digit", "sum", "ink"]},
    "model": {"encoder": {"kind": "mlp", "widths": [8]}},
    "training": {"steps": 20, "batch_size": 32},
    "ground_truth": {"update": ["separate"]},
    "search": {
        "trials": 5,
        "space": {"estimator": ["random", "label_similarity", "gradient_cosine"], "num_groups": [1, 2, "auto"]},
    },
    "output": "results",
}

DISTGROUP = (str(Path(sys.executable).with_name("distgroup")),)

ONE_CPU = (
    sys.executable,
    "-c",
    "import ray; ray.init(address='local', num_cpus=1, log_to_driver=False); import distgroup.cli as c; c.main()",
)


def distgroup(folder: Path, *arguments: str, program: tuple[str, ...] = DISTGROUP) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*program, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def write(folder: Path, **changes: object) -> None:
    (folder / "spec.yaml").write_text(yaml.safe_dump(SPEC | changes))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write(folder)
    done = distgroup(folder, "run", "spec.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "optimum, any" in done.stdout
    assert "noise ceiling" in done.stdout
    return folder


def tables(folder: Path, output: str = "results") -> dict[str, pd.DataFrame]:
    keys = {"subsets": ["seed", "subset", "split", "task"], "optima": ["kind", "num_groups"], "trials": ["trial_id"]}
    keys["affinities"] = ["estimator", "options", "seed", "source", "target"]
    frames = {}
    for name, key in keys.items():
        frame = pd.read_parquet(folder / output / "tables" / name).sort_values(key, ignore_index=True)
        frames[name] = frame.drop(columns=["seconds", "cost_seconds"], errors="ignore")
    return frames


def test_all_four_tables_are_there_and_typed(folder):
    found = tables(folder)
    assert len(found["subsets"]) == 2 * 2 * 12
    assert len(found["optima"]) == 6
    assert len(found["trials"]) == 5
    assert all(
        set(frame["taskset"]) == {"digits_pair"} and frame["spec_hash"].nunique() == 1 for frame in found.values()
    )


def test_duckdb_reads_the_tables(folder):
    query = f"select count(*) from '{folder}/results/tables/subsets/*.parquet' where split = 'test'"
    assert duckdb.sql(query).fetchall() == [(24,)]


@pytest.mark.slow
def test_tables_do_not_depend_on_the_number_of_workers(folder):
    done = distgroup(folder, "run", "spec.yaml", "--output", "one", program=ONE_CPU)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, frame in tables(folder, "one").items():
        pd.testing.assert_frame_equal(frame, tables(folder)[name], check_exact=True)


def test_the_report_comes_from_the_tables_alone(folder):
    done = distgroup(folder, "report", "results")
    assert done.returncode == 0
    assert "label_similarity" in done.stdout


def test_a_damaged_part_is_named_by_the_report(folder):
    part = min((folder / "results" / "tables" / "subsets").glob("*.parquet"))
    whole = part.read_bytes()
    part.write_bytes(whole[:100])
    refused = distgroup(folder, "report", "results")
    part.write_bytes(whole)
    assert refused.returncode == 2
    assert f"{part}: damaged" in refused.stderr


def untouched(output: Path) -> dict[Path, int]:
    """When each file was last written, but for the lock, which every run takes."""
    return {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.name != ".lock"}


def test_a_second_run_is_refused_and_loses_nothing(folder):
    before = untouched(folder / "results")
    done = distgroup(folder, "run", "spec.yaml")
    assert done.returncode == 2
    assert "--resume" in done.stderr
    assert before == untouched(folder / "results")


def test_a_run_while_another_is_at_the_same_output_is_refused(folder):
    with locked(Location.of(folder / "results")):
        done = distgroup(folder, "run", "spec.yaml", "--resume")
    assert done.returncode == 2
    assert f"results: in use by another run ({getpass.getuser()} on " in done.stderr
    assert f"process {os.getpid()}, since" in done.stderr


def test_another_spec_is_refused_with_the_difference(folder):
    write(folder, training={"steps": 21, "batch_size": 32})
    done = distgroup(folder, "run", "spec.yaml", "--resume")
    write(folder)
    assert done.returncode == 2
    assert "training.steps: there 20, here 21" in done.stderr


def test_a_run_that_is_killed_and_then_damaged_goes_on_and_only_makes_what_is_lost(folder):
    """Its tables can be read all the while, but for a part that is broken: that one is named and made again."""
    write(folder, training={"steps": 1500, "batch_size": 32})
    process = subprocess.Popen(
        [*DISTGROUP, "run", "spec.yaml", "--output", "long"], cwd=folder, stdout=subprocess.DEVNULL
    )
    parts = folder / "long" / "tables" / "subsets"
    while len(list(parts.glob("*.parquet"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    assert len(pd.read_parquet(parts)) >= 6
    assert duckdb.sql(f"select min(loss) from '{parts}/*.parquet'").fetchall()[0][0] > 0
    process.kill()
    process.wait()
    broken, *others = sorted(parts.glob("*.parquet"))
    whole, kept = broken.read_bytes(), {path: path.stat().st_mtime_ns for path in others}
    broken.write_bytes(whole[:100])
    done = distgroup(folder, "run", "spec.yaml", "--output", "long", "--resume")
    write(folder)
    assert done.returncode == 0, done.stderr
    assert f"{broken}: damaged" in done.stdout
    (aside,) = (folder / "long" / "damaged").iterdir()
    assert aside.read_bytes() == whole[:100]
    assert kept.items() <= {path: path.stat().st_mtime_ns for path in parts.glob("*.parquet")}.items()
    before, again = (pd.read_parquet(part).drop(columns="seconds") for part in (BytesIO(whole), broken))
    pd.testing.assert_frame_equal(before, again, check_exact=True)
    assert len(pd.read_parquet(parts)) == 48
