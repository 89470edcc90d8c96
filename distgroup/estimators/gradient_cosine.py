"""`gradient_cosine`: do two tasks pull the shared parameters the same way?"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from distgroup.estimators.base import AffinityEstimator, Measured
from distgroup.estimators.estimate import Floats
from distgroup.estimators.joint_run import Look, joint_run
from distgroup.training.problem import Problem


class GradientCosine(AffinityEstimator):
    """Cosine of two tasks' gradients of the shared parameters on one batch, averaged over a joint run; symmetric.

    Long used as a measure of conflict (Du et al. 2018, arXiv 1812.02224; Yu et al. 2020, arXiv 2001.06782). A singleton
    is worth 0: gradients at right angles neither help nor hurt.
    """

    kind: Literal["gradient_cosine"] = "gradient_cosine"
    every: int = Field(default=10, ge=1, description="Steps from one look at the gradients to the next")

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        affinity = joint_run(problem, seeds, device, self.every, cosine)
        return Measured(affinity, problem.training.steps)

    def singleton(self, affinity: Floats) -> Floats:
        return np.zeros(len(affinity))


def cosine(look: Look) -> Tensor:
    """Cosines [seeds, tasks, tasks]; 0 for a task without a gradient."""
    unit = normalize(look.gradients, dim=2)
    return unit @ unit.transpose(1, 2)
