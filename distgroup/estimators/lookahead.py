"""`lookahead`: how much does a step on one task lower another's loss?"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from distgroup.estimators.base import AffinityEstimator, Measured
from distgroup.estimators.estimate import Floats
from distgroup.estimators.joint_run import Look, joint_run, losses_at
from distgroup.training.problem import Problem


class Lookahead(AffinityEstimator):
    """Inter-task affinity of TAG (Fifty et al., NeurIPS 2021, eq. 1), averaged over one joint run.

    Z[s, t] = 1 − L_t(θ − η ∇L_s, φ_t) / L_t(θ, φ_t) on the same batch, θ the shared parameters, φ_t the head of t, η
    the learning rate. 0 where L_t has no label in the batch. A singleton is worth 0: what a task gains beyond its own
    step is what the others' steps add, and alone there are none. (Fifty et al. rule singletons out instead.)
    """

    kind: Literal["lookahead"] = "lookahead"
    every: int = Field(default=10, ge=1, description="Steps from one lookahead to the next; the paper's choice is 10")

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        affinity = joint_run(problem, seeds, device, self.every, lookahead)
        return Measured(affinity, problem.training.steps)

    def singleton(self, affinity: Floats) -> Floats:
        return np.zeros(len(affinity))


def lookahead(look: Look) -> Tensor:
    """Z [seeds, source, target] at one moment."""
    stack = look.stack
    rate = stack.training.optimizer.lr
    here = stack.parameters[:, : stack.network.shared]
    rows = [losses_at(look, here - rate * look.gradients[:, source]) for source in range(look.gradients.shape[1])]
    before = look.losses[:, None]
    return torch.where(before > 0, 1 - torch.stack(rows, 1) / before, 0.0)
