"""`samplewise`: would one sample move the network to the same place for both tasks?"""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from distgroup.encoders import Encoder, Mlp
from distgroup.estimators.base import AffinityEstimator, Measured, mean_off_diagonal
from distgroup.estimators.estimate import Floats
from distgroup.estimators.outer_products import outer_products
from distgroup.estimators.sample_gradients import Distance, Samples, across
from distgroup.estimators.written_out import written_out
from distgroup.models import Network
from distgroup.seeding import derive, torch_rng
from distgroup.training.data import Data
from distgroup.training.problem import Problem

CROSS_ROWS = 16


class Samplewise(AffinityEstimator):
    """Samplewise optimisation landscape analysis (Thakur et al. 2024, arXiv 2412.04413): a reconstruction.

    One gradient step on one sample x_k gives that sample's local optimum; two tasks are as far apart as these lie:
    d[a, b] = mean over k of ‖g_a,k − g_b,k‖₁, g the gradient of the shared parameters at a random initialisation, with
    task-specific heads; affinity exp(−d / median d), symmetric. Trains nothing.

    The full paper could not be read; chosen here: the same ``samples`` rows for all tasks, drawn from those with a
    label; ``inits`` initialisations, d averaged over them before the exponential; the median over pairs of different
    tasks; a raw gradient, so that a task with large gradients is far from all; heads drawn apart for each task. Pairs
    count the rows that have both labels; tasks without a common row, all cross pairs of 16 rows each.
    ``sign_disagreement`` is the share of shared parameters whose gradients differ in sign, ``cosine`` is 1 − cos.

    An affinity in (0, 1] has no zero from which on sharing pays. A singleton is worth the mean over different tasks.
    """

    kind: Literal["samplewise"] = "samplewise"
    samples: int = Field(default=256, ge=1, description="Rows of train to look at")
    inits: int = Field(default=3, ge=1, description="Random initialisations to average over")
    distance: Distance = Field(default="l1", description="Of two tasks' gradients on one sample")

    def measure(self, problem: Problem, seeds: Sequence[int], device: torch.device) -> Measured:
        data = Data(problem.task_set, problem.task_set.names, device)
        order = [data.names.index(name) for name in problem.task_set.names]
        distances = [self._distances(data, problem, seed)[np.ix_(order, order)] for seed in seeds]
        return Measured(np.array([affinity(distance) for distance in distances]), 0)

    def singleton(self, affinity: Floats) -> Floats:
        return mean_off_diagonal(affinity)

    def _distances(self, data: Data, problem: Problem, seed: int) -> Floats:
        """Symmetric, [tasks, tasks] in the order of ``data``."""
        valid = data.splits["train"].valid
        inits = [derive(seed, "samplewise", "init", i) for i in range(self.inits)]
        total, count = torch.zeros(2, len(data.tasks), len(data.tasks), dtype=data.dtype, device=data.device)
        for part in samples(data, problem.encoder, inits, drawn(valid.any(1), self.samples, seed)):
            both = part.valid.T[:, None] * part.valid.T
            total += torch.stack([(part.apart(self.distance, a).mean(0) * both[a]).sum(1) for a in range(len(both))])
            count += both.sum(2)
        found = total / count
        for a, b in (count == 0).nonzero().tolist():
            found[a, b] = self._across(data, problem, inits, (a, b), seed)
        result: Floats = found.double().cpu().numpy()
        return result

    def _across(self, data: Data, problem: Problem, inits: list[int], pair: tuple[int, int], seed: int) -> Tensor:
        found = []
        for task in pair:
            rows = drawn(data.splits["train"].valid[:, task].bool(), CROSS_ROWS, seed)
            (part,) = samples(data, problem.encoder, inits, rows)
            found.append(part.gradient(task))
        return across(found[0], found[1], self.distance)


def samples(data: Data, encoder: Encoder, inits: Sequence[int], rows: Tensor) -> Iterator[Samples]:
    """The rows in blocks, on networks initialised by seeds ``inits``. Raises RequestError as `Stack` does."""
    network = Network(encoder, data.splits["train"].inputs.shape[1], data.tasks)
    start = torch.stack([network.initialise(init) for init in inits]).to(data.device, data.dtype)
    form = outer_products if isinstance(encoder, Mlp) else written_out
    yield from form(data, network, start, rows)


def drawn(eligible: Tensor, most: int, seed: int) -> Tensor:
    """Up to so many of the rows that are ``eligible``."""
    rows = eligible.nonzero()[:, 0]
    order = torch.randperm(len(rows), generator=torch_rng(seed, "samplewise", "rows"))
    return rows[order[:most].to(rows.device)]


def affinity(distance: Floats) -> Floats:
    """exp(−d / median d), the median over different tasks."""
    others = distance[~np.eye(len(distance), dtype=bool)]
    middle = np.median(others) if len(others) else 0.0
    scaled: Floats = np.exp(-distance / middle) if middle > 0 else np.ones_like(distance)
    return scaled
