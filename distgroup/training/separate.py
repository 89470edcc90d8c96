"""Update rule `separate`: one network a group. Here, every group of interest at once, in chunks that fit the cache."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch

from distgroup.grouping import Group, group_of, group_text
from distgroup.models import Network
from distgroup.tasks.task import Task
from distgroup.training.data import Data
from distgroup.training.evaluate import Evaluation, evaluate
from distgroup.training.problem import Problem
from distgroup.training.stack import Stack

CHUNK_BYTES = 6 << 20
"""Working set of a chunk. A constant, not this machine's cache: chunks decide rounding, and a spec's tables must not
depend on where they are made. Measured in experiments/benchmarks/stack."""

SMALLEST, LARGEST = 4, 64

Of = TypeVar("Of")


@dataclass(frozen=True)
class Chunk:
    """Groups whose networks of one seed train as one stack."""

    seed: int
    groups: tuple[Group, ...]

    @property
    def tasks(self) -> frozenset[str]:
        return frozenset[str]().union(*self.groups)

    def key(self, problem: Problem) -> str:
        """Names the chunk's result by all that determines it."""
        text = "|".join((problem.digest, str(self.seed), *map(group_text, self.groups)))
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Trained:
    """What came of a chunk: an evaluation for val and test, columns in the order of ``tasks``."""

    chunk: Chunk
    tasks: tuple[str, ...]
    evaluations: dict[str, Evaluation]
    seconds: float
    """Wall time of the whole stack."""


def chunk_size(network: Network, batch_size: int) -> int:
    """How many networks of this shape to stack: parameters, gradient, Adam's two moments and activations together."""
    numbers = 4 * network.parameters + batch_size * (network.body.activations + network.outputs)
    return min(max(CHUNK_BYTES // (4 * numbers), SMALLEST), LARGEST)


def widest_last(tasks: Sequence[Task]) -> tuple[str, ...]:
    """Task names by width of head. Counting up through bitmasks in this order leaves the wide heads out of half of the
    chunks altogether."""
    return tuple(task.name for task in sorted(tasks, key=lambda task: task.outputs))


def share_out(problem: Problem, networks: Sequence[Of]) -> list[tuple[Of, ...]]:
    """Cut networks, named by what tells them apart, into runs of about equal length that each train well as a stack."""
    network = Network(problem.encoder, problem.task_set.features, problem.task_set.tasks)
    size = chunk_size(network, problem.training.batch_size)
    bounds = np.linspace(0, len(networks), -(-len(networks) // size) + 1).round().astype(int)
    return [tuple(networks[a:b]) for a, b in pairwise(bounds)]


def plan(problem: Problem, seeds: Sequence[int]) -> Iterator[Chunk]:
    """Chunks for every subset of the tasks; each seed's singletons first, since gains are measured against them."""
    order = widest_last(problem.task_set.tasks)
    groups = [group_of(mask, order) for mask in range(1, 1 << len(order))]
    together = share_out(problem, [group for group in groups if len(group) > 1])
    for seed in seeds:
        yield plan_alone(problem, seed)
        yield from (Chunk(seed, run) for run in together)


def plan_alone(problem: Problem, seed: int) -> Chunk:
    """The single-task networks that gains of this seed are measured against."""
    return Chunk(seed, tuple(frozenset({name}) for name in widest_last(problem.task_set.tasks)))


def train_chunk(problem: Problem, chunk: Chunk, device: torch.device) -> Trained:
    """Train the chunk's networks for the full number of steps. Raises DivergedError if one is not finite then."""
    begin = time.perf_counter()
    data = Data(problem.task_set, sorted(chunk.tasks), device)
    stack = Stack(data, problem.encoder, problem.training, [chunk.seed], chunk.groups)
    stack.train(problem.training.steps)
    evaluations = {split: evaluate(stack, split) for split in ("val", "test")}
    return Trained(chunk, data.names, evaluations, time.perf_counter() - begin)
