"""`Series`: windows and targets as defined, nothing of one split seen in another, scaled on train only."""

import numpy as np
import pandas as pd
import pytest
from docstring_example import example
from hypothesis import given
from hypothesis import strategies as st

from distgroup.errors import RequestError
from distgroup.tasks.series import Series
from distgroup.tasks.taskset import SPLITS


def frame(rows=100):
    """Two series whose values tell the step: t and 1000 + t²."""
    steps = np.arange(rows)
    splits = np.select([steps < rows * 0.6, steps < rows * 0.8], ["train", "val"], "test")
    return pd.DataFrame({"y_t": steps, "y_square": 1000 + steps**2.0, "split": splits, "note": "none"})


def series(**changes):
    options = {"path": "series.parquet", "columns": ["y_*"], "window": 5, "horizon": 3, "split": "split"}
    return Series(**options | changes)


def load(folder, **changes):
    return series(**changes).load(folder)


def steps_seen(found, split):
    """Of each window the steps of its inputs [windows, window], and that of its target [windows]."""
    data, scaler = found.splits[split], found.input_scaler
    inputs = (data.inputs * scaler.scale + scaler.mean).reshape(len(data), -1, 2)
    target = data.labels * found.label_scaler.scale + found.label_scaler.mean
    np.testing.assert_allclose(inputs[..., 1], 1000 + inputs[..., 0] ** 2)
    np.testing.assert_allclose(target[:, 1], 1000 + target[:, 0] ** 2)
    return np.rint(inputs[..., 0]).astype(int), np.rint(target[:, 0]).astype(int)


def test_the_example_in_the_docstring(write):
    found = Series(**example(Series)).load(write(frame(900), "transformer.parquet"))
    assert found.name == "transformer"
    assert found.names == ("y_t", "y_square")
    assert {task.kind for task in found.tasks} == {"regression"}
    assert found.features == 48 * 2


def test_a_window_and_its_target(write):
    found = load(write(frame(), "series.parquet"), stride=7)
    inputs, target = steps_seen(found, "val")
    assert inputs.tolist() == [list(range(start, start + 5)) for start in (60, 67)]
    assert target.tolist() == [67, 74]


@pytest.mark.parametrize("split", ["split", {}, {"train": 0.4, "val": 0.3, "test": 0.3}])
@pytest.mark.parametrize("stride", [1, 4])
def test_each_window_that_fits_lies_in_one_split(write, split, stride):
    found = load(write(frame(), "series.parquet"), split=split, stride=stride)
    owners = {}
    for name in SPLITS:
        inputs, target = steps_seen(found, name)
        assert (np.diff(inputs, axis=1) == 1).all()
        np.testing.assert_array_equal(target, inputs[:, -1] + 3)
        assert (np.diff(inputs[:, 0]) == stride).all()
        for start, end in zip(inputs[:, 0], target, strict=True):
            owners.update({step: owners.get(step, set()) | {name} for step in range(start, end + 1)})
    assert all(len(names) == 1 for names in owners.values())
    assert len(owners) > 100 - 3 * stride


@given(st.lists(st.sampled_from(["train", "val", "test", "unused"]), min_size=1, max_size=12), st.integers(1, 4))
def test_windows_never_cross_a_break(marks, stride):
    marks = np.repeat(marks, 6)
    options = series(window=3, horizon=2, stride=stride)
    for split in SPLITS:
        rows = np.flatnonzero(marks == split)
        starts = options._starts(rows)
        assert all((marks[start : start + 5] == split).all() and start + 5 <= len(marks) for start in starts)
        if stride == 1:
            fits = [i for i in range(len(marks) - 4) if (marks[i : i + 5] == split).all()]
            assert starts.tolist() == fits


def test_each_column_is_scaled_on_the_rows_of_train(write):
    data = frame()
    found = load(write(data, "series.parquet"))
    train = data[data["split"] == "train"][["y_t", "y_square"]]
    np.testing.assert_allclose(found.input_scaler.mean.reshape(5, 2), np.tile(train.mean(), (5, 1)))
    np.testing.assert_allclose(found.input_scaler.scale.reshape(5, 2), np.tile(train.std(ddof=0), (5, 1)))
    before = found.splits["train"].inputs
    data.loc[data["split"] != "train", "y_t"] += 1e6
    np.testing.assert_array_equal(load(write(data, "series.parquet")).splits["train"].inputs, before)


def test_missing_values(write):
    data = frame()
    data.loc[64, "y_square"] = np.nan
    found = load(write(data, "series.parquet"), window=2, horizon=1).splits["val"]
    assert np.argwhere(np.isnan(found.labels)).tolist() == [[2, 1]]
    assert np.argwhere(found.inputs == 0).tolist() == [[3, 3], [4, 1]]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"window": 60}, "split 'train' has 60 rows, and no 63 in a row: too few for one window"),
        ({"window": 18}, r"split 'val' .* \(data.window 18 \+ data.horizon 3\)"),
        ({"columns": ["note"]}, "data.columns: column 'note' holds text"),
        ({"columns": ["y_u"]}, "data.columns: no column 'y_u'"),
        ({"columns": ["*"]}, "'split' is both in data.columns and data.split"),
        ({"columns": ["y_*", "a+b"]}, r"data.columns: column 'a\+b' cannot be a task: .*must not"),
        ({"columns": ["y_t", "gap"]}, r"input 'gap, step 0' \(and 4 more\) has no value at all in split 'train'"),
        ({"columns": ["y_t", "flat"]}, "task 'flat', split 'train': its label is constant"),
        ({"columns": ["y_t", "wild"]}, "'wild, step 0' .* is infinite somewhere in split 'test'"),
        ({"split": "note"}, "no row has 'train', 'val', 'test' in column 'note', which holds 'none'"),
        ({"split": "when"}, "data.split: no column 'when'"),
    ],
)
def test_refusals(write, changes, match):
    data = frame().assign(**{"a+b": np.arange(100.0), "gap": np.nan, "flat": 1, "wild": np.arange(100.0)})
    data.loc[90, "wild"] = np.inf
    folder = write(data, "series.parquet")
    with pytest.raises(RequestError, match=match) as refusal:
        load(folder, **changes)
    assert str(folder) in str(refusal.value)


def test_a_real_series(shared_data):
    found = load(shared_data, path="ettm1.parquet", window=48, horizon=24, stride=24)
    real = pd.read_parquet(shared_data / "ettm1.parquet")
    columns = [column for column in real if column.startswith("y_")]
    assert found.names == tuple(columns)
    assert found.features == 48 * 7
    for split, data in found.splits.items():
        rows = np.flatnonzero(real["split"] == split)
        assert len(rows) == rows[-1] - rows[0] + 1
        assert len(data) == (len(rows) - 72) // 24 + 1
        values = real[columns].to_numpy()[rows[0] + 24 + 47 + 24]
        np.testing.assert_allclose(data.labels[1] * found.label_scaler.scale + found.label_scaler.mean, values)
