"""From tracked affinity to a grouping."""

import numpy as np
import pytest

from distgroup.scores import AffinityScores
from distgroup.selectors import AffinityPropagation, Exact, Random
from distgroup.training.regrouping import normalised, regrouped

TASKS = ("a", "b", "c", "d")

BLOCKS = np.array([[2.0, 1.8, -0.5, -0.4], [0.9, 1.0, -0.3, -0.2], [-0.1, -0.2, 4.0, 3.0], [-0.3, -0.1, 0.4, 0.5]])


def test_columns_are_divided_by_the_diagonal_as_it_was():
    found = normalised(BLOCKS)
    expected = np.array([[BLOCKS[s, t] / BLOCKS[t, t] for t in range(4)] for s in range(4)])
    np.testing.assert_allclose(found, (expected + expected.T) / 2, rtol=1e-15)
    np.testing.assert_array_equal(np.diag(found), 1.0)
    assert BLOCKS[0, 0] == 2.0


def test_a_task_that_never_improved_itself_takes_the_usual_scale():
    affinity = BLOCKS.copy()
    affinity[1, 1] = 0.0
    found = normalised(affinity)
    assert found[2, 1] == pytest.approx((-0.2 / np.mean([2.0, 4.0, 0.5]) - 0.3 / 4.0) / 2)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(normalised(np.zeros((3, 3))), 0.0)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_the_scale_of_a_target_decides_nothing(scale):
    scaled = BLOCKS * np.array([1.0, scale, 1.0, 1.0])
    np.testing.assert_allclose(normalised(scaled), normalised(BLOCKS), rtol=1e-12)


@pytest.mark.parametrize("num_groups", ["auto", 2])
def test_blocks_are_found(num_groups):
    assert str(regrouped(TASKS, BLOCKS, num_groups, Exact(disjoint=True))) == "a+b|c+d"


def test_auto_is_affinity_propagation_and_a_number_is_the_selector():
    rng = np.random.default_rng(4)
    affinity = rng.uniform(size=(4, 4)) + np.eye(4)
    x = normalised(affinity)
    scores = AffinityScores(TASKS, x, np.diag(x))
    random = Random()
    assert regrouped(TASKS, affinity, "auto", random) == AffinityPropagation().select(scores, None).grouping
    assert regrouped(TASKS, affinity, 3, random) == random.select(scores, 3).grouping


@pytest.mark.parametrize("num_groups", ["auto", 1, 2, 3, 4])
def test_before_any_credit_there_is_still_a_grouping(num_groups):
    assert regrouped(TASKS, np.zeros((4, 4)), num_groups, Exact(disjoint=True)).is_partition
