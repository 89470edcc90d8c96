"""The graph mixture keeps the contract and finds what is plain to see."""

import numpy as np
from selector_contract import SelectorContract

from distgroup.scores import AffinityScores
from distgroup.selectors.graph_mixture import GraphMixture


def blocks(sizes):
    """Blocks of tasks that help each other, with some noise."""
    rng = np.random.default_rng(0)
    block = np.repeat(np.arange(len(sizes)), sizes)
    affinity = np.where(block[:, None] == block, 1.0, -1.0) + rng.uniform(-0.1, 0.1, (len(block), len(block)))
    return AffinityScores("abcdefghi"[: len(block)], affinity, 0.0)


class TestGraphMixture(SelectorContract):
    selector = table_selector = GraphMixture()

    def test_finds_as_many_planted_blocks_as_asked_for(self):
        assert str(GraphMixture().select(blocks([3, 3, 3]), 3).grouping) == "a+b+c|d+e+f|g+h+i"
        assert str(GraphMixture().select(blocks([2, 4]), 2).grouping) == "a+b|c+d+e+f"

    def test_bic_finds_their_number(self):
        assert str(GraphMixture().select(blocks([3, 3, 3]), None).grouping) == "a+b+c|d+e+f|g+h+i"
        assert str(GraphMixture().select(blocks([4, 4]), None).grouping) == "a+b+c+d|e+f+g+h"
