"""Carries out an assignment on one rank, network after network, so that it can go on from any step."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from distgroup.grouping import Group, Grouping
from distgroup.training.assignment import Assignment, TrainedNetwork, TrainedRun
from distgroup.training.comm import Ranks
from distgroup.training.data import Data
from distgroup.training.evaluate import evaluate
from distgroup.training.grouped import Grouped
from distgroup.training.replica import Precision

State = dict[str, Any]


@dataclass(frozen=True)
class Rank:
    """Among which ranks it is, and how it computes."""

    among: Ranks
    device: torch.device
    dtype: torch.dtype = torch.float32
    precision: Precision = "float32"


class Execution:
    """An assignment, or some of its networks, and how far it has come. Every rank comes to the same result."""

    def __init__(self, assignment: Assignment, rank: Rank, networks: Sequence[Group] | None = None) -> None:
        self.assignment, self.rank = assignment, rank
        self.networks = assignment.networks if networks is None else networks
        self.finished: list[TrainedNetwork] = []
        self._begin(0.0)

    @property
    def batches_done(self) -> int:
        """Of all networks together."""
        steps = self.assignment.problem.training.steps
        return len(self.finished) * steps + (self.network.steps_done if self.network else 0)

    def run(self) -> Iterator[bool]:
        """Train to the end. Yields after each batch, and at the end, whether the state is to be saved now.

        Raises DivergedError, on all ranks alike.
        """
        training = self.assignment.problem.training
        while self.network:
            while self.network.steps_done < training.steps:
                self.network.step()
                yield self.batches_done % training.parallel.checkpoint_every == 0
            self._finish(self.network)
        yield True

    @property
    def outcome(self) -> TrainedRun:
        """Once all is done."""
        return TrainedRun(tuple(self.finished))

    def state(self) -> State:
        """All that going on from here needs."""
        return {
            "finished": self.finished,
            "network": self.network and self.network.state(),
            "seconds": time.perf_counter() - self._began,
        }

    def load(self, state: State) -> None:
        """Go on from a `state` of the same assignment, whatever number of ranks it was reached on."""
        self.finished = list(state["finished"])
        self._begin(state["seconds"])
        if self.network and state["network"]:
            self.network.load(state["network"])

    def _begin(self, seconds: float) -> None:
        """With the next network, on which so much time has been spent already."""
        self._began = time.perf_counter() - seconds
        left = self.networks[len(self.finished) :]
        self.network = self._fresh(left[0]) if left else None

    def _fresh(self, group: Group) -> Grouped:
        assignment, rank = self.assignment, self.rank
        selective = assignment.update == "selective"
        return Grouped(
            assignment.problem,
            Data(assignment.problem.task_set, sorted(group), rank.device, rank.dtype),
            assignment.seed,
            assignment.grouping if selective else Grouping.of([group]),
            assignment.tracking if selective else None,
            rank.among,
            rank.precision,
        )

    def _finish(self, network: Grouped) -> None:
        """Evaluate the network, and begin with the next."""
        network.check()
        trained = TrainedNetwork(
            frozenset(network.data.names),
            network.data.names,
            {name: value.cpu().clone() for name, value in network.replica.model.state_dict().items()},
            network.losses,
            network.affinity[0].numpy(),
            tuple(network.regroupings),
            {split: evaluate(network.replica, split) for split in ("val", "test")},
            time.perf_counter() - self._began,
        )
        self.finished.append(trained)
        self._begin(0.0)


def train_here(assignment: Assignment, device: torch.device, dtype: torch.dtype = torch.float32) -> TrainedRun:
    """Carry out the assignment on one rank, in this process, without Ray; torch's random state is as before.

    Raises DivergedError.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        execution = Execution(assignment, Rank(Ranks(), device, dtype))
        for _ in execution.run():
            pass
        return execution.outcome
