"""`Table`: what it reads from parquet and CSV, and one clear refusal for each kind of bad input."""

import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from docstring_example import example
from pyarrow import parquet
from pydantic import ValidationError

from distgroup.errors import RequestError
from distgroup.tasks import datafile
from distgroup.tasks.table import Table
from distgroup.tasks.taskset import SPLITS

TASKS = {
    "price": {"column": "y_price", "kind": "regression"},
    "sold": {"column": "y_sold", "kind": "binary"},
    "colour": {"column": "y_colour", "kind": "multiclass"},
}


def table(**changes):
    return Table(**({"path": "houses.parquet", "inputs": ["x_*"], "split": "split", "tasks": TASKS} | changes))


def refused(folder, match, **changes):
    with pytest.raises(RequestError, match=match) as refusal:
        table(**changes).load(folder)
    assert str(folder) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def load(folder, **changes):
    return table(**changes).load(folder)


def test_the_example_in_the_docstring(houses, write):
    houses["area"] = houses["x_area"]
    found = Table(**example(Table)).load(write(houses))
    assert found.name == "houses"
    assert [(task.name, task.kind, task.outputs) for task in found.tasks] == [
        ("price", "regression", 1),
        ("sold", "binary", 1),
        ("colour", "multiclass", 3),
    ]
    assert {split: len(data) for split, data in found.splits.items()} == {"train": 36, "val": 12, "test": 8}


@pytest.mark.parametrize("name", ["houses.parquet", "houses.csv"])
def test_values_and_their_places(houses, write, name):
    found = load(write(houses, name), path=name)
    numbers = houses[["x_area", "x_rooms", "x_garden"]].to_numpy(float)
    train = (houses["split"] == "train").to_numpy()
    scaled = (numbers - numbers[train].mean(axis=0)) / numbers[train].std(axis=0)
    for split in SPLITS:
        rows = (houses["split"] == split).to_numpy()
        labels = found.splits[split].labels
        np.testing.assert_allclose(found.splits[split].inputs, scaled[rows])
        price = (houses["y_price"] - houses["y_price"][train].mean()) / houses["y_price"][train].std(ddof=0)
        np.testing.assert_allclose(labels[:, 0], price[rows])
        np.testing.assert_array_equal(labels[:, 1], houses["y_sold"][rows])
        np.testing.assert_array_equal(labels[:, 2], houses["y_colour"][rows].map({"blue": 0, "green": 1, "red": 2}))


def test_csv_and_parquet_agree(houses, write):
    houses.loc[3, "x_area"] = houses.loc[5, "y_price"] = np.nan
    houses.loc[7, "y_colour"] = None
    write(houses, "houses.csv")
    assert load(write(houses)).digest == load(write(houses), path="houses.csv").digest


def test_a_csv_whose_column_turns_out_to_be_fractional_late(write, monkeypatch):
    monkeypatch.setattr(datafile, "BLOCK", 1 << 10)
    rows = 2_000
    values = pd.Series(np.arange(rows) % 7, dtype=object)
    values.iloc[-1] = 0.5
    frame = pd.DataFrame({"x_a": values, "y_price": np.arange(rows), "split": "train"})
    frame.loc[:9, "split"], frame.loc[10:19, "split"], frame.loc[20:29, "split"] = "val", "test", None
    found = load(write(frame, "late.csv"), path="late.csv", tasks={"price": TASKS["price"]})
    assert {split: len(data) for split, data in found.splits.items()} == {"train": rows - 30, "val": 10, "test": 10}
    assert found.input_scaler.mean == pytest.approx(values[30:].astype(float).mean())


def test_missing_values(houses, write):
    houses["y_sold"] = houses["y_sold"].astype("boolean")
    houses.loc[[0, 40], "y_sold"] = pd.NA
    houses.loc[1, "y_colour"] = None
    houses.loc[38, "x_rooms"] = np.nan
    found = load(write(houses)).splits
    assert np.flatnonzero(np.isnan(found["train"].labels[:, 1])).tolist() == [0]
    assert np.flatnonzero(np.isnan(found["val"].labels[:, 1])).tolist() == [4]
    assert np.flatnonzero(np.isnan(found["train"].labels[:, 2])).tolist() == [1]
    assert found["val"].inputs[2, 1] == 0


def test_nan_that_parquet_does_not_know_as_missing(houses, tmp_path):
    houses["y_sold"] = houses["y_sold"].astype(float)
    houses.loc[0, "y_sold"] = np.nan
    parquet.write_table(
        pa.table({name: pa.array(houses[name].to_numpy(), from_pandas=False) for name in houses}),
        tmp_path / "houses.parquet",
    )
    assert np.isnan(load(tmp_path).splits["train"].labels[0, 1])


