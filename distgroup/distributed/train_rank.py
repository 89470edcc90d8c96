"""What one rank of data-parallel training does under Ray Train."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
import torch
from ray.train import Checkpoint, get_checkpoint, report
from ray.train.torch import get_device

from distgroup.errors import DivergedError
from distgroup.grouping import Group
from distgroup.training.assignment import Assignment
from distgroup.training.comm import Ranks
from distgroup.training.execution import Execution, Rank, State

FILE = "state.pt"

SECONDS_BETWEEN_NEWS = 0.3


@ray.remote(num_cpus=0)
class News:
    """How far the first rank is, for the driver to show: what a rank reports to Ray Train is not for in between."""

    def __init__(self) -> None:
        self.batches = 0

    def put(self, batches: int) -> None:
        self.batches = batches

    def get(self) -> int:
        return self.batches


@dataclass(frozen=True)
class Orders:
    """What every rank is told."""

    assignment: Any
    """Reference to the `Assignment` in Ray's object store."""
    networks: tuple[Group, ...]
    """Which of its networks to train."""
    gpu: bool
    dtype: torch.dtype
    news: Any
    """Handle of a `News`."""


def train_rank(config: dict[str, Any]) -> DivergedError | None:
    """Carry out ``config["orders"]``, from the latest checkpoint if there is one; what came of it is in the last.

    Divergence, which all ranks meet alike, is returned: Ray Train would start again for whatever is raised.
    """
    orders: Orders = config["orders"]
    assignment: Assignment = ray.get(orders.assignment)
    parallel, ranks = assignment.problem.training.parallel, Ranks.joined()
    torch.set_num_threads(max(1, int(parallel.cpus_per_worker)))
    precision = ("bf16" if orders.gpu else "float32") if parallel.precision == "auto" else parallel.precision
    tell = _Teller(ranks.rank, orders.news)
    execution = Execution(assignment, Rank(ranks, get_device(), orders.dtype, precision), orders.networks)
    try:
        checkpoint = get_checkpoint()
        if checkpoint:
            execution.load(state_in(checkpoint))
        for save in execution.run():
            tell(execution.batches_done)
            if save:
                _save(execution)
    except DivergedError as error:
        return error
    return None


def state_in(checkpoint: Checkpoint) -> State:
    """Tensors on the CPU."""
    with checkpoint.as_directory() as folder:
        state: State = torch.load(Path(folder) / FILE, weights_only=False, map_location="cpu")
    return state


def _save(execution: Execution) -> None:
    """Every rank reports, and waits for the others; the checkpoint is the first one's."""
    if execution.rank.among.rank:
        report({})
        return
    with tempfile.TemporaryDirectory() as folder:
        torch.save(execution.state(), Path(folder) / FILE)
        report({}, Checkpoint.from_directory(folder))


class _Teller:
    """The first rank tells how far it is, now and then."""

    def __init__(self, rank: int, news: Any) -> None:
        self.rank, self.news, self._told = rank, news, 0.0

    def __call__(self, batches: int) -> None:
        now = time.monotonic()
        if self.rank == 0 and now - self._told > SECONDS_BETWEEN_NEWS:
            self.news.put.remote(batches)
            self._told = now
