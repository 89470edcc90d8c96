"""Two blocks of tasks that share nothing: who looks at the tasks finds them."""

import pytest
import torch
from problems import two_blocks

from distgroup.estimators import GradientCosine, LabelSimilarity, Lookahead
from distgroup.selectors.exact import Exact

SEEDS = (0, 1)


@pytest.mark.parametrize("estimator", [LabelSimilarity(), GradientCosine(), Lookahead()], ids=lambda e: e.kind)
def test_finds_two_blocks(estimator):
    estimate = estimator.estimate(two_blocks(), SEEDS, torch.device("cpu"))
    assert str(Exact().select(estimate.scores(), 2).grouping) == "a0+a1+a2|b0+b1"
