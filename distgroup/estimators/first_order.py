"""`first_order`: `lookahead` without the looking, by its linearisation."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from distgroup.estimators.base import AffinityEstimator, Measured
from distgroup.estimators.estimate import Floats
from distgroup.estimators.joint_run import Look, joint_run
from distgroup.training.problem import Problem


class FirstOrder(AffinityEstimator):
    """Inter-task affinity of TAG (Fifty et al., NeurIPS 2021) to first order in the learning rate, over one joint run.

    Z[s, t] = η g_s·g_t / L_t, g the gradients of the shared parameters on one batch, η the learning rate: all pairs
    from one matrix product, no forward pass beyond the run's own. 0 where L_t has no label in the batch. It deviates
    from `lookahead` by what the step's curvature does. A singleton is worth 0, as there.
    """

    kind: Literal["first_order"] = "first_order"
    every: int = Field(default=20, ge=1, description="Steps from one look at the gradients to the next")

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        affinity = joint_run(problem, seeds, device, self.every, first_order)
        return Measured(affinity, problem.training.steps)

    def singleton(self, affinity: Floats) -> Floats:
        return np.zeros(len(affinity))


def first_order(look: Look) -> Tensor:
    """Z [seeds, source, target] at one moment."""
    rate = look.stack.training.optimizer.lr
    inner = look.gradients @ look.gradients.transpose(1, 2)
    loss = look.losses[:, None]
    return torch.where(loss > 0, rate * inner / loss, 0.0)
