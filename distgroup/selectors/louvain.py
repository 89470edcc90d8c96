"""`Louvain`: communities of high modularity, task by task, then community by community."""

from collections.abc import Iterator
from typing import Literal

import networkx as nx
import numpy as np
from pydantic import NonNegativeInt, PositiveFloat

from distgroup.scores import Floats
from distgroup.selectors.clustering import ClusteringSelector, Labels, weights

BISECTIONS = 20


class Louvain(ClusteringSelector):
    """Louvain communities (Blondel et al. 2008) of the graph whose weights are the similarities scaled to 0…1.

    With no number given, those at ``resolution``; else the resolution, found by bisection, that gives the most
    communities within the number.
    """

    kind: Literal["louvain"] = "louvain"
    resolution: PositiveFloat = 1.0
    seed: NonNegativeInt = 0

    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterator[Labels]:
        graph = nx.from_numpy_array(weights(similarity))
        if num_groups is None:
            yield self._communities(graph, self.resolution)
            return
        best = np.zeros(len(similarity), dtype=np.intp)
        low, high = 0.0, 4.0
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            labels = self._communities(graph, middle)
            if labels.max() < num_groups:
                best, low = max(best, labels, key=np.max), middle
            else:
                high = middle
        yield best

    def _communities(self, graph: "nx.Graph[int]", resolution: float) -> Labels:
        labels = np.empty(len(graph), dtype=np.intp)
        found = nx.community.louvain_communities(graph, resolution=resolution, seed=self.seed)
        for number, community in enumerate(found):
            labels[list(community)] = number
        return labels
