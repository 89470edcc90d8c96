"""The credit rule against its definition, case by case."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from distgroup.training.tracking import track_


def by_definition(affinity, group, before, after, beta):
    """The rule as it is written, one network, one pair at a time."""
    result = affinity.copy()
    group = [t for t in group if before[t] > 0]
    for s in group:
        for t in range(len(before)):
            if before[t] == 0:
                continue
            a_s, a_t = ((1 - after[i] / before[i]) / len(group) for i in (s, t))
            if t == s and a_t < 0:
                continue
            b = a_t if t not in group or a_t * a_s >= 0 else -max(a_t, a_s)
            result[s, t] = (1 - beta) * affinity[s, t] + beta * b
    return result


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1.0))
def test_a_step_is_that_of_the_definition(seed, beta):
    rng = np.random.default_rng(seed)
    networks, n = 3, 4
    affinity = rng.normal(size=(networks, n, n))
    group = rng.uniform(size=(networks, n)) < 0.5
    before = rng.uniform(0.5, 1.5, size=(networks, n)) * (rng.uniform(size=(networks, n)) < 0.8)
    after = before * rng.uniform(0.7, 1.3, size=(networks, n))
    tracked = torch.tensor(affinity)
    track_(tracked, *map(torch.tensor, (group, before, after)), beta)
    for i in range(networks):
        expected = by_definition(affinity[i], np.flatnonzero(group[i]), before[i], after[i], beta)
        np.testing.assert_allclose(tracked[i].numpy(), expected, rtol=0, atol=1e-14)


def tracked(group, before, after):
    affinity = torch.zeros(1, 3, 3, dtype=torch.float64)
    track_(affinity, torch.tensor([group]), torch.tensor([before]), torch.tensor([after]), 1.0)
    return affinity[0]


def test_a_group_that_helps_one_and_hurts_another_of_its_own_is_against_both():
    found = tracked([True, True, False], [1.0, 1.0, 1.0], [0.8, 1.4, 0.9])
    expected = torch.tensor([[0.1, -0.1, 0.05], [-0.1, 0.0, 0.05], [0.0, 0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_a_missing_label_never_counts():
    """Without its label in the batch, a task of the group has not acted: the rest is as if it were not in the group."""
    found = tracked([True, True, False], [1.0, 0.0, 1.0], [0.8, 0.0, 0.9])
    assert torch.equal(found, tracked([True, False, False], [1.0, 0.0, 1.0], [0.8, 0.0, 0.9]))
    assert found[1].count_nonzero() == found[:, 1].count_nonzero() == 0
    assert found[0, 0] == pytest.approx(0.2)


def test_a_network_without_an_acting_group_is_left_alone():
    affinity = torch.randn(2, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    was = affinity.clone()
    nobody = torch.tensor([[False] * 3, [True, False, False]])
    track_(affinity, nobody, torch.ones(2, 3), torch.tensor([[float("nan")] * 3, [0.5] * 3]), 0.1)
    assert torch.equal(affinity[0], was[0])
    assert not torch.equal(affinity[1], was[1])
