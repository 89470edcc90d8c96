import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.results.export import export
from distgroup.results.schema import TABLES
from distgroup.results.store import Store


def filled(place):
    store = Store(place)
    for seed in (0, 1):
        store.write(
            "subsets", f"s{seed}", [{"taskset": "t", "seed": seed, "subset": "a", "task": "a", "loss": seed / 7}]
        )
    store.write("optima", "o", [{"taskset": "t", "kind": "cover", "num_groups": 2}])
    return store


@pytest.fixture(params=["path to path", "path to s3", "s3 to path", "s3 to s3"])
def both(request, tmp_path):
    """A run's output, and a place to export it to."""
    places = {"path": tmp_path, "s3": request.getfixturevalue("bucket") if "s3" in request.param else None}
    source, target = request.param.split(" to ")
    return filled(f"{places[source]}/run"), Location.of(f"{places[target]}/out")


def test_one_file_a_table_with_all_rows_and_the_meaning_of_its_columns(both):
    store, folder = both
    written = {file.name.stem: rows for file, rows in export(store, folder, force=False)}
    assert written == dict.fromkeys(TABLES, 0) | {"subsets": 2, "optima": 1}
    assert list(folder.entries()) == sorted(f"{table}.parquet" for table in TABLES)
    for table, schema in TABLES.items():
        with (folder / f"{table}.parquet").stream() as file:
            found = pq.read_table(file)
        assert found.schema.equals(schema, check_metadata=True)
        pd.testing.assert_frame_equal(found.to_pandas(), store.read(table))


def test_files_that_are_there_are_replaced_only_if_asked(both):
    store, folder = both
    (folder / "optima.parquet").write(b"mine")
    (folder / "notes.txt").write(b"mine")
    with pytest.raises(RequestError, match=rf"{folder}: there is a optima.parquet already; add --force"):
        list(export(store, folder, force=False))
    assert list(folder.entries()) == ["notes.txt", "optima.parquet"]
    assert (folder / "optima.parquet").read() == b"mine"
    list(export(store, folder, force=True))
    assert len(folder.entries()) == len(TABLES) + 1
    assert (folder / "notes.txt").read() == b"mine"


def test_no_tables_no_files(tmp_path):
    with pytest.raises(RequestError, match="no tables there"):
        list(export(Store(tmp_path / "nowhere"), Location.of(tmp_path / "out"), force=False))
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_is_to_be(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RequestError, match="a file stands where"):
        list(export(filled(tmp_path / "run"), Location.of(tmp_path / "file"), force=True))


def test_duckdb_and_pyarrow_read_what_is_in_a_bucket(bucket, s3):
    """DuckDB through a pyarrow data set, as its own reader of S3 is an extension that has to be downloaded."""
    list(export(filled(f"{bucket}/run"), Location.of(f"{bucket}/out"), force=False))
    subsets = ds.dataset(f"{bucket.removeprefix('s3://')}/out/subsets.parquet", filesystem=s3)
    assert subsets.count_rows() == 2
    with duckdb.connect() as connection:
        connection.register("subsets", subsets)
        assert connection.execute("select sum(loss) from subsets").fetchall() == [(1 / 7,)]
