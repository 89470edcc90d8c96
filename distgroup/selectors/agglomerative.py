"""`Agglomerative`: the two nearest clusters merged, again and again."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

from distgroup.scores import Floats
from distgroup.selectors.clustering import MOST_TRIED, ClusteringSelector, Labels, weights


class Agglomerative(ClusteringSelector):
    """Hierarchical clustering; the distance of two tasks is 1 − their similarity scaled to 0…1.

    That of two clusters is the ``linkage`` of their tasks'. With no number given, the number up to 16 with the
    largest total.
    """

    kind: Literal["agglomerative"] = "agglomerative"
    linkage: Literal["average", "complete", "single"] = "average"

    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterator[Labels]:
        distance = 1.0 - weights(similarity)
        np.fill_diagonal(distance, 0.0)
        tree = linkage(squareform(distance, checks=False), self.linkage)
        most = min(len(distance), MOST_TRIED)
        cuts = cut_tree(tree, n_clusters=[num_groups] if num_groups is not None else range(1, most + 1))
        yield from np.asarray(cuts, dtype=np.intp).T
