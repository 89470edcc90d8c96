"""Proximal affinity: who is credited, what moves, and how many forward passes it takes."""

from itertools import pairwise

import numpy as np
import torch
from problems import mixed, two_blocks

from distgroup.estimators import Proximal
from distgroup.estimators.selective_run import SelectiveRun
from distgroup.training.data import Data
from distgroup.training.stack import Stack

CPU = torch.device("cpu")
PAIRS = ("a0", "a1", "b0", "b1")
PARTNER = [1, 0, 3, 2]


class Counting(Stack):
    """A stack that counts its passes."""

    forwards = 0

    def forward(self, inputs, layers=None):
        self.forwards += 1
        return super().forward(inputs, layers)


def run_on(problem, seeds=(0, 1), credit_last_every=1):
    data = Data(problem.task_set, problem.task_set.names, CPU)
    stack = Counting(data, problem.encoder, problem.training, seeds, [frozenset(data.names)])
    return SelectiveRun(stack, credit_last_every)


def partner_and_others(credit):
    """For each target: the partner's affinity, and those of the two others."""
    estimate = Proximal(credit=credit).estimate(two_blocks(names=PAIRS, steps=100), (0, 1, 2), CPU)
    affinity = estimate.affinity.mean(axis=0)
    others = [[s for s in range(4) if s not in (t, PARTNER[t])] for t in range(4)]
    return [(affinity[PARTNER[t], t], affinity[others[t], t]) for t in range(4)]


def test_corrected_credit_recovers_true_pairs():
    for partner, others in partner_and_others("corrected"):
        assert partner > others.max()


def test_released_credit_inverts_true_pairs():
    for partner, others in partner_and_others("as_released"):
        assert partner < others.min()


def test_a_head_whose_task_does_not_act_stays_where_it_is():
    run = run_on(mixed())
    owner = torch.tensor(run.stack.network.task_of_output)
    before = [part.clone() for part in run.stack.layers.head]
    for _ in range(3):
        for update in run.batch():
            moved = [(part != old).flatten(2).any(2) for part, old in zip(run.stack.layers.head, before, strict=True)]
            assert (moved[0] == (owner == update.acted[:, None])).all()
            assert not (moved[1] & (owner != update.acted[:, None])).any()
            before = [part.clone() for part in run.stack.layers.head]


def test_every_task_acts_once_a_batch_in_an_order_of_each_seed():
    run = run_on(mixed())
    orders = [torch.stack([update.acted for update in run.batch()], 1) for _ in range(4)]
    assert all((order.sort(1).values == torch.arange(4)).all() for order in orders)
    assert len({tuple(row) for order in orders for row in order.tolist()}) > 4


def test_no_forward_pass_but_trainings_own_and_the_one_for_the_last():
    always, seldom = run_on(mixed()), run_on(mixed(), credit_last_every=3)
    for run in (always, seldom):
        for _ in range(6):
            list(run.batch())
    assert always.stack.forwards == 6 * (4 + 1)
    assert seldom.stack.forwards == 6 * 4 + 2


def test_losses_after_a_step_are_those_before_the_next():
    updates = list(run_on(mixed()).batch())
    assert all(torch.equal(a.after, b.before) for a, b in pairwise(updates))
    assert len(updates) == 4


def test_diagonal_is_not_lowered():
    estimate = Proximal(beta=0.1).estimate(mixed(lr=0.5), (0, 1, 2), CPU)
    assert (np.diagonal(estimate.affinity, axis1=1, axis2=2) >= 0).all()
