"""Every selector keeps the contract."""

import numpy as np
import pytest
from selector_contract import SelectorContract

from distgroup.scores import AffinityScores
from distgroup.selectors import (
    AffinityPropagation,
    Agglomerative,
    Exact,
    Greedy,
    GreedyModularity,
    Louvain,
    Milp,
    Random,
    Spectral,
)


def planted():
    """Three blocks of three tasks that help each other; all else is harm of differing size."""
    rng = np.random.default_rng(0)
    block = np.arange(9) % 3
    affinity = np.where(block[:, None] == block, 1.0, -1.0) + rng.uniform(-0.1, 0.1, (9, 9))
    return AffinityScores("abcdefghi", affinity, 0.0)


class Finds:
    """The selectors that look at the scores find what is plain to see, whether the number is given or not."""

    @pytest.mark.parametrize("number", [None, 3])
    def test_finds_planted_blocks(self, number):
        assert str(self.selector.select(planted(), number).grouping) == "a+d+g|b+e+h|c+f+i"


class TestExactCover(SelectorContract):
    selector = table_selector = Exact()


class TestExactPartition(SelectorContract, Finds):
    selector = table_selector = Exact(disjoint=True)


class TestMilpCover(SelectorContract):
    selector = table_selector = Milp()


class TestMilpPartition(SelectorContract, Finds):
    selector = table_selector = Milp(disjoint=True)


class TestGreedyCover(SelectorContract):
    selector = table_selector = Greedy(rounds=2)


class TestGreedyPartition(SelectorContract, Finds):
    selector = Greedy(disjoint=True, rounds=2)
    table_selector = Greedy(rounds=2)


class TestAffinityPropagation(SelectorContract, Finds):
    selector = table_selector = AffinityPropagation()


class TestSpectral(SelectorContract, Finds):
    selector = table_selector = Spectral()


class TestAgglomerative(SelectorContract, Finds):
    selector = table_selector = Agglomerative()


class TestLouvain(SelectorContract, Finds):
    selector = table_selector = Louvain()


class TestGreedyModularity(SelectorContract, Finds):
    selector = table_selector = GreedyModularity()


class TestRandom(SelectorContract):
    selector = table_selector = Random()
