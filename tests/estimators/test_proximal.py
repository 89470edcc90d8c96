"""Proximal affinity: who is credited. How the run goes, tests/training/test_selective.py says."""

from dataclasses import replace

import numpy as np
import torch
from problems import mixed, two_blocks

from distgroup.estimators import Proximal
from distgroup.training.settings import Sgd

CPU = torch.device("cpu")
PAIRS = ("a0", "a1", "b0", "b1")
PARTNER = [1, 0, 3, 2]


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


def test_diagonal_is_not_lowered():
    estimate = Proximal(beta=0.1).estimate(mixed(lr=0.5), (0, 1, 2), CPU)
    assert (np.diagonal(estimate.affinity, axis1=1, axis2=2) >= 0).all()


def test_momentum_is_no_obstacle():
    problem = mixed()
    training = problem.training.model_copy(update={"optimizer": Sgd(lr=0.05, momentum=0.9)})
    estimate = Proximal().estimate(replace(problem, training=training), (0,), CPU)
    assert estimate.affinity.any()
