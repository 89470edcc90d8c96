"""The grouping that tracked affinity asks for, and when it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, PositiveInt

from distgroup.grouping import Grouping
from distgroup.options import Options
from distgroup.scores import AffinityScores, Floats
from distgroup.selectors import AffinityPropagation, AnySelector, Exact, Selector


class Adaptive(Options):
    """A grouping that is made, and made again, from the affinity tracked; single tasks until then."""

    num_groups: PositiveInt | Literal["auto"] = Field(
        default="auto", description="At most so many groups by `selector`; auto: affinity propagation decides"
    )
    regroup_every: PositiveInt | Literal["never"] = Field(
        default=100, description="Batches between regroupings; never: one, after the warm-up, is kept"
    )
    selector: AnySelector = Exact(disjoint=True)
    warm_up: int = Field(default=100, ge=0, description="Batches before the first regrouping")

    def due(self, step: int) -> bool:
        """Is the grouping made before this step?"""
        since = step - self.warm_up
        return since == 0 or (since > 0 and self.regroup_every != "never" and since % self.regroup_every == 0)


@dataclass(frozen=True)
class Regrouping:
    """A grouping that a network has trained in from ``step`` on, and the affinity [source, target] tracked by then."""

    step: int
    grouping: Grouping
    affinity: Floats


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
