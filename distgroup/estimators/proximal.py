"""`proximal`: what do real updates on one task do to the others, while training one task after another?"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from distgroup.estimators.base import AffinityEstimator, Measured
from distgroup.estimators.estimate import Floats
from distgroup.grouping import Grouping
from distgroup.training.data import Data
from distgroup.training.problem import Problem
from distgroup.training.selective import Selective
from distgroup.training.tracking import Tracking


class Proximal(Tracking, AffinityEstimator):
    """Proximal inter-task affinity of Jeong & Yoon (ICLR 2025, arXiv 2502.11986), tracked over a run whose groups are
    the single tasks, in shuffled order on each batch; shared and task-specific parameters both move.

    When task s has been stepped, a_t = 1 − L_t after / L_t before for every task t, and A[s, t] moves by
    β (a_t − A[s, t]) from 0 on; the diagonal only where a_s ≥ 0 (see `track_`). Losses after a step are
    those before the next, so no forward pass is made beyond training's own, but for one that credits the batch's last
    task, on every ``credit_last_every``-th batch. A task without a label in the batch keeps its affinity.

    ``as_released``: the published code credits a change to the task about to act instead of the one that acted, and
    the last of a batch to none; kept for comparison. A singleton is worth 0: with a_t ≤ 0 company does not help.
    """

    kind: Literal["proximal"] = "proximal"

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        data = Data(problem.task_set, problem.task_set.names, device)
        alone = Grouping.of([name] for name in data.names)
        run = Selective(data, problem.encoder, problem.training, seeds, [alone], self)
        run.train(problem.training.steps)
        order = [data.names.index(name) for name in problem.task_set.names]
        affinity = run.affinity[:, order][:, :, order].cpu().numpy()
        return Measured(affinity, problem.training.steps * len(alone))

    def singleton(self, affinity: Floats) -> Floats:
        return np.zeros(len(affinity))
