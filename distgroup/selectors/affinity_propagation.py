"""`AffinityPropagation`: clusters around exemplars."""

import warnings
from collections.abc import Iterator
from typing import Literal

import numpy as np

from distgroup.scores import Floats
from distgroup.selectors.clustering import ClusteringSelector, Labels, off_diagonal

DAMPING = (0.5, 0.7, 0.9)
BISECTIONS = 20


class AffinityPropagation(ClusteringSelector):
    """Affinity propagation (Frey & Dueck 2007), which Jeong & Yoon (ICLR 2025) regroup by.

    The number of groups follows from the preference of each task to be an exemplar: the median similarity if none is
    given; else the one, found by bisection, that gives the most groups within the number. Where messages do not
    converge even with damping 0.9, all tasks are one group.
    """

    kind: Literal["affinity_propagation"] = "affinity_propagation"

    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterator[Labels]:
        off = off_diagonal(similarity)
        if num_groups is None:
            yield _clusters(similarity, float(np.median(off)))
            return
        best = np.zeros(len(similarity), dtype=np.intp)
        low, high = off.min() - len(similarity) * np.ptp(off), off.max()
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            labels = _clusters(similarity, float(middle))
            if labels.max() < num_groups:
                best, low = max(best, labels, key=np.max), middle
            else:
                high = middle
        yield best


def _clusters(similarity: Floats, preference: float) -> Labels:
    # Imported here because it takes a second that most selections need not spend.
    from sklearn.cluster import affinity_propagation
    from sklearn.exceptions import ConvergenceWarning

    for damping in DAMPING:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", message="All samples have mutually equal similarities")
            _, labels = affinity_propagation(
                similarity, preference=preference, damping=damping, max_iter=500, random_state=0
            )
        if labels.min() >= 0:
            return np.asarray(labels, dtype=np.intp)
    return np.zeros(len(similarity), dtype=np.intp)
