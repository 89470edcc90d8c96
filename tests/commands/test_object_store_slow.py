"""Everything in an S3 bucket: data, output, report, export, and going on."""

import subprocess

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pytest
import yaml
from commands.test_run import DISTGROUP, SPEC, distgroup, tables, write
from pyarrow import fs

from distgroup.location import Location
from distgroup.results.schema import TABLES
from distgroup.tasks.digits_pair import DigitsPair

pytestmark = pytest.mark.slow

KEYS = ["seed", "subset", "split", "task"]


@pytest.fixture(scope="module")
def data(s3):
    """The digits as a table in a bucket; how a spec names it."""
    s3.create_dir("data")
    task_set = DigitsPair(tasks=("left_digit", "sum", "ink")).load()
    frames = []
    for name, split in task_set.splits.items():
        frame = pd.DataFrame(split.inputs[:, ::4]).add_prefix("x_")
        frames.append(
            frame.assign(split=name, even=split.labels[:, 0] % 2, sum=split.labels[:, 1], ink=split.labels[:, 2])
        )
    (Location.of("s3://data") / "digits.parquet").write(pd.concat(frames).to_parquet())
    labels = {"even": "binary", "sum": "regression", "ink": "regression"}
    columns = {name: {"column": name, "kind": kind} for name, kind in labels.items()}
    return {"kind": "table", "path": "s3://data/digits.parquet", "inputs": ["x_*"], "split": "split", "tasks": columns}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, s3, data):
    """A folder with a spec whose output is s3://results/run, and has been run."""
    s3.create_dir("results")
    folder = tmp_path_factory.mktemp("s3")
    write(folder, data=data, output="s3://results/run")
    done = distgroup(folder, "run", "spec.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tables: s3://results/run/tables" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["spec.yaml"]
    return folder


def listed(s3):
    found = s3.get_file_info(fs.FileSelector("results/run/tables", recursive=True))
    return {info.path: info.mtime for info in found if info.is_file}


def read(s3, table):
    return ds.dataset(f"results/run/tables/{table}", filesystem=s3).to_table().to_pandas()


def test_duckdb_reads_them_through_pyarrow(folder, s3):  # noqa: ARG001
    with duckdb.connect() as connection:
        connection.register("subsets", ds.dataset("results/run/tables/subsets", filesystem=s3))
        query = "select count(*) from subsets where split = 'test'"
        assert connection.execute(query).fetchall() == [(24,)]


def test_the_quickstart_s_tables_are_those_of_a_run_in_a_folder(s3, quickstart, tmp_path):
    s3.create_dir("quickstart")
    command = [*DISTGROUP, "run", str(quickstart.spec), "--output", "s3://quickstart/run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {name: ds.dataset(f"quickstart/run/tables/{name}", filesystem=s3) for name in ("subsets", "trials")}
    there = found["subsets"].to_table().to_pandas().drop(columns="seconds").sort_values(KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(there, tables(quickstart.output.parent)["subsets"], check_exact=True)
    assert found["trials"].to_table()["status"].to_pylist() == ["done"] * 40
    with duckdb.connect() as connection:
        for name, table in found.items():
            connection.register(name, table)
        query = "select subset, avg(gain) from subsets where split = 'test' group by subset having count(*) = 4 * 6"
        ((every, gain),) = connection.execute(query).fetchall()
        assert every.count("+") == 5
        rows = found["subsets"].to_table(filter=(ds.field("subset") == every) & (ds.field("split") == "test"))
        assert gain == pytest.approx(rows["gain"].to_pandas().mean())
        query = "select count(distinct trial_id), count(distinct spec_hash) from trials where delta_m_test is not null"
        assert connection.execute(query).fetchall() == [(40, 1)]
    assert (Location.of("s3://quickstart/run") / "model" / "model.pt").exists()


def test_report_and_export(folder, tmp_path):
    report = distgroup(folder, "report", "s3://results/run")
    assert report.returncode == 0, report.stderr
    assert "label_similarity" in report.stdout
    for dest in ("s3://results/exported", str(tmp_path / "exported")):
        done = distgroup(folder, "export", "s3://results/run", dest)
        assert done.returncode == 0, done.stderr
        assert list(Location.of(dest).entries()) == sorted(f"{table}.parquet" for table in TABLES)
    again = distgroup(folder, "export", "s3://results/run", "s3://results/exported")
    assert again.returncode == 2
    assert "add --force" in again.stderr


def test_more_trials_and_a_lost_part_are_made_and_no_other(folder, s3, data):
    before = listed(s3)
    lost = next(path for path in before if "/subsets/" in path)
    s3.delete_file(lost)
    refused = distgroup(folder, "run", "spec.yaml")
    assert refused.returncode == 2
    assert "s3://results/run: already holds results of this spec; add --resume" in refused.stderr
    write(folder, data=data, output="s3://results/run", search=SPEC["search"] | {"trials": 6})
    done = distgroup(folder, "run", "spec.yaml", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    after = listed(s3)
    made = {path for path in after if after[path] != before.get(path) and "/optima/" not in path}
    assert lost in made
    assert {path.split("/")[3] for path in made - {lost}} <= {"trials", "affinities", "points"}
    assert len(read(s3, "trials")) == 6
    assert len(read(s3, "subsets")) == 48
    assert yaml.safe_load((Location.of("s3://results/run") / "spec.yaml").read())["search"]["trials"] == 6


def test_a_bucket_that_is_not_there_is_one_message(folder):
    done = distgroup(folder, "run", "spec.yaml", "--output", "s3://nowhere/run")
    assert done.returncode == 1
    assert "s3://nowhere/run" in done.stderr
    assert "The specified bucket does not exist" in done.stderr
    assert "Traceback" not in done.stderr
