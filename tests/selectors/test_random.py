"""`Random` is uniform over partitions."""

from collections import Counter

import numpy as np

from distgroup.grouping import partitions
from distgroup.scores import AffinityScores
from distgroup.selectors import Random
from distgroup.selectors.random import completions


def test_counts_are_those_of_the_partitions():
    for n in range(1, 7):
        for limit in range(1, n + 1):
            assert completions(n, limit)[n][0] == len(list(partitions(n, limit)))


def test_every_partition_is_as_likely():
    scores = AffinityScores("abcd", np.zeros((4, 4)), 0.0)
    drawn = Counter(str(Random(seed=seed).select(scores, 3).grouping) for seed in range(1400))
    assert len(drawn) == 14
    assert min(drawn.values()) > 65
    assert max(drawn.values()) < 140


def test_thousands_of_tasks():
    n = 1500
    scores = AffinityScores([f"t{i}" for i in range(n)], np.zeros((n, n)), 0.0)
    assert len(Random().select(scores, 5).grouping) == 5
