"""`Milp` against brute force where networks have costs; its reductions, its proof, its refusals."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import OptimizeResult

from distgroup.errors import RequestError
from distgroup.networks import NetworkScores
from distgroup.scores import AffinityScores
from distgroup.selectors import Exact, Greedy, Milp
from distgroup.selectors.budget import Budget
from distgroup.selectors.relaxation import relaxed_bound


def random_networks(rng, n=4, count=7):
    """Networks over few tasks at two costs, some with the same tasks; the last two hold every task."""
    inside = rng.random((count, n)) < 0.5
    inside[np.arange(count), rng.integers(0, n, count)] = True
    inside[-2:] = True
    values = np.where(inside, rng.normal(size=(count, n)), np.nan)
    return NetworkScores("dbca"[:n], [f"net{j}" for j in range(count)], values, rng.choice([0.5, 1.0], count))


def brute_force(networks, most, cost, disjoint):
    best = -np.inf
    for k in range(1, most + 1):
        for rows in map(list, combinations(range(len(networks.names)), k)):
            held = networks.inside[rows].sum(axis=0)
            if networks.costs[rows].sum() <= cost and held.min() > 0 and not (disjoint and held.max() > 1):
                best = max(best, np.nanmax(networks.values[rows], axis=0).sum())
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([1.0, 1.5, 2.0, 9.0]), st.booleans())
def test_equals_brute_force(seed, most, cost, disjoint):
    networks = random_networks(np.random.default_rng(seed))
    selection = Milp(disjoint=disjoint).select(networks, most, cost)
    assert selection.total == pytest.approx(brute_force(networks, most, cost, disjoint), abs=1e-8)
    assert selection.optimal
    assert selection.bound == selection.total
    assert selection.cost <= cost
    for task, name in selection.network_of.items():
        assert task in networks.groups[networks.names.index(name)]


@pytest.mark.parametrize("disjoint", [False, True])
@pytest.mark.parametrize("unit", [1e-8, 1e-4, 1e9, 1e16])
def test_the_unit_of_the_costs_changes_nothing(unit, disjoint):
    """HiGHS's tolerance is absolute: a budget of 5e-8 would be no limit to it, one of 5e16 no program."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        inside = np.array([[t in group for t in range(6)] for k in (1, 2, 3) for group in combinations(range(6), k)])
        values = np.where(inside, rng.random(inside.shape) + 0.1 * inside.sum(axis=1)[:, None], np.nan)
        names, costs = [str(j) for j in range(len(values))], rng.integers(1, 4, len(values)).astype(float)
        plain = Milp(disjoint=disjoint).select(NetworkScores("abcdef", names, values, costs), None, 5.0)
        scaled = Milp(disjoint=disjoint).select(NetworkScores("abcdef", names, values, costs * unit), None, 5.0 * unit)
        assert plain.cost <= 5.0
        assert scaled.network_of == plain.network_of
        assert scaled.optimal


@pytest.mark.parametrize("disjoint", [False, True])
def test_over_the_budget_by_less_than_the_tolerance_is_over(disjoint):
    values = np.array([[1.0, np.nan], [np.nan, 1.0]])
    networks = NetworkScores("ab", ["x", "y"], values, 1.0 + 1e-7)
    with pytest.raises(RequestError, match="fits the budget"):
        Milp(disjoint=disjoint).select(networks, None, 2.0)


def test_what_highs_gives_up_on_is_not_proven(monkeypatch):
    given_up = OptimizeResult(x=None, status=4, mip_dual_bound=None)
    monkeypatch.setattr("distgroup.selectors.program.milp", lambda *_, **__: given_up)
    selection = Milp().select(random_networks(np.random.default_rng(0)), 3)
    assert not selection.optimal


def test_left_out_networks_change_nothing():
    """On a list long enough for the reductions, the same optimum as by enumerating subsets."""
    rng = np.random.default_rng(0)
    scores = AffinityScores("abcdefgh", rng.normal(size=(8, 8)), 0.0)
    for most in (2, 3):
        assert Milp().select(scores, most).total == pytest.approx(Exact().select(scores, most).total)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([1.0, 2.0, np.inf]))
def test_relaxed_bound_holds(seed, most, cost):
    networks = random_networks(np.random.default_rng(seed))
    worth = np.nan_to_num(networks.values, nan=-np.inf)
    best = brute_force(networks, most, cost, disjoint=False)
    bound = relaxed_bound(worth, networks.costs, Budget(most, cost), best)
    assert bound.total >= best - 1e-9
    assert bound.with_network.max() >= best - 1e-9


def test_two_networks_may_hold_the_same_tasks():
    values = np.array([[3.0, 0.0], [0.0, 3.0]])
    selection = Milp().select(NetworkScores("ab", ["small", "large"], values), 2)
    assert selection.total == 6.0
    assert selection.network_of == {"a": "small", "b": "large"}
    assert str(selection.grouping) == "a+b"
    with pytest.raises(RequestError, match=r"two networks hold the tasks 'a\+b'"):
        Exact().select(NetworkScores("ab", ["small", "large"], values), 2)


def test_drops_what_is_not_needed():
    values = np.array([[1.0, 1.0], [1.0, np.nan], [np.nan, 0.5]])
    selection = Milp().select(NetworkScores("ab", ["both", "a", "b"], values), None)
    assert set(selection.network_of.values()) == {"both"}


LIST = NetworkScores(
    "abc", ["x", "y", "z"], np.array([[1, 1, np.nan], [np.nan, 1, 1], [np.nan, np.nan, 1]]), [2.0, 2.0, 0.5]
)


@pytest.mark.parametrize("selector", [Milp(), Milp(disjoint=True)])
def test_says_the_least_that_would_do(selector):
    with pytest.raises(RequestError, match=r"the least that would do costs 2\.5"):
        selector.select(LIST, None, 1.0)
    with pytest.raises(RequestError, match="2 networks are the least that would do"):
        selector.select(LIST, 1)


def test_says_that_nothing_would_do():
    values = np.array([[1.0, 1.0, np.nan], [np.nan, 1.0, 1.0]])
    with pytest.raises(RequestError, match="allow none, however large the budget"):
        Milp(disjoint=True).select(NetworkScores("abc", ["x", "y"], values), 3)


def test_refuses_too_much():
    with pytest.raises(RequestError, match=r"stops at 150,000 scores .* 25 tasks"):
        Milp().select(AffinityScores([str(i) for i in range(25)], np.zeros((25, 25)), 0.0), 3)


def test_a_struck_time_limit_keeps_a_bound():
    rng = np.random.default_rng(3)
    inside = rng.random((1500, 20)) < 0.2
    inside[np.arange(1500), np.arange(1500) % 20] = True
    values = np.where(inside, rng.normal(size=(1500, 20)), np.nan)
    networks = NetworkScores([f"t{i:02}" for i in range(20)], [str(j) for j in range(1500)], values)
    selection = Milp(time_limit=1e-3).select(networks, 6)
    assert not selection.optimal
    assert selection.total < selection.bound < np.inf


def test_greedy_reaches_its_guarantee():
    for seed in range(20):
        networks = random_networks(np.random.default_rng(seed))
        best = Milp().select(networks, 2).total
        floor = np.nanmin(networks.values, axis=0).sum()
        found = Greedy(rounds=0).select(networks, 2).total
        assert found - floor >= (1 - 1 / np.e) * (best - floor) - 1e-9
