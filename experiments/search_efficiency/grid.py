"""The search space: every estimator of experiments/estimators, numbers of groups, selectors."""

import sys
from pathlib import Path

from distgroup.selectors import (
    AffinityPropagation,
    Agglomerative,
    AnySelector,
    Exact,
    GraphMixture,
    GreedyModularity,
    Louvain,
    Spectral,
)

ESTIMATORS = Path(__file__).parents[1] / "estimators"
sys.path.append(str(ESTIMATORS))

from contenders import CONTENDERS  # noqa: E402  (found only now)

__all__ = ["CONTENDERS", "ESTIMATORS", "GROUPS", "SELECTORS"]

GROUPS = (1, 2, 3, 4, "auto")

SELECTORS: dict[str, AnySelector] = {
    "exact": Exact(),
    "exact, disjoint": Exact(disjoint=True),
    "affinity_propagation": AffinityPropagation(),
    "spectral": Spectral(),
    "agglomerative": Agglomerative(),
    "louvain": Louvain(),
    "greedy_modularity": GreedyModularity(),
    "graph_mixture": GraphMixture(),
}
