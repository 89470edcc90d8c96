"""The grouping that tracked affinity asks for."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from distgroup.grouping import Grouping
from distgroup.scores import AffinityScores, Floats
from distgroup.selectors.affinity_propagation import AffinityPropagation
from distgroup.selectors.base import Selector


def normalised(affinity: Floats) -> Floats:
    """``X = A / diag(A)`` by column, then ``(X + Xᵀ) / 2`` (Jeong & Yoon 2025).

    What a source does to a target is so compared with what the target does to itself. A task that its own training has
    not improved yet has no such measure, and takes the mean of the others'; without any, A stays as it is. (The
    authors' released code divides by a view of the diagonal, which changes as it divides.)
    """
    own = np.diag(affinity).copy()
    improved = own[own > 0]
    usual = improved.mean() if len(improved) else 1.0
    scaled = affinity / np.where(own > 0, own, usual)
    symmetric: Floats = (scaled + scaled.T) / 2
    return symmetric


def regrouped(
    tasks: Sequence[str], affinity: Floats, num_groups: int | Literal["auto"], selector: Selector
) -> Grouping:
    """By `normalised` affinity: ``auto``, affinity propagation with the median preference; else ``selector``'s choice
    of at most ``num_groups`` groups. A task alone is worth the diagonal: 1."""
    similarity = normalised(affinity)
    scores = AffinityScores(tasks, similarity, np.diag(similarity))
    if num_groups == "auto":
        return AffinityPropagation().select(scores, None).grouping
    return selector.select(scores, num_groups).grouping
