"""Optimum, regret and rank against brute force over every partition."""

import numpy as np
import pytest

from distgroup.grouping import Grouping, all_partitions
from distgroup.partition_truth import PartitionTruth

TASKS = ("d", "b", "a", "c")


@pytest.fixture(scope="module")
def gains():
    rng = np.random.default_rng(8)
    val = rng.normal(size=(1, 15, 4)) + 0.4 * rng.normal(size=(3, 15, 4))
    return val, val + 0.4 * rng.normal(size=(3, 15, 4))


@pytest.fixture(scope="module")
def truth(gains):
    return PartitionTruth(TASKS, (0, 1, 2), *gains)


def test_all_partitions_come_once_fewer_groups_first():
    found = all_partitions(TASKS)
    assert [len(grouping) for grouping in found] == [1] + 7 * [2] + 6 * [3] + [4]
    assert len(set(found)) == 15
    assert all(grouping.is_partition and grouping.tasks == set(TASKS) for grouping in found)
    assert found == all_partitions(TASKS[::-1])


@pytest.mark.parametrize("most", [1, 2, 3, 4, None])
def test_the_optimum_is_chosen_on_val_among_those_allowed(truth, gains, most):
    allowed = [i for i, grouping in enumerate(truth.groupings) if len(grouping) <= (most or 4)]
    best = max(allowed, key=lambda i: gains[0][:, i].mean())
    assert truth.optimum(most) == truth.groupings[best]
    for i, grouping in enumerate(truth.groupings):
        for split, of in zip(("val", "test"), gains, strict=True):
            own = truth.delta_m(grouping, split)
            np.testing.assert_allclose(own, of[:, i].mean(axis=1), rtol=1e-14)
            assert truth.regret(own, most, split) == pytest.approx((of[:, best] - of[:, i]).mean(), abs=1e-14)
        no_better = [gains[1][:, j].mean() <= gains[1][:, i].mean() + 1e-12 for j in allowed]
        own = truth.delta_m(grouping, "test")
        assert truth.rank_percentile(own, most) == pytest.approx(100 * np.mean(no_better))
    assert truth.mean_delta_m(most) == pytest.approx(gains[1][:, allowed].mean())


def test_no_partition_has_negative_regret_on_val_and_the_optimum_has_none(truth):
    regrets = [truth.regret(truth.delta_m(grouping, "val"), None, "val") for grouping in truth.groupings]
    assert min(regrets) == pytest.approx(0, abs=1e-14)
    assert regrets.index(min(regrets)) == truth.groupings.index(truth.optimum(None))


def test_what_is_no_partition_of_the_tasks_is_not_found(truth):
    with pytest.raises(ValueError, match="not in list"):
        truth.delta_m(Grouping.parse("a+b|b+c+d"), "val")