def test_columns_of_other_types(houses, write):
    expected = load(write(houses)).digest
    houses["split"] = houses["split"].astype("category")
    houses["y_colour"] = houses["y_colour"].astype("category")
    houses["x_rooms"] = [decimal.Decimal(int(rooms)) for rooms in houses["x_rooms"]]
    houses["x_garden"] = houses["x_garden"].astype("uint8")
    assert load(write(houses)).digest == expected


def test_classes_are_sorted_as_numbers_and_told_apart_when_large(houses, write):
    houses["y_colour"] = np.array([2**60 + 1, 9, 2**60])[np.arange(60) % 3]
    assert load(write(houses)).splits["train"].labels[:3, 2].tolist() == [2, 0, 1]


def test_classes_of_unused_rows_do_not_count(houses, write):
    houses.loc[houses["split"] == "unused", "y_colour"] = "azure"
    found = load(write(houses), tasks={"sold": TASKS["sold"], "colour": TASKS["colour"]})
    assert found.tasks[1].outputs == 3


def test_inputs_stand_in_the_order_named_and_once(houses, write):
    every = load(write(houses)).splits["val"].inputs
    found = load(write(houses), inputs=["x_garden", "x_*", "x_area"]).splits["val"].inputs
    np.testing.assert_array_equal(found, every[:, [2, 0, 1]])


def test_a_name_that_looks_like_a_glob(houses, write):
    folder = write(houses.rename(columns={"x_area": "area[m*]"}))
    assert load(folder, inputs=["area[m*]"]).features == 1


def test_two_tasks_may_read_one_column(houses, write):
    tasks = {"price": TASKS["price"], "again": TASKS["price"]}
    labels = load(write(houses), tasks=tasks).splits["test"].labels
    np.testing.assert_array_equal(labels[:, 0], labels[:, 1])


def test_the_path_starts_at_the_folder_given_unless_absolute(houses, write, monkeypatch):
    folder = write(houses)
    monkeypatch.chdir(folder)
    digest = load(folder).digest
    assert table().load().digest == digest
    assert table(path=folder / "houses.parquet").load(Path("/nowhere")).digest == digest


def test_fractions_are_random_and_follow_their_seed(houses, write):
    folder = write(houses)
    digests = {load(folder, split={"seed": seed}).digest for seed in (0, 1, 2)}
    assert len(digests) == 3
    assert load(folder, split={}).digest == load(folder, split={"seed": 0}).digest


def test_options_are_hashable_and_frozen():
    assert hash(table()) == hash(table())
    assert hash(table()) != hash(table(split={}))
    with pytest.raises(ValidationError):
        table().path = Path("other.parquet")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"split": {"train": 0.5}}, r"train \+ val \+ test is 0.8; it must be 1"),
        ({"split": {"train": 0.7, "val": 0.3, "test": 0}}, "greater than 0"),
        ({"tasks": {"a+b": TASKS["sold"]}}, r"'a\+b'.* must not be empty nor hold"),
        ({"tasks": {"a|b": TASKS["sold"]}}, r"must not be empty nor hold"),
        ({"tasks": {"a": {"column": "y_sold", "kind": "logistic"}}}, "'regression', 'binary' or 'multiclass'"),
        ({"tasks": {}}, "at least 1"),
        ({"inputs": []}, "at least 1"),
    ],
)
def test_refuses_options(changes, match):
    with pytest.raises(ValidationError, match=match):
        table(**changes)


def test_refuses_files(houses, write, tmp_path):
    write(houses)
    refused(tmp_path, "home.parquet: there is no such file", path="home.parquet")
    refused(tmp_path, r"suffix is '.xlsx'; it must be one of .parquet, .csv", path="houses.xlsx")
    for name in ("houses.parquet", "houses.csv"):
        for content in (b"", b"\x00\x01 not a table"):
            (tmp_path / name).write_bytes(content)
            refused(tmp_path, "cannot be read as" if not content else name, path=name)
    (tmp_path / "folder.parquet").mkdir()
    refused(tmp_path, "cannot be read as parquet", path="folder.parquet")
    (tmp_path / "ragged.csv").write_text("x_a,y_price,y_sold,y_colour,split\n1,2\n")
    refused(tmp_path, "cannot be read as csv: .*Expected 5 columns, got 2", path="ragged.csv")
    (tmp_path / "twice.csv").write_text("x_a,x_a\n1,2\n")
    refused(tmp_path, "more than one column is called 'x_a'", path="twice.csv")


@pytest.mark.parametrize("name", ["houses.parquet", "houses.csv"])
def test_refuses_a_file_without_rows(houses, write, name):
    refused(write(houses[:0], name), f"{name}: the file has columns but no rows", path=name)


