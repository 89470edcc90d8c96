"""`Greedy` from a matrix: close to exact where that can be known, planted groups found where it cannot."""

from itertools import islice

import numpy as np
import pytest

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores
from distgroup.scores import AffinityScores
from distgroup.selectors import Exact, Greedy
from distgroup.selectors.helpers import Overlap
from distgroup.selectors.partition_search import partition_search
from distgroup.selectors.served import serve


def random_scores(seed, n=9):
    rng = np.random.default_rng(seed)
    return AffinityScores([f"t{i}" for i in range(n)], rng.normal(size=(n, n)), rng.normal(size=n))


@pytest.mark.parametrize("number", [2, 3, None])
def test_partitions_of_few_tasks_are_optimal(number):
    for seed in range(8):
        scores = random_scores(seed)
        best = Exact(disjoint=True).select(scores, number).total
        assert Greedy(disjoint=True).select(scores, number).total == pytest.approx(best)


def test_covers_of_few_tasks_are_close():
    short = []
    for seed in range(10):
        best = Exact().select(random_scores(seed), 3).total
        short.append(1 - Greedy().select(random_scores(seed), 3).total / best)
    assert np.mean(short) < 0.03


def test_a_group_for_each_task_is_each_with_its_best_helper():
    for seed in range(5):
        selection = Greedy().select(random_scores(seed), None)
        assert selection.total == pytest.approx(Exact().select(random_scores(seed), None).total)
        assert selection.optimal


def planted(n, groups, noise, seed=0):
    rng = np.random.default_rng(seed)
    block = rng.permutation(np.arange(n) % groups)
    affinity = (block[:, None] == block) + noise * rng.normal(size=(n, n))
    scores = AffinityScores([f"t{i:03}" for i in range(n)], affinity, 0.0)
    return scores, [frozenset(scores.tasks[i] for i in np.flatnonzero(block == g)) for g in range(groups)]


@pytest.mark.parametrize("disjoint", [True, False])
def test_planted_groups_are_found(disjoint):
    scores, groups = planted(200, 10, 0.3)
    assert set(Greedy(disjoint=disjoint, rounds=2).select(scores, 10).grouping.groups) == set(groups)


def test_a_search_only_gets_better():
    scores, _ = planted(60, 6, 1.5)
    totals = [
        serve(
            scores, [frozenset(scores.tasks[i] for i in np.flatnonzero(labels == g)) for g in np.unique(labels)]
        ).total
        for labels in islice(partition_search(scores.affinity, scores.singleton, 6, seed=0), 12)
    ]
    assert totals == sorted(totals)
    assert totals[-1] > totals[0]


def test_helpers_only_add():
    scores, _ = planted(40, 4, 2.0)
    labels = next(partition_search(scores.affinity, scores.singleton, 4, seed=0))
    partition = Overlap(scores.affinity, scores.singleton, labels)
    before = partition.total()
    cover = partition.improved()
    assert cover.total() > before
    groups = [frozenset(scores.tasks[i] for i in group) for group in cover.groups()]
    assert serve(scores, groups).total == pytest.approx(cover.total())
    assert len(groups) <= 4


def test_what_is_kept_up_to_date_is_what_it_would_be_anew():
    scores, _ = planted(40, 4, 1.0)
    overlap = Overlap(
        scores.affinity, scores.singleton, next(partition_search(scores.affinity, scores.singleton, 4, seed=0))
    )
    overlap.improved()
    serves = overlap.served[:, None] == np.arange(overlap.member.shape[1])
    np.testing.assert_allclose(overlap.taken, scores.affinity.T @ overlap.member, atol=1e-9)
    np.testing.assert_allclose(overlap.given, scores.affinity @ serves, atol=1e-9)


def test_never_alone_is_heeded():
    scores = AffinityScores("abcde", -np.ones((5, 5)), -np.inf)
    for disjoint in (True, False):
        assert all(len(group) > 1 for group in Greedy(disjoint=disjoint).select(scores, 3).grouping.groups)


def test_a_seed_and_a_time_limit():
    scores, _ = planted(60, 6, 1.5)
    assert Greedy(seed=1).select(scores, 6) == Greedy(seed=1).select(scores, 6)
    short = Greedy(time_limit=1e-9).select(scores, 6)
    assert short == Greedy(rounds=0).select(scores, 6)


def test_refuses_what_it_cannot_do():
    values = np.array([[1.0, np.nan], [np.nan, 1.0]])
    networks = NetworkScores("ab", ["x", "y"], values)
    with pytest.raises(RequestError, match="use exact or milp"):
        Greedy(disjoint=True).select(networks, 2)
    with pytest.raises(RequestError, match="found no cover of the tasks by at most 1 network"):
        Greedy().select(networks, 1)
    with pytest.raises(RequestError, match="at least 1 group of cost 1"):
        Greedy().select(random_scores(0), None, 0.5)
