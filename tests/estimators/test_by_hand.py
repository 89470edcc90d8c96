"""Affinities by plain arithmetic, on tasks that differ, so that source and target cannot be mixed up.

One hidden unit h = w + b on the input 1; task t predicts v_t h + c_t, with squared loss. At seed 0 the unit is on.
"""

import numpy as np
import pytest
import torch
from problems import line

from distgroup.encoders import Mlp
from distgroup.estimators import FirstOrder, GradientCosine, Lookahead, Pairwise, Proximal
from distgroup.estimators.runs import Runs
from distgroup.models import Network
from distgroup.seeding import derive, torch_rng

CPU = torch.device("cpu")
LABELS = (2.0, -1.0, 0.5)
RATE = 0.05


class Hand:
    """The network at initialisation, in Python's own numbers."""

    def __init__(self, seed=0):
        tasks = line(LABELS).task_set.tasks
        network = Network(Mlp(widths=(1,)), 1, tasks)
        layers = network.layers(network.initialise(seed)[None])
        self.w, self.b = (float(part.item()) for part in layers.encoder[0])
        self.v, self.c = ([float(x) for x in part.flatten()] for part in layers.head)
        assert self.w + self.b > 0

    def residual(self, t):
        return self.v[t] * (self.w + self.b) + self.c[t] - LABELS[t]

    def loss(self, t):
        return self.residual(t) ** 2

    def step_shared(self, t, rate):
        """Move w and b against the gradient of task t's loss: both have the derivative 2 r_t v_t."""
        slope = 2 * self.residual(t) * self.v[t]
        self.w -= rate * slope
        self.b -= rate * slope

    def step_all(self, t, rate):
        r, h, v = self.residual(t), self.w + self.b, self.v[t]
        self.v[t] -= rate * 2 * r * h
        self.c[t] -= rate * 2 * r
        self.w -= rate * 2 * r * v
        self.b -= rate * 2 * r * v


def found(estimator, **options):
    return estimator.estimate(line(LABELS, RATE, **options), (0,), CPU).affinity[0]


def test_lookahead():
    expected = np.empty((3, 3))
    for s in range(3):
        moved = Hand()
        moved.step_shared(s, RATE)
        expected[s] = [1 - moved.loss(t) / Hand().loss(t) for t in range(3)]
    assert abs(expected - expected.T).max() > 0.01
    np.testing.assert_allclose(found(Lookahead(every=1)), expected, atol=1e-5)


def test_first_order():
    hand = Hand()
    slope = [2 * hand.residual(t) * hand.v[t] for t in range(3)]
    expected = [[RATE * 2 * slope[s] * slope[t] / hand.loss(t) for t in range(3)] for s in range(3)]
    np.testing.assert_allclose(found(FirstOrder(every=1)), expected, atol=1e-5)


def test_first_order_is_lookahead_at_a_small_rate():
    problem = line(LABELS, lr=1e-3)
    both = [e.estimate(problem, (0,), CPU).affinity[0] for e in (FirstOrder(every=1), Lookahead(every=1))]
    np.testing.assert_allclose(*both, atol=1e-4)


def test_gradient_cosine_of_one_unit_is_a_sign():
    hand = Hand()
    slope = np.array([hand.residual(t) * hand.v[t] for t in range(3)])
    np.testing.assert_allclose(found(GradientCosine(every=1)), np.sign(np.outer(slope, slope)), atol=1e-5)


@pytest.mark.parametrize("credit", ["corrected", "as_released"])
def test_proximal(credit):
    hand, expected = Hand(), np.zeros((3, 3))
    order = torch.randperm(3, generator=torch_rng(0, "order", 0)).tolist()
    for turn, acting in enumerate(order):
        before = [hand.loss(t) for t in range(3)]
        hand.step_all(acting, RATE)
        source = acting if credit == "corrected" else (*order, None)[turn + 1]
        if source is not None:
            change = [1 - hand.loss(t) / before[t] for t in range(3)]
            expected[source] = [0.25 * a if t != source or a >= 0 else 0 for t, a in enumerate(change)]
    np.testing.assert_allclose(found(Proximal(beta=0.25, credit=credit)), expected, atol=1e-5)


def test_pairwise_is_the_gain_of_the_target():
    problem = line(LABELS, RATE, steps=3)
    groups = [frozenset(group) for group in (["t0"], ["t1"], ["t2"], ["t0", "t2"])]
    runs = Runs(problem, groups, derive(0, "pairwise"), CPU)
    runs.train_to(3)
    gains = runs.gains()[3]
    affinity = Pairwise().estimate(problem, (0,), CPU).affinity[0]
    np.testing.assert_allclose([affinity[2, 0], affinity[0, 2]], [gains[0], gains[2]])
    assert abs(gains[0] - gains[2]) > 1e-3
