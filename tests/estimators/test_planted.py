"""Two blocks of tasks that share nothing: who looks at the tasks finds them."""

import pytest
import torch
from problems import two_blocks

from distgroup.estimators import (
    FirstOrder,
    GradientCosine,
    LabelSimilarity,
    Lookahead,
    LowFidelity,
    Pairwise,
    Samplewise,
    SuccessiveHalving,
)
from distgroup.estimators.successive_halving import Rung
from distgroup.selectors.exact import Exact

SEEDS = (0, 1)

FINDERS = [
    LabelSimilarity(),
    Samplewise(inits=256),
    GradientCosine(),
    Lookahead(),
    FirstOrder(),
    Pairwise(),
    LowFidelity(fraction=0.5),
    SuccessiveHalving(rungs=(Rung(at=0.5, keep=0.3),)),
]


@pytest.mark.parametrize("estimator", FINDERS, ids=lambda e: e.kind)
def test_finds_two_blocks(estimator):
    estimate = estimator.estimate(two_blocks(), SEEDS, torch.device("cpu"))
    assert str(Exact().select(estimate.scores(), 2).grouping) == "a0+a1+a2|b0+b1"
