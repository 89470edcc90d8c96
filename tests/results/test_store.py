"""Readers see whole parts or nothing, at any time."""

import pickle
import resource
import subprocess
import sys
from threading import Thread

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distgroup.errors import RequestError
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


def test_an_empty_folder_in_its_place_is_not_the_store(tmp_path):
    """Such as a mount point with nothing mounted."""
    store = Store(tmp_path)
    assert not store.seen()
    store.make()
    assert store.seen()
    assert Store("s3://bucket/run").seen()


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
    schema = pq.read_schema(store.at("subsets", "a").local)
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
    store.at("subsets", "a").local.mkdir(parents=True)
    with pytest.raises(OSError, match=r"a\.parquet"):
        store.write("subsets", "a", rows(0))
    assert [path.name for path in (tmp_path / "tables" / "subsets").iterdir()] == ["a.parquet"]


@pytest.fixture(params=["path", "s3"])
def store(request, tmp_path):
    return Store(request.getfixturevalue("bucket") + "/run" if request.param == "s3" else tmp_path / "run")


def test_a_store_is_the_same_wherever_it_lies(store):
    assert store.empty
    assert store.keys("subsets") == []
    assert store.read("subsets").empty
    store.write("subsets", "b", rows(1, 2))
    store.write("subsets", "a", rows(0))
    store.write("trials", "c", [{"trial_id": "1"}])
    assert store.keys("subsets") == ["a", "b"]
    assert store.has("subsets", "a")
    assert not store.has("trials", "a")
    assert store.read("subsets")["seed"].tolist() == [0] * ROWS_A_PART + [1] * 2
    assert len(store.part("subsets", "b")) == 2
    store.remove("subsets", "a")
    assert store.keys("subsets") == ["b"]
    assert not store.empty


def test_a_column_that_the_table_lacks_is_an_error(store):
    with pytest.raises(ValueError, match="no such column: gian; the table has taskset, seed"):
        store.write("subsets", "a", [{"seed": 0, "gain": 0.1}, {"seed": 1, "gian": 0.1}])
    assert store.empty


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    """One bit of a page, the footer whole: only a checksum can tell."""
    return content[:40] + bytes([content[40] ^ 1]) + content[41:]


def other_columns(_):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"taskset": ["t"], "seed": [0], "spec_hash": ["h"], "colour": ["red"]}), sink)
    return sink.getvalue().to_pybytes()


def other_types(_):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"taskset": ["t"], "seed": ["first"], "spec_hash": ["h"]}), sink)
    return sink.getvalue().to_pybytes()


def no_table(_):
    return b"<html>"


def nothing(_):
    return b""


DAMAGES = [truncated, flipped, other_columns, other_types, no_table, nothing]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_part_is_named_set_aside_and_no_longer_there(store, damage):
    store.write("subsets", "whole", rows(0))
    store.write("subsets", "damaged", rows(1))
    at = store.at("subsets", "damaged")
    bad = damage(at.read())
    at.write(bad)
    with pytest.raises(RequestError, match=r"subsets/damaged\.parquet: damaged \(.+\); `run --resume` sets it aside"):
        store.read("subsets")
    (moved,) = store.set_aside_damaged()
    assert str(at) in str(moved)
    assert "damaged/subsets-damaged." in moved.kept
    assert not store.has("subsets", "damaged")
    assert store.read("subsets")["seed"].tolist() == [0] * ROWS_A_PART
    assert store.set_aside_damaged() == []
    (name,) = (store.location / "damaged").entries()
    assert (store.location / "damaged" / name).read() == bad


def test_a_column_that_an_earlier_version_lacked_is_null(store):
    old = pa.Table.from_pylist([{"taskset": "t", "seed": 3, "spec_hash": "h", "subset": "a"}])
    sink = pa.BufferOutputStream()
    pq.write_table(old, sink)
    store.at("subsets", "old").write(sink.getvalue())
    store.write("subsets", "new", rows(1))
    assert store.set_aside_damaged() == []
    frame = store.read("subsets")
    assert frame["seed"].tolist() == [1] * ROWS_A_PART + [3]
    assert np.isnan(frame["loss"].iloc[-1])


def test_writers_of_the_same_part_at_once_leave_one_whole_part(store):
    writers = [Thread(target=store.write, args=("subsets", "a", rows(seed))) for seed in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(store.part("subsets", "a")) == ROWS_A_PART
    assert list((store.location / "tables" / "subsets").entries()) == ["a.parquet"]


def test_a_store_can_be_sent_to_workers(store):
    store.write("subsets", "a", rows(0))
    sent = pickle.dumps(store)
    assert len(sent) < 1000
    assert len(pickle.loads(sent).read("subsets")) == ROWS_A_PART


def test_unfinished_work_of_a_remote_store_lies_here_at_the_same_place_every_time(bucket, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    scratch = Store(bucket + "/run").scratch
    assert scratch == Store(bucket + "/run").scratch
    assert scratch != Store(bucket + "/other").scratch
    assert scratch.parent == tmp_path / "distgroup"
    assert Store(tmp_path / "run").scratch == tmp_path / "run"
    with pytest.raises(ValueError, match="not on this machine"):
        _ = Store(bucket).root