def test_refuses_columns_that_are_not_there(houses, write):
    folder = write(houses)
    price = {"price": {"column": "y_prize", "kind": "regression"}}
    refused(folder, r"data\.tasks\.price\.column: no column 'y_prize'; did you mean 'y_price'", tasks=price)
    refused(folder, r"data\.inputs: no column 'x_aera'; did you mean 'x_area'", inputs=["x_aera"])
    refused(folder, r"data\.inputs: no column matches 'z_\*'; the file has 'x_area'", inputs=["x_*", "z_*"])
    refused(folder, r"data\.split: no column 'fold'", split="fold")


def test_refuses_inputs_that_give_the_answer_away(houses, write):
    folder = write(houses)
    refused(folder, r"'y_price' is both an input \(data\.inputs\) and data\.tasks\.price\.column", inputs=["y_price"])
    refused(folder, r"'split' is both an input \(data\.inputs\) and data\.split", inputs=["x_*", "s*"])


def test_refuses_inputs_that_are_not_numbers(houses, write):
    folder = write(houses.assign(x_day=pd.Timestamp("2020-01-01"), x_list=[[1.0]] * 60))
    refused(folder, "data.inputs: column 'note' holds text, e.g. 'none'; it must hold numbers", inputs=["note"])
    refused(folder, "data.inputs: column 'x_day' holds timestamp", inputs=["x_day"])
    refused(folder, "data.inputs: column 'x_list' holds list", inputs=["x_list"])


def test_refuses_values_that_are_infinite_or_never_known(houses, write):
    houses.loc[38, "x_area"] = np.inf
    refused(write(houses), "houses.parquet: input 'x_area' is infinite somewhere in split 'val'")
    houses["x_area"] = np.nan
    refused(write(houses), "houses.parquet: input 'x_area' has no value at all in split 'train'")
    houses["x_area"] = 1.0
    houses.loc[0, "y_price"] = -np.inf
    refused(write(houses), "houses.parquet: task 'price', split 'train': it has an infinite label")


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_refuses_labels_that_cannot_be_learned(houses, write, kind):
    tasks = {"t": {"column": "y_t", "kind": kind}}
    refused(write(houses.assign(y_t=None)), "houses.parquet: task 't', split 'train': it has no label", tasks=tasks)
    refused(write(houses.assign(y_t=3)), "houses.parquet: task 't', split 'train': its label is constant", tasks=tasks)


def test_refuses_labels_of_the_wrong_kind(houses, write):
    folder = write(houses.assign(y_day=pd.Timestamp("2020-01-01")))
    text = {"t": {"column": "y_colour", "kind": "regression"}}
    refused(folder, r"data\.tasks\.t\.column: column 'y_colour' holds text, e\.g\. 'red'; it must hold", tasks=text)
    three = {"t": {"column": "y_colour", "kind": "binary"}}
    refused(folder, "'y_colour' holds 3 different values, 'blue', 'green', 'red'; a binary task has two", tasks=three)
    area = {"t": {"column": "y_price", "kind": "multiclass"}}
    refused(folder, r"'y_price' holds 56 different values in 56 rows, .*: these are no classes", tasks=area)
    day = {"t": {"column": "y_day", "kind": "multiclass"}}
    refused(folder, "classes must be numbers, booleans or text", tasks=day)


def test_refuses_a_split_without_rows(houses, write):
    houses["split"] = houses["split"].replace("val", "validation")
    only = {"price": TASKS["price"]}
    refused(write(houses), r"no row has 'val' in column 'split', which holds 'train', 'validation', 'test', 'unused'")
    refused(write(houses), "data.split: .* which holds", split="y_sold", tasks=only)
    refused(write(houses), "data.split: .* which holds .* and 52 more", split="x_area", inputs=["x_rooms"])
    listed = houses.assign(split=[["train"]] * 60)
    refused(write(listed), "data.split: column 'split' holds list<.*>; it must hold text")
    refused(write(houses[:2]), "split 'test' has no rows", split={})


KINDS = {
    "rf1": {"regression": 8},
    "flights": {"regression": 5, "binary": 3},
    "tox21": {"binary": 12},
}


@pytest.mark.parametrize("name", KINDS)
def test_real_tables(shared_data, name):
    frame = pd.read_parquet(shared_data / f"{name}.parquet")
    columns = [column for column in frame if column.startswith("y_")]
    tasks = {
        column: {"column": column, "kind": "binary" if frame[column].dropna().isin([0, 1]).all() else "regression"}
        for column in columns
    }
    found = load(shared_data, path=f"{name}.parquet", tasks=tasks)
    kinds = [task.kind for task in found.tasks]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == KINDS[name]
    for split, data in found.splits.items():
        part = frame[frame["split"] == split]
        assert data.inputs.shape == (len(part), sum(column.startswith("x_") for column in frame))
        assert np.isfinite(data.inputs).all()
        np.testing.assert_array_equal(np.isnan(data.labels), part[columns].isna())
    np.testing.assert_allclose(found.splits["train"].inputs.mean(axis=0), 0, atol=1e-6)
