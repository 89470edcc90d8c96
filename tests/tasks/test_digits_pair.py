"""`digits_pair`: real digits, labels that follow from them, and no source digit in two splits."""

from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.datasets import load_digits

from distgroup.tasks.digits_pair import PAIRS, TASKS, DigitsPair, slant
from distgroup.tasks.taskset import SPLITS


@pytest.fixture(scope="module")
def everything():
    return DigitsPair().load()


@pytest.fixture(scope="module")
def pixels(everything):
    """Pixels as they were before scaling, 0 to 16, shape [rows, 8, 16], by split."""
    scaler = everything.input_scaler
    return {
        split: np.rint(data.inputs * scaler.scale + scaler.mean).reshape(-1, 8, 16)
        for split, data in everything.splits.items()
    }


def label(task_set, split, name):
    """Labels before scaling."""
    i = task_set.names.index(name)
    return task_set.splits[split].labels[:, i] * task_set.label_scaler.scale[i] + task_set.label_scaler.mean[i]


def halves(pictures):
    """Both digits of each pair, as bytes."""
    return [half.tobytes() for picture in pictures for half in (picture[:, :8], picture[:, 8:])]


def test_sizes(everything):
    assert {split: len(data) for split, data in everything.splits.items()} == PAIRS
    assert everything.features == 8 * 16
    assert everything.names == tuple(TASKS)
    assert {task.name: task.outputs for task in everything.tasks if task.outputs > 1} == {
        "left_digit": 10,
        "right_digit": 10,
    }


def test_every_half_is_a_real_digit_with_its_label(everything, pixels):
    digits = load_digits()
    meaning = {image.tobytes(): digit for image, digit in zip(digits.images, digits.target, strict=True)}
    for split in SPLITS:
        found = np.array([meaning[half] for half in halves(pixels[split])]).reshape(-1, 2)
        np.testing.assert_array_equal(found[:, 0], label(everything, split, "left_digit"))
        np.testing.assert_array_equal(found[:, 1], label(everything, split, "right_digit"))


def test_no_source_digit_in_two_splits(pixels):
    for one, other in combinations(SPLITS, 2):
        assert not set(halves(pixels[one])) & set(halves(pixels[other]))


@pytest.mark.parametrize("split", SPLITS)
def test_labels_follow_from_the_digits_and_the_pixels(everything, pixels, split):
    left, right = label(everything, split, "left_digit"), label(everything, split, "right_digit")
    expected = {
        "left_even": left % 2 == 0,
        "right_even": right % 2 == 0,
        "left_loop": np.isin(left, [0, 6, 8, 9]),
        "right_loop": np.isin(right, [0, 6, 8, 9]),
        "sum": left + right,
        "sum_odd": (left + right) % 2 == 1,
        "ink": pixels[split].mean(axis=(1, 2)),
        "left_slant": slant(pixels[split][:, :, :8]),
        "right_slant": slant(pixels[split][:, :, 8:]),
    }
    assert set(expected) == set(TASKS) - {"left_digit", "right_digit"}
    for name, values in expected.items():
        np.testing.assert_allclose(label(everything, split, name), values, atol=1e-12)


def test_standardised_on_train_alone(everything):
    train = everything.splits["train"]
    assert train.inputs.mean() == pytest.approx(0, abs=1e-12)
    assert train.inputs.std() == pytest.approx(1)
    assert everything.splits["test"].inputs.mean() != pytest.approx(0, abs=1e-6)
    for name in ("sum", "ink", "left_slant"):
        values = train.labels[:, everything.names.index(name)]
        assert (values.mean(), values.std()) == pytest.approx((0, 1), abs=1e-9)


def test_slant_of_images_made_by_hand():
    upright, diagonal, half = np.zeros((3, 8, 8))
    upright[:, 3] = 5
    diagonal[range(8), range(8)] = 16
    half[[0, 2, 4, 6], [1, 2, 3, 4]] = 1
    np.testing.assert_allclose(slant(np.stack([upright, diagonal, diagonal[::-1], half])), [0, 1, -1, 0.5], atol=1e-12)


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others():
    assert DigitsPair().load().digest == DigitsPair().load().digest
    assert DigitsPair(seed=1).load().digest != DigitsPair().load().digest


def test_a_choice_of_tasks_changes_neither_pairs_nor_labels(everything):
    some = DigitsPair(tasks=("ink", "left_digit")).load()
    assert some.names == ("ink", "left_digit")
    columns = [everything.names.index(name) for name in some.names]
    for split in SPLITS:
        np.testing.assert_array_equal(some.splits[split].inputs, everything.splits[split].inputs)
        np.testing.assert_array_equal(some.splits[split].labels, everything.splits[split].labels[:, columns])


@pytest.mark.parametrize(
    ("tasks", "match"),
    [(["left_digits"], "no task 'left_digits'; it has left_digit"), (["ink", "ink"], "twice"), ([], "at least 1")],
)
def test_refuses_other_tasks(tasks, match):
    with pytest.raises(ValidationError, match=match):
        DigitsPair(tasks=tasks)
