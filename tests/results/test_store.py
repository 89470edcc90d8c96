"""Readers see whole parts or nothing, at any time."""

import resource
import subprocess
import sys
from threading import Thread

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from distgroup.results.schema import TABLES
from distgroup.results.store import Store

ROWS_A_PART = 50


def rows(part, count=ROWS_A_PART):
    return [
        {"taskset": "t", "seed": part, "spec_hash": "h", "subset": "a+b", "task": "a", "split": "val", "loss": i / 7}
        for i in range(count)
    ]


def test_what_is_written_is_read_in_the_order_of_keys(tmp_path):
    store = Store(tmp_path)
    store.write("subsets", "b", rows(1, 2))
    store.write("subsets", "a", rows(0, 3))
    frame = store.read("subsets")
    assert list(frame.columns) == TABLES["subsets"].names
    assert frame["seed"].tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(frame["loss"], [0, 1 / 7, 2 / 7, 0, 1 / 7])
    assert frame["gain"].isna().all()
    pd.testing.assert_frame_equal(store.part("subsets", "b"), frame[3:].reset_index(drop=True))
    assert store.has("subsets", "a")
    assert not store.has("subsets", "c")
    assert not store.has("trials", "a")


def test_a_table_without_parts_is_an_empty_frame(tmp_path):
    frame = Store(tmp_path / "nowhere").read("optima")
    assert frame.empty
    assert list(frame.columns) == TABLES["optima"].names


def test_a_part_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        Store(tmp_path).part("subsets", "a")


def test_the_same_part_written_twice_is_there_once(tmp_path):
    store = Store(tmp_path)
    for _ in range(2):
        store.write("subsets", "a", rows(0))
    assert len(store.read("subsets")) == ROWS_A_PART
    assert [path.name for path in (tmp_path / "tables" / "subsets").iterdir()] == ["a.parquet"]


def test_descriptions_and_units_are_in_the_files(tmp_path):
    store = Store(tmp_path)
    store.write("subsets", "a", rows(0))
    schema = pq.read_schema(store.path("subsets", "a"))
    assert schema.equals(TABLES["subsets"], check_metadata=True)
    assert schema.field("seconds").metadata[b"unit"] == b"s"


def test_empty_until_the_first_part(tmp_path):
    store = Store(tmp_path)
    assert store.empty
    hidden = tmp_path / "tables" / "subsets" / ".a.1.tmp"
    hidden.parent.mkdir(parents=True)
    hidden.write_bytes(b"PAR1")
    assert store.empty
    store.write("subsets", "a", rows(0, 1))
    assert not store.empty


FAILS_HALFWAY = """
import resource, sys
from pathlib import Path
from distgroup.results.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
rows = [{"taskset": "t", "seed": i, "spec_hash": "h", "loss": hash((i, "x")) / 7} for i in range(50_000)]
try:
    Store(Path(sys.argv[1])).write("subsets", "a", rows)
except OSError as error:
    print("refused", error)
"""


def test_a_write_that_fails_halfway_leaves_nothing(tmp_path):
    """The disk gives out in the middle of a part: as if it were full, files may not grow past 20 kB."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] in (resource.RLIM_INFINITY, 2**63 - 1)
    store = Store(tmp_path)
    store.write("subsets", "before", rows(0))
    done = subprocess.run([sys.executable, "-c", FAILS_HALFWAY, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("refused")
    assert [path.name for path in (tmp_path / "tables" / "subsets").iterdir()] == ["before.parquet"]
    assert len(store.read("subsets")) == ROWS_A_PART


def test_rows_of_a_wrong_type_leave_nothing_and_keep_what_was_there(tmp_path):
    store = Store(tmp_path)
    store.write("subsets", "a", rows(0))
    with pytest.raises(Exception, match="many"):
        store.write("subsets", "a", [{"steps": "many"}])
    assert [path.name for path in (tmp_path / "tables" / "subsets").iterdir()] == ["a.parquet"]
    assert len(store.part("subsets", "a")) == ROWS_A_PART


def pandas_sees(folder):
    return pd.read_parquet(folder)


def duckdb_sees(folder):
    with duckdb.connect() as connection:
        return connection.execute(f"select * from '{folder}/*.parquet'").df()


def store_sees(folder):
    return Store(folder.parents[1]).read("subsets")


@pytest.mark.parametrize("sees", [pandas_sees, duckdb_sees, store_sees])
def test_a_half_part_that_a_killed_writer_left_is_not_seen(tmp_path, sees):
    store = Store(tmp_path)
    store.write("subsets", "a", rows(0))
    folder = tmp_path / "tables" / "subsets"
    whole = (folder / "a.parquet").read_bytes()
    (folder / ".b.4711.tmp").write_bytes(whole[: len(whole) // 2])
    assert len(sees(folder)) == ROWS_A_PART


@pytest.mark.parametrize("sees", [pandas_sees, duckdb_sees, store_sees])
def test_tables_can_be_read_while_parts_are_written(tmp_path, sees):
    store, parts = Store(tmp_path), 60
    store.write("subsets", "00", rows(0))

    def write():
        for part in range(1, parts):
            store.write("subsets", f"{part:02d}", rows(part))
            store.write("subsets", "00", rows(0))

    writer = Thread(target=write)
    writer.start()
    seen = 0
    while writer.is_alive():
        frame = sees(tmp_path / "tables" / "subsets")
        counts = frame["seed"].value_counts()
        assert (counts == ROWS_A_PART).all()
        assert len(counts) >= seen
        seen = len(counts)
    assert len(sees(tmp_path / "tables" / "subsets")) == parts * ROWS_A_PART


def test_a_part_that_cannot_be_put_in_its_place_leaves_nothing_beside_it(tmp_path):
    store = Store(tmp_path)
    store.path("subsets", "a").mkdir(parents=True)
    with pytest.raises(OSError, match=r"a\.parquet"):
        store.write("subsets", "a", rows(0))
    assert [path.name for path in (tmp_path / "tables" / "subsets").iterdir()] == ["a.parquet"]
