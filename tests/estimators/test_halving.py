"""Brief enumeration and successive halving: what is kept, what it costs, and that nothing is lost on the way."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from problems import mixed, two_blocks
from pydantic import ValidationError

from distgroup.errors import RequestError
from distgroup.estimators import LowFidelity, SuccessiveHalving
from distgroup.estimators.near_best import shortfall
from distgroup.estimators.successive_halving import Rung, updated
from distgroup.grouping import group_of, group_text
from distgroup.scores import membership
from distgroup.training.data import Data
from distgroup.training.settings import Adam, Sgd, Training
from distgroup.training.shrink import shrunk
from distgroup.training.stack import Stack

CPU = torch.device("cpu")


@pytest.mark.parametrize("optimizer", [Adam(lr=0.01), Sgd(lr=0.01, momentum=0.9), Sgd(lr=0.01)])
def test_a_shrunk_stack_trains_on_as_if_nothing_had_happened(optimizer):
    problem = mixed()
    data = Data(problem.task_set, problem.task_set.names, CPU, torch.float64)
    groups = [group_of(mask, data.names) for mask in range(1, 16)]
    training = Training(batch_size=16, optimizer=optimizer)

    def stack(of):
        return Stack(data, problem.encoder, training, [4], of)

    halves = stack(groups[:7]), stack(groups[7:])
    for half in halves:
        half.train(5)
    kept = [groups[12], groups[2], groups[9]]
    small, whole = shrunk(halves, kept), stack(kept)
    small.train(6)
    whole.train(11)
    assert small.steps_done == whole.steps_done
    torch.testing.assert_close(small.parameters, whole.parameters)


def brute_force_shortfall(values):
    """Every assignment of tasks to groups that hold them, counted out."""
    n = values.shape[1]
    alive = [mask for mask in range(1, 1 << n) if np.isfinite(values[mask]).all()]
    best, using = {}, {}
    for serving in product(*[[mask for mask in alive if mask >> t & 1] for t in range(n)]):
        total = sum(values[mask, t] for t, mask in enumerate(serving))
        for k in range(len(set(serving)), n + 1):
            best[k] = max(best.get(k, -np.inf), total)
            for mask in set(serving):
                using[mask, k] = max(using.get((mask, k), -np.inf), total)
    found = np.full(1 << n, np.inf)
    for (mask, k), total in using.items():
        found[mask] = min(found[mask], (best[k] - total) / n)
    return found


@pytest.mark.parametrize("dead", [[], [3, 7]])
def test_shortfall_is_that_of_brute_force(dead):
    values = np.where(membership(3), np.random.default_rng(0).normal(size=(8, 3)), 0.0)
    values[dead] = np.where(membership(3)[dead], -np.inf, 0.0)
    np.testing.assert_allclose(shortfall(values)[1:], brute_force_shortfall(values)[1:])


def test_scores_that_were_measured_again_take_the_others_along():
    before = np.array([[0.0, np.nan], [1.0, 3.0], [5.0, 6.0]])
    after = updated(before, np.array([0, 1]), np.array([[0.0, np.nan], [1.5, 2.0]]))
    np.testing.assert_allclose(after, [[0.0, np.nan], [1.5, 2.0], [5.5, 5.0]])


def test_halving_measures_survivors_as_an_uninterrupted_run_does():
    all_the_way = SuccessiveHalving(rungs=(Rung(at=0.25, keep=1.0),)).estimate(mixed(), (0,), CPU)
    halved = SuccessiveHalving(rungs=(Rung(at=0.25, keep=0.2),)).estimate(mixed(), (0,), CPU)
    assert halved.cost_steps[0] < 0.7 * all_the_way.cost_steps[0]
    same = np.isclose(halved.values[0], all_the_way.values[0], atol=1e-4, equal_nan=True).all(axis=1)
    assert 4 < same.sum() < 15


MARGINS = (0, 0.001, 9)


def test_a_margin_keeps_what_is_near_the_best():
    rung = (Rung(at=0.25, keep=0.1),)
    costs = [SuccessiveHalving(rungs=rung, margin=m).estimate(mixed(), (0,), CPU).cost_steps[0] for m in MARGINS]
    assert costs[0] < costs[1] < costs[2] == 15 * 12


def test_rungs_must_go_up():
    with pytest.raises(ValidationError, match="rungs must go on"):
        SuccessiveHalving(rungs=(Rung(at=0.5, keep=0.5), Rung(at=0.25, keep=0.2)))


def test_low_fidelity_costs_its_fraction():
    estimate = LowFidelity(fraction=0.25, seeds=2).estimate(mixed(), (0, 1), CPU)
    assert estimate.cost_steps.tolist() == [15 * 3 * 2] * 2


def test_a_fraction_is_the_beginning_of_the_whole():
    problem = two_blocks(steps=8)
    brief = LowFidelity(fraction=0.5).estimate(problem, (0,), CPU)
    whole = LowFidelity(fraction=1.0).estimate(two_blocks(steps=4), (0,), CPU)
    np.testing.assert_allclose(brief.values, whole.values)


def test_groups_beyond_enumeration_are_sampled_and_the_rest_predicted(many_tasks):
    estimate = LowFidelity(fraction=1.0, sampled=30).estimate(many_tasks, (0, 1), CPU)
    sizes = [len(group) for group in estimate.groups]
    assert sizes.count(1) == 13
    assert sizes.count(2) == 78
    assert 20 < len(sizes) - 91 <= 30
    assert np.isfinite(estimate.scores().of(many_tasks.task_set.names)).all()
    assert [group_text(group) for group in estimate.groups] == [
        group_text(group) for group in LowFidelity(sampled=30).estimate(many_tasks, (5,), CPU).groups
    ]


def test_halving_refuses_what_cannot_be_enumerated(many_tasks):
    with pytest.raises(RequestError, match="stops at 12 tasks, found 13"):
        SuccessiveHalving().estimate(many_tasks, (0,), CPU)


@pytest.mark.parametrize("kind", ["relative", "log_ratio", "metric"])
def test_gains_are_measured_as_the_problem_says(kind):
    problem = replace(two_blocks(steps=30), gain=kind)
    values = LowFidelity(fraction=1.0).estimate(problem, (0,), CPU).values[0]
    alone = [group for group in range(31) if np.isfinite(values[group]).sum() == 1]
    assert np.nanmax(np.abs(values[alone])) == 0
    relative = LowFidelity(fraction=1.0).estimate(two_blocks(steps=30), (0,), CPU).values[0]
    assert np.allclose(values, relative, equal_nan=True) == (kind == "relative")
    if kind == "log_ratio":
        np.testing.assert_allclose(values, -np.log(1 - relative))
