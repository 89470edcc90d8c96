"""Optimum, regret and rank against brute force over every partition."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from distgroup.grouping import Grouping, all_partitions
from distgroup.partition_truth import PartitionTruth
from distgroup.scores import AffinityScores

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


@pytest.mark.parametrize("most", [1, 2, 3, None])
def test_gap_closed_is_a_ratio_of_means_with_its_jackknife_error(truth, gains, most):
    test = gains[1].mean(axis=2)
    joint = next(i for i, grouping in enumerate(truth.groupings) if len(grouping) == 1)
    best = truth.groupings.index(truth.optimum(most))
    way = test[:, best] - test[:, joint]
    for i, grouping in enumerate(truth.groupings):
        gone = test[:, i] - test[:, joint]
        share, error = truth.gap_closed(truth.delta_m(grouping, "test"), most)
        if way.mean() <= 0:
            assert np.isnan(share)
            continue
        without = [np.delete(gone, k).mean() / np.delete(way, k).mean() for k in range(3)]
        assert share == pytest.approx(gone.mean() / way.mean())
        assert error == pytest.approx(np.sqrt(2 / 3 * np.sum((np.array(without) - np.mean(without)) ** 2)))


def test_the_noise_ceiling_is_the_mean_agreement_of_disjoint_halves(gains):
    rng = np.random.default_rng(2)
    val = gains[0].repeat(2, axis=0)[:4]
    test = val + rng.normal(size=val.shape)
    found = []
    for first, second in (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))):
        halves = [test[list(half)].mean(axis=0).ravel() for half in (first, second)]
        found.append(spearmanr(*halves).statistic)
    assert PartitionTruth(TASKS, range(4), val, test).noise_ceiling == pytest.approx(np.mean(found))


def test_a_single_seed_has_no_noise_ceiling(gains):
    assert np.isnan(PartitionTruth(TASKS, (0,), gains[0][:1], gains[1][:1]).noise_ceiling)


def test_spearman_compares_each_tasks_score_in_its_group_with_its_gain(truth, gains):
    rng = np.random.default_rng(5)
    affinity, alone = rng.normal(size=(4, 4)), rng.normal(size=4)
    predicted, measured = [], []
    for i, grouping in enumerate(truth.groupings):
        for t, task in enumerate(TASKS):
            group = next(group for group in grouping.groups if task in group)
            others = [TASKS.index(other) for other in group if other != task]
            predicted.append(affinity[others, t].mean() if others else alone[t])
            measured.append(gains[1][:, i, t].mean())
    found = truth.spearman(AffinityScores(TASKS, affinity, alone))
    assert found == pytest.approx(spearmanr(predicted, measured).statistic)
    assert np.isnan(truth.spearman(AffinityScores(TASKS, np.ones((4, 4)), np.ones(4))))


def test_a_table_in_any_order_gives_the_same_truth_and_one_that_lacks_a_row_is_refused(truth, gains):
    rows = [
        {"split": split, "seed": seed, "grouping": str(grouping), "task": task, "gain": of[k, i, t]}
        for split, of in zip(("val", "test"), gains, strict=True)
        for k, seed in enumerate((0, 1, 2))
        for i, grouping in enumerate(truth.groupings)
        for t, task in enumerate(TASKS)
    ]
    table = pd.DataFrame(rows).sample(frac=1, random_state=0)
    again = PartitionTruth.from_table(table, TASKS, (0, 1, 2))
    for split in ("val", "test"):
        np.testing.assert_array_equal(again.gains[split], truth.gains[split])
    with pytest.raises(ValueError, match="lacks 1 of 360 gains"):
        PartitionTruth.from_table(table[:-1], TASKS, (0, 1, 2))
