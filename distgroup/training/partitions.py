"""Every partition of the tasks under update rule `selective`, in chunks of equally many groups, so that none idles."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from distgroup.grouping import Grouping, all_partitions
from distgroup.training.data import Data
from distgroup.training.evaluate import Evaluation, evaluate
from distgroup.training.problem import Problem
from distgroup.training.selective import Selective
from distgroup.training.separate import share_out


@dataclass(frozen=True)
class PartitionChunk:
    """Groupings, of equally many groups, whose networks of one seed train as one stack."""

    seed: int
    groupings: tuple[Grouping, ...]

    def key(self, problem: Problem) -> str:
        """Names the chunk's result by all that determines it."""
        text = "\n".join((problem.digest, "selective", str(self.seed), *map(str, self.groupings)))
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class TrainedPartitions:
    """What came of a chunk: an evaluation for val and test, columns in the order of ``tasks``."""

    chunk: PartitionChunk
    tasks: tuple[str, ...]
    evaluations: dict[str, Evaluation]
    seconds: float
    """Wall time of the whole stack."""


def plan_partitions(problem: Problem, seeds: Sequence[int]) -> Iterator[PartitionChunk]:
    """Chunks for every partition of the tasks, many groups first: they take longest."""
    every = all_partitions(problem.task_set.names)
    chunks = [chunk for _, alike in groupby(every, key=len) for chunk in share_out(problem, list(alike))]
    for groupings in reversed(chunks):
        for seed in seeds:
            yield PartitionChunk(seed, groupings)


def train_partitions(problem: Problem, chunk: PartitionChunk, device: torch.device) -> TrainedPartitions:
    """Train the chunk's networks on the full number of batches. Raises DivergedError if one is not finite then."""
    begin = time.perf_counter()
    data = Data(problem.task_set, problem.task_set.names, device)
    networks = Selective(data, problem.encoder, problem.training, [chunk.seed], chunk.groupings, None)
    networks.train(problem.training.steps)
    evaluations = {split: evaluate(networks.stack, split) for split in ("val", "test")}
    return TrainedPartitions(chunk, data.names, evaluations, time.perf_counter() - begin)
