import numpy as np
import pytest

from distgroup.grouping import partitions
from distgroup.partition_sums import partition_sums

STIRLING = [1, 511, 9330, 34105, 42525, 22827, 5880, 750, 45, 1]
"""Partitions of ten tasks into 1, 2, … 10 groups."""


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_every_partition_once(n):
    worth = np.random.default_rng(n).normal(size=1 << n)
    expected = [[] for _ in range(n)]
    for blocks in partitions(n):
        expected[len(blocks) - 1].append(sum(worth[block] for block in blocks))
    for found, brute in zip(partition_sums(worth), expected, strict=True):
        np.testing.assert_allclose(np.sort(found), np.sort(brute), atol=1e-12)


def test_as_many_as_stirling_counts():
    assert [len(sums) for sums in partition_sums(np.zeros(1 << 10))] == STIRLING
