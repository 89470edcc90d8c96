"""`TaskSet.from_raw`: scaled on train only, missing values, and every refusal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from distgroup.errors import RequestError
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import SPLITS, Scaler, TaskSet

TASKS = (Task("price", "regression"), Task("sold", "binary"), Task("colour", "multiclass", 3))


def raw(rows=12, features=4):
    rng = np.random.default_rng(0)
    inputs = {split: rng.normal(5, 3, (rows, features)) for split in SPLITS}
    labels = {
        split: np.column_stack([rng.normal(9, 2, rows), np.arange(rows) % 2, np.arange(rows) % 3]) for split in SPLITS
    }
    return inputs, labels


def refused(inputs, labels, match, tasks=TASKS, **named):
    with pytest.raises(RequestError, match=match):
        TaskSet.from_raw("houses", tasks, inputs, labels, **named)


def test_inputs_and_regressions_are_standardised_on_train_alone():
    inputs, labels = raw()
    inputs["test"] += 100
    labels["val"][:, 0] *= 1e3
    found = TaskSet.from_raw("houses", TASKS, inputs, labels)
    mean, scale = inputs["train"].mean(axis=0), inputs["train"].std(axis=0)
    for split in SPLITS:
        np.testing.assert_allclose(found.splits[split].inputs, (inputs[split] - mean) / scale)
        price = (labels[split][:, 0] - labels["train"][:, 0].mean()) / labels["train"][:, 0].std()
        np.testing.assert_allclose(found.splits[split].labels[:, 0], price)
        np.testing.assert_array_equal(found.splits[split].labels[:, 1:], labels[split][:, 1:])


def test_arrays_given_are_left_as_they_were():
    inputs, labels = raw()
    inputs["train"][0, 0] = labels["train"][0, 0] = np.nan
    before = {split: (inputs[split].copy(), labels[split].copy()) for split in SPLITS}
    TaskSet.from_raw("houses", TASKS, inputs, labels)
    for split in SPLITS:
        np.testing.assert_array_equal(inputs[split], before[split][0])
        np.testing.assert_array_equal(labels[split], before[split][1])


def test_missing_inputs_become_the_train_mean_and_missing_labels_stay_missing():
    inputs, labels = raw()
    inputs["test"][3, 2] = np.nan
    labels["val"][5, 1] = np.nan
    found = TaskSet.from_raw("houses", TASKS, inputs, labels)
    assert found.splits["test"].inputs[3, 2] == 0
    assert np.isnan(found.splits["val"].labels[5, 1])
    assert sum(np.isnan(split.labels).sum() for split in found.splits.values()) == 1


def test_pooled_has_one_mean_and_scale():
    inputs, labels = raw()
    found = TaskSet.from_raw("houses", TASKS, inputs, labels, pooled=True).splits["val"].inputs
    np.testing.assert_allclose(found, (inputs["val"] - inputs["train"].mean()) / inputs["train"].std())


def test_an_input_scaler_is_used_as_given():
    inputs, labels = raw()
    scaler = Scaler(np.full(4, 2.0), np.full(4, 4.0))
    found = TaskSet.from_raw("houses", TASKS, inputs, labels, input_scaler=scaler)
    np.testing.assert_allclose(found.splits["train"].inputs, (inputs["train"] - 2) / 4)


@given(arrays(float, (7, 3), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_a_scaler_centres_and_scales_what_it_was_fitted_on(values):
    scaled = Scaler.fit(values)(values)
    for column, before in zip(scaled.T, values.T, strict=True):
        if seen := np.isfinite(before).sum():
            known = column[np.isfinite(before)]
            assert known.mean() == pytest.approx(0, abs=1e-3)
            assert known.std() == pytest.approx(1, rel=1e-3) or known.std() < 1e-3
        assert np.isnan(column).sum() == len(before) - seen


def test_a_constant_input_is_only_centred():
    inputs, labels = raw()
    inputs["train"][:, 1] = inputs["val"][:, 1] = 7
    inputs["test"][:, 1] = 9
    found = TaskSet.from_raw("houses", TASKS, inputs, labels)
    assert set(found.splits["val"].inputs[:, 1]) == {0}
    assert set(found.splits["test"].inputs[:, 1]) == {2}


def test_digest_is_of_the_content():
    inputs, labels = raw()
    digest = TaskSet.from_raw("houses", TASKS, inputs, labels).digest
    assert TaskSet.from_raw("flats", TASKS, inputs, labels).digest == digest
    labels["test"][0, 0] += 1
    assert TaskSet.from_raw("houses", TASKS, inputs, labels).digest != digest


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        (0, np.nan, "task 'price', split 'val': it has no label at all"),
        (0, 3.0, "task 'price', split 'val': its label is constant"),
        (1, 1.0, "task 'sold', split 'val': its label is constant"),
        (1, 2.0, "task 'sold', split 'val': labels of a binary task must be 0 to 1; found 2 to 2"),
        (2, 0.5, "task 'colour', split 'val': labels of a multiclass task must be 0 to 2"),
        (2, 3.0, "task 'colour', split 'val': labels of a multiclass task must be 0 to 2"),
    ],
)
def test_refuses_labels_that_cannot_be_learned(column, value, match):
    inputs, labels = raw()
    labels["val"][:, column] = value
    refused(inputs, labels, f"houses: {match}")


def test_refuses_an_infinite_label():
    inputs, labels = raw()
    labels["test"][2, 0] = -np.inf
    refused(inputs, labels, "houses: task 'price', split 'test': it has an infinite label")


def test_refuses_infinite_and_unknown_inputs():
    inputs, labels = raw()
    inputs["test"][0, 1:3] = np.inf
    refused(inputs, labels, r"houses: input number 1 \(and 1 more\) is infinite somewhere in split 'test'")
    refused(inputs, labels, "h.csv: input 'b' .* is infinite", source="h.csv", input_names=list("abcd"))
    inputs["test"][0, 1:3] = 0
    inputs["train"][:, 3] = np.nan
    refused(inputs, labels, "houses: input number 3 has no value at all in split 'train'")


def test_refuses_arrays_that_do_not_fit():
    inputs, labels = raw()
    refused({**inputs, "val": inputs["val"][:0]}, labels, "split 'val' has no rows")
    refused({**inputs, "val": inputs["val"][:, :2]}, labels, r"inputs of 'val' have shape \(12, 2\)")
    refused({split: inputs[split][:, :, None] for split in SPLITS}, labels, r"have shape \(12, 4, 1\)")
    refused(inputs, {**labels, "test": labels["test"][:5]}, r"labels of 'test' .* need \[rows, tasks\] = \(12, 3\)")
    refused({"train": inputs["train"], "val": inputs["val"]}, labels, "both need train, val, test")


def test_refuses_a_task_that_occurs_twice():
    refused(*raw(), "a task name occurs twice", tasks=(TASKS[0], TASKS[1], Task("price", "multiclass", 3)))


@pytest.mark.parametrize("name", ["", "a+b", "a|b"])
def test_refuses_a_task_name_that_groups_could_not_be_written_with(name):
    with pytest.raises(RequestError, match="must not be empty nor hold"):
        Task(name, "regression")


@pytest.mark.parametrize(
    ("kind", "outputs", "classes"),
    [("regression", 1, ("a", "b")), ("binary", 1, ("a",)), ("multiclass", 3, ("a", "b")), ("binary", 1, ("a", "a"))],
)
def test_classes_that_do_not_fit_a_task_are_refused(kind, outputs, classes):
    with pytest.raises(RequestError, match=r"task 'sold': \d different classes; a"):
        Task("sold", kind, outputs, classes)
