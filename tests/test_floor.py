from itertools import combinations
from math import comb

import numpy as np
import pytest
from builders import inside
from hypothesis import given, settings
from hypothesis import strategies as st

from distgroup.floor import families, mean_cover_delta_m


def brute_force(chosen_on, reported, max_groups):
    """Every family of groups, one after another."""
    n = chosen_on.shape[1]
    worths = []
    for size in range(1, max_groups + 1):
        for family in combinations(range(1, 1 << n), size):
            if np.bitwise_or.reduce(family) == (1 << n) - 1:
                serving = [max((g for g in family if g >> t & 1), key=lambda g: chosen_on[g, t]) for t in range(n)]
                worths.append(np.mean([reported[group, t] for t, group in enumerate(serving)]))
    return np.mean(worths)


def scores(rng, n):
    return np.where(inside(n), rng.normal(size=(1 << n, n)), np.nan)


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(0, 10**6))
def test_every_number_of_groups_up_to_three_tasks(n, seed):
    rng = np.random.default_rng(seed)
    chosen_on, reported = scores(rng, n), scores(rng, n)
    every = (1 << n) - 1
    expected = [brute_force(chosen_on, reported, k) for k in range(1, every + 1)]
    assert mean_cover_delta_m(chosen_on, reported, every) == pytest.approx(expected)


@pytest.mark.parametrize("max_groups", [1, 2, 3, 4])
def test_four_tasks(max_groups):
    rng = np.random.default_rng(0)
    chosen_on, reported = scores(rng, 4), scores(rng, 4)
    expected = brute_force(chosen_on, reported, max_groups)
    assert mean_cover_delta_m(chosen_on, reported, max_groups)[-1] == pytest.approx(expected)


def test_one_group_is_all_in_one():
    reported = scores(np.random.default_rng(0), 6)
    assert mean_cover_delta_m(scores(np.random.default_rng(1), 6), reported, 1)[0] == pytest.approx(reported[-1].mean())


def test_two_tasks_by_hand():
    """Covers by at most two of {a}, {b}, {a,b}: ab; ab with a; ab with b; a with b."""
    chosen_on = np.array([[np.nan, np.nan], [0, np.nan], [np.nan, 0], [1, -1.0]])
    reported = np.array([[np.nan, np.nan], [10, np.nan], [np.nan, 20], [30, 40.0]])
    delta_m = [(30 + 40) / 2, (30 + 40) / 2, (30 + 20) / 2, (10 + 20) / 2]
    assert mean_cover_delta_m(chosen_on, reported, 2)[1] == pytest.approx(np.mean(delta_m))


@pytest.mark.parametrize("max_groups", [1, 2, 3, 5, 8])
def test_where_every_group_is_worth_the_same_so_is_the_mean(max_groups):
    """Holds only if the counts of families cancel exactly, up to rounding."""
    same = np.where(inside(8), 0.75, np.nan)
    assert mean_cover_delta_m(scores(np.random.default_rng(0), 8), same, max_groups)[-1] == pytest.approx(
        0.75, rel=1e-9
    )


def test_families_are_counted():
    np.testing.assert_array_equal(families(np.array([6]), 3)[-1], [comb(5, 0) + comb(5, 1) + comb(5, 2)])
