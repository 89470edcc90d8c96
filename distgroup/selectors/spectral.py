"""`Spectral`: clusters of the graph's leading eigenvectors."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from distgroup.scores import Floats
from distgroup.selectors.clustering import MOST_TRIED, ClusteringSelector, Labels, weights


class Spectral(ClusteringSelector):
    """Normalised cuts (Shi & Malik 2000), labels by pivoted QR (Damle, Minden & Ying 2019), which draws nothing.

    Edge weights are the similarities scaled to 0…1. With no number given, the number up to 16 with the largest total.
    """

    kind: Literal["spectral"] = "spectral"

    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterator[Labels]:
        # Imported here because it takes a second that most selections need not spend.
        from sklearn.cluster import spectral_clustering

        # A little weight on every edge keeps the graph connected, which the method presumes.
        graph = weights(similarity) * 0.999 + 0.001
        n = len(graph)
        for number in [num_groups] if num_groups is not None else range(1, min(n, MOST_TRIED) + 1):
            if number in (1, n):
                yield np.arange(n) % number
            else:
                labels = spectral_clustering(graph, n_clusters=number, assign_labels="cluster_qr", random_state=0)
                yield np.asarray(labels, dtype=np.intp)
