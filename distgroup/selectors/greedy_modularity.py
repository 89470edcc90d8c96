"""`GreedyModularity`: the two communities merged whose merger raises modularity most."""

from collections.abc import Iterator
from typing import Literal

import networkx as nx
import numpy as np

from distgroup.scores import Floats
from distgroup.selectors.clustering import ClusteringSelector, Labels, weights


class GreedyModularity(ClusteringSelector):
    """Greedy modularity communities (Clauset, Newman & Moore 2004) of the similarities scaled to 0…1.

    With no number given, where modularity is highest; else merged on until there are so few.
    """

    kind: Literal["greedy_modularity"] = "greedy_modularity"

    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterator[Labels]:
        graph = nx.from_numpy_array(weights(similarity))
        found = nx.community.greedy_modularity_communities(graph, weight="weight", best_n=num_groups)
        labels = np.zeros(len(similarity), dtype=np.intp)
        for number, community in enumerate(found):
            # A task without a tie to any other is never merged; beyond the number it joins the last group.
            labels[list(community)] = number if num_groups is None else min(number, num_groups - 1)
        yield labels
