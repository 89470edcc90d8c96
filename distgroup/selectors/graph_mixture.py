"""`GraphMixture`: a Gaussian mixture on an embedding of the task graph."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import networkx as nx
import numpy as np

from distgroup.scores import Floats
from distgroup.selectors.clustering import MOST_TRIED, ClusteringSelector, Labels, weights

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture


class GraphMixture(ClusteringSelector):
    """Mixture of Gaussians on the spectral embedding of the graph whose weights are the similarities scaled to 0…1.

    In place of the graph-based clustering of Thakur et al. 2024 (arXiv 2412.04413), which is reported as a Gaussian
    mixture on a graph-attention embedding and could not be read in full: the embedding here is the eigenvectors of the
    normalised Laplacian (Ng, Jordan & Weiss 2001), scaled by 1 − eigenvalue or 0, a dimension for each group but one;
    it learns nothing, which suits a dozen tasks. Components are spherical. With no number given, the number with the
    least BIC (Schwarz 1978) on the embedding in two dimensions.
    """

    kind: Literal["graph_mixture"] = "graph_mixture"

    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterator[Labels]:
        n = len(similarity)
        number = num_groups if num_groups is not None else fewest_bits(embedding(similarity, 2))
        if number in (1, n):
            yield np.arange(n) % number
        else:
            points = embedding(similarity, max(number - 1, 1))
            yield np.asarray(mixture(points, number).predict(points), dtype=np.intp)


def embedding(similarity: Floats, dimensions: int) -> Floats:
    """One point a task, [tasks, dimensions]."""
    # A little weight on every edge keeps the graph connected.
    graph = nx.from_numpy_array(weights(similarity) * 0.999 + 0.001)
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    values, vectors = np.linalg.eigh(nx.normalized_laplacian_matrix(graph).toarray())
    points: Floats = (vectors * np.maximum(1 - values, 0))[:, 1 : 1 + dimensions]
    return points


def mixture(points: Floats, number: int) -> "GaussianMixture":
    from sklearn.mixture import GaussianMixture  # a second to import, for one selector of ten

    number = min(number, len(np.unique(points.round(9), axis=0)))
    return GaussianMixture(number, covariance_type="spherical", reg_covar=1e-4, n_init=5, random_state=0).fit(points)


def fewest_bits(points: Floats) -> int:
    """The number of components, less than the points, with the least BIC."""
    numbers = range(1, min(len(points) - 1, MOST_TRIED) + 1)
    return min(numbers, key=lambda number: float(mixture(points, number).bic(points)), default=1)
