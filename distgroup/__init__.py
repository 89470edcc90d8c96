"""Which tasks should share a network?

distgroup trains every group of tasks once, so that it knows; lets cheap affinity estimators guess; and says what each
guess would have cost. From the command line, ``distgroup run spec.yaml`` does all of it on Ray. The parts work alone,
without Ray, as here: a problem, an estimator, a selector.

>>> import torch
>>> from distgroup.estimators import GradientCosine
>>> from distgroup.encoders import Mlp
>>> from distgroup.selectors.exact import Exact
>>> from distgroup.tasks.digits_pair import DigitsPair
>>> from distgroup.training.problem import Problem
>>> from distgroup.training.settings import Training

What is trained: two digits side by side, of which four things are asked.

>>> data = DigitsPair(tasks=("left_digit", "left_even", "right_digit", "right_even"))
>>> problem = Problem(data.load(), Mlp(widths=(32,)), Training(steps=60))

What does training on one task do to another? Two seeds, one joint run each, side by side in one stack.

>>> estimate = GradientCosine().estimate(problem, seeds=[0, 1], device=torch.device("cpu"))
>>> estimate.affinity.shape  # seeds, source, target
(2, 4, 4)

The best two groups on the predicted scores, proven so. A task that two groups hold is served by one of them.

>>> best = Exact(disjoint=True).select(estimate.scores(), max_groups=2)
>>> str(best.grouping), best.optimal
('left_digit+left_even|right_digit+right_even', True)
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distgroup.trained import Model

__version__ = "0.1.0"
__all__ = ["load"]


def load(path: Path | str) -> "Model":
    """The model that `distgroup train` or `run` has saved in a folder: see `trained.Model`."""
    from distgroup.trained import load as loaded  # not before it is asked for: it takes a second

    return loaded(path)
