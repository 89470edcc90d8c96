"""The base of selectors that cluster the tasks: partitions from what pairs of tasks do to each other."""

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from distgroup.errors import RequestError
from distgroup.grouping import Group
from distgroup.scores import Floats, GroupScores
from distgroup.selectors.base import Selection, Selector
from distgroup.selectors.served import serve

Labels = NDArray[np.intp]

MOST_TRIED = 16
"""Where a method needs a number and none is given: 1 to so many are tried, and the largest total is taken."""


class ClusteringSelector(Selector):
    """Partitions from the similarity (P + Pᵀ)/2, P[source, target] the score of target in {source, target}.

    Clustering sees pairs only and does not maximise the total. Tasks are put in the order of their names first, so that
    the order in which they come decides nothing.
    """

    def select(self, scores: GroupScores, max_groups: int | None) -> Selection:
        """The clusters. Raises RequestError if a pair has no finite score, or a cluster is forbidden by −inf."""
        if max_groups is not None and max_groups < 1:
            raise RequestError(f"max_groups is {max_groups}: at least 1 group is needed")
        order = np.argsort(scores.tasks)
        names = [scores.tasks[i] for i in order]
        if len(names) == 1 or max_groups == 1:
            return serve(scores, [frozenset(names)])
        similarity = self._similarity(scores)[np.ix_(order, order)]
        if max_groups is not None and max_groups >= len(names):
            max_groups = None
        found: list[Selection] = []
        refused: list[RequestError] = []
        for labels in self._labels(similarity, max_groups):
            try:
                found.append(serve(scores, grouped(names, labels)))
            except RequestError as error:
                refused.append(error)
        if not found:
            raise refused[0]
        return max(found, key=lambda selection: selection.total)

    @abstractmethod
    def _labels(self, similarity: Floats, num_groups: int | None) -> Iterable[Labels]:
        """Cluster numbers of shape [tasks], by at most ``num_groups`` clusters, 2 or more and less than the tasks.

        Of several the one with the largest total is taken. The diagonal of ``similarity`` says nothing, but is finite.
        """

    def _similarity(self, scores: GroupScores) -> Floats:
        pairs = scores.pairwise()
        similarity = (pairs + pairs.T) / 2
        wrong = ~np.isfinite(similarity) & ~np.eye(len(pairs), dtype=bool)
        if wrong.any():
            a, b = np.argwhere(wrong)[0]
            raise RequestError(
                f"selector {self.kind}: a score is needed for every pair, and the group {scores.tasks[a]!r}, "
                f"{scores.tasks[b]!r} has none: use exact, milp or greedy"
            )
        # Only the diagonal is left: clusterings overwrite it, but scikit-learn refuses −inf first.
        return np.where(np.isfinite(similarity), similarity, 0.0)


def grouped(names: list[str], labels: Labels) -> list[Group]:
    """The groups that cluster numbers stand for."""
    return [frozenset(names[i] for i in np.flatnonzero(labels == label)) for label in np.unique(labels)]


def off_diagonal(similarity: Floats) -> Floats:
    """The similarities of different tasks, flat."""
    off: Floats = similarity[~np.eye(len(similarity), dtype=bool)]
    return off


def weights(similarity: Floats) -> Floats:
    """Edge weights from 0 (the least similar pair) to 1 (the most), with a zero diagonal; all 1 if all are alike."""
    off = off_diagonal(similarity)
    spread = off.max() - off.min()
    scaled = (similarity - off.min()) / spread if spread > 0 else np.ones_like(similarity)
    np.fill_diagonal(scaled, 0.0)
    return scaled
