"""`Exact` against brute force over every cover and every partition; its ties; its refusals."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distgroup.errors import RequestError
from distgroup.grouping import Grouping, group_of, partitions
from distgroup.scores import AffinityScores, DenseScores, membership
from distgroup.selectors.exact import Exact

NAMES = "dbeachgf"


@st.composite
def small_scores(draw, largest):
    """Scores that are small whole numbers, so that sums are exact and ties are common."""
    n = draw(st.integers(1, largest))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return DenseScores(tuple(NAMES[:n]), rng.integers(0, draw(st.integers(1, 6)) + 1, (1 << n, n)).astype(float))


def covers(n, most):
    full = (1 << n) - 1
    for k in range(1, most + 1):
        for masks in combinations(range(1, full + 1), k):
            if np.bitwise_or.reduce(masks) == full:
                yield masks


def brute_force(scores, candidates):
    """The optima by definition, and the first of them by (groups, members, texts)."""
    table = np.where(membership(len(scores.tasks)), scores.dense(), -np.inf)
    totals = {masks: table[list(masks)].max(axis=0).sum() for masks in candidates}
    best = max(totals.values())
    groupings = [
        Grouping.of(group_of(mask, scores.tasks) for mask in masks) for masks, total in totals.items() if total == best
    ]
    fewest = min(map(len, groupings))
    return best, [grouping for grouping in groupings if len(grouping) == fewest]


def first(groupings):
    def key(grouping):
        return sum(map(len, grouping.groups)), tuple(str(Grouping.of([group])) for group in grouping.groups)

    return min(groupings, key=key)


def check(selector, scores, most, candidates):
    best, groupings = brute_force(scores, candidates)
    selection = selector.select(scores, most)
    assert selection.total == best
    assert selection.optimal
    assert selection.grouping == first(groupings)
    assert set(selection.serves) == set(scores.tasks)
    assert sum(scores.of(group)[scores.tasks.index(task)] for task, group in selection.serves.items()) == best
    return groupings


@settings(max_examples=60, deadline=None)
@given(small_scores(4), st.integers(1, 4))
def test_equals_brute_force_over_covers(scores, most):
    groupings = check(Exact(), scores, most, list(covers(len(scores.tasks), most)))
    assert set(Exact().all_optima(scores, most)) == set(groupings)


@settings(max_examples=8, deadline=None)
@given(small_scores(5), st.integers(1, 3))
def test_equals_brute_force_over_covers_of_five(scores, most):
    check(Exact(), scores, most, list(covers(len(scores.tasks), most)))


@settings(max_examples=40, deadline=None)
@given(small_scores(8), st.integers(1, 8))
def test_equals_brute_force_over_partitions(scores, most):
    groupings = check(Exact(disjoint=True), scores, most, list(partitions(len(scores.tasks), most)))
    assert set(Exact(disjoint=True).all_optima(scores, most)) == set(groupings)


@pytest.mark.parametrize("disjoint", [False, True])
def test_one_pass_gives_every_number_of_groups(disjoint):
    scores = DenseScores(tuple(NAMES), np.random.default_rng(1).normal(size=(256, 8)))
    selector = Exact(disjoint=disjoint)
    each = selector.select_each(scores, None)
    assert each == tuple(selector.select(scores, k) for k in range(1, 9))
    assert selector.select(scores, 99) == each[-1]


@pytest.mark.parametrize("n", [11, 12])
def test_agrees_with_itself_on_either_side_of_the_split(n):
    """A task that only ever scores 0 adds bits, not value: beyond ten tasks the same optimum must come out."""
    rng = np.random.default_rng(2)
    small = rng.normal(size=(1 << 8, 8)) + 3
    large = np.zeros((1 << n, n))
    large[:, :8] = small[np.arange(1 << n) & 255]
    for disjoint in (False, True):
        expected = Exact(disjoint=disjoint).select_each(DenseScores(tuple(NAMES), small), 4)
        found = Exact(disjoint=disjoint).select_each(DenseScores((*NAMES, *"ijkl"[: n - 8]), large), 4)
        assert [s.total for s in found] == pytest.approx([s.total for s in expected])


def test_equal_totals_take_the_smaller_group():
    values = np.zeros((8, 3))
    values[0b001, 0] = values[0b011, 0] = values[0b111, 0] = 1.0
    values[0b110, 1] = values[0b111, 1] = values[0b110, 2] = 2.0
    assert str(Exact().select(DenseScores("abc", values), 2).grouping) == "a|b+c"


def test_ties_by_rounding_are_ties():
    values = np.zeros((4, 2))
    values[0b01, 0], values[0b10, 1] = 0.1, 0.2
    values[0b11] = 0.3, 0.0
    assert 0.1 + 0.2 > 0.3
    assert str(Exact(disjoint=True).select(DenseScores("ab", values), 2).grouping) == "a+b"


def test_order_of_tasks_does_not_matter():
    affinity = np.random.default_rng(3).integers(-2, 3, (6, 6)).astype(float)
    order = [4, 1, 5, 0, 3, 2]
    names = np.array(list("abcdef"))
    for disjoint in (False, True):
        here = Exact(disjoint=disjoint).select_each(AffinityScores(names, affinity, 0.0), None)
        there = Exact(disjoint=disjoint).select_each(
            AffinityScores(names[order], affinity[np.ix_(order, order)], 0.0), None
        )
        assert [s.grouping for s in here] == [s.grouping for s in there]


def test_minus_infinity_forbids_a_group():
    scores = AffinityScores("abc", np.ones((3, 3)), -np.inf)
    assert str(Exact(disjoint=True).select(scores, 3).grouping) == "a+b+c"
    with pytest.raises(RequestError, match="no partition of the 1 tasks"):
        Exact(disjoint=True).select(AffinityScores("a", np.ones((1, 1)), -np.inf), None)


def test_refuses_what_would_not_fit():
    tasks = [f"t{i:02}" for i in range(25)]
    with pytest.raises(RequestError, match=r"25 have .* GiB .*milp.*greedy"):
        Exact().select(AffinityScores(tasks, np.zeros((25, 25)), 0.0), 3)


def test_refuses_a_missing_score_and_no_groups():
    values = np.zeros((4, 2))
    values[3, 1] = np.nan
    with pytest.raises(RequestError, match=r"task 'b' in group 'a\+b' is nan"):
        Exact().select(DenseScores("ab", values), 1)
    with pytest.raises(RequestError, match="max_groups is 0"):
        Exact().select(DenseScores("ab", np.zeros((4, 2))), 0)
