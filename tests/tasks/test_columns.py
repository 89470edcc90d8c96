"""Inputs of a table that comes later: the same columns, in the same order, as the task set was made of."""

import numpy as np
import pandas as pd
import pytest
from test_table import table

from distgroup.tasks.columns import Columns
from distgroup.tasks.digits_pair import DigitsPair
from distgroup.tasks.series import Series
from distgroup.tasks.taskset import SPLITS


def test_a_row_of_a_table_is_its_columns_in_their_order():
    frame = pd.DataFrame({"b": [1, 2], "a": [True, False], "c": [0.5, None]}, index=["x", "y"])
    values, index = Columns(("c", "a", "b")).read(frame)
    np.testing.assert_array_equal(values, [[0.5, 1, 1], [np.nan, 0, 2]])
    assert index.tolist() == ["x", "y"]


@pytest.mark.parametrize("kind", ["Int64", "Float32", "boolean", "object", "category"])
def test_numbers_of_every_kind_are_read(kind):
    values, _ = Columns(("a",)).read(pd.DataFrame({"a": pd.Series([1, 0, None], dtype=kind)}))
    np.testing.assert_array_equal(values[:, 0], [1, 0, np.nan])


def test_windows_are_step_after_step_and_named_by_their_last_row():
    frame = pd.DataFrame({"a": range(4), "b": range(10, 14)}, index=list("wxyz"))
    values, index = Columns(("a", "b"), window=3).read(frame)
    np.testing.assert_array_equal(values, [[0, 10, 1, 11, 2, 12], [1, 11, 2, 12, 3, 13]])
    assert index.tolist() == ["y", "z"]


def test_the_table_that_a_task_set_was_made_of_gives_its_inputs_again(houses, write):
    houses.loc[3, "x_area"] = None
    found = table().load(write(houses))
    values, index = found.columns.read(houses)
    scaled = np.nan_to_num(found.input_scaler(values))
    for split in SPLITS:
        np.testing.assert_array_equal(scaled[(houses["split"] == split)[index]], found.splits[split].inputs)


def test_so_does_a_series(write):
    frame = pd.DataFrame({"y_a": np.arange(60.0), "y_b": np.arange(60.0) ** 2})
    options = {"columns": ["y_*"], "window": 5, "horizon": 2, "split": {"train": 0.5, "val": 0.25, "test": 0.25}}
    found = Series(path="s.parquet", **options).load(write(frame, "s.parquet"))
    values, index = found.columns.read(frame)
    train = found.splits["train"].inputs
    np.testing.assert_allclose(found.input_scaler(values)[: len(train)], train)
    assert index[0] == 4


def test_inputs_without_names_are_called_by_number():
    found = DigitsPair(tasks=("ink",)).load()
    assert found.columns.names[:2] == ("x_0", "x_1")
    assert len(found.columns.names) == found.features


def test_classes_of_a_table_are_its_labels(houses, write):
    price, sold, colour = table().load(write(houses)).tasks
    assert price.classes is None
    assert sold.classes == (False, True)
    assert colour.classes == ("blue", "green", "red")
