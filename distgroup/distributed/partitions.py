"""Exhaustive ground truth of update rule `selective`: every partition of the tasks, every seed, as chunks in Ray tasks.

As with the subsets, a finished chunk is one part of table `partitions`, and is never trained again. The single-task
networks that gains are measured against are the part of table `subsets` that enumerating the subsets would begin with.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import ray

from distgroup.distributed.ground_truth import RETRIES
from distgroup.distributed.workers import own_device
from distgroup.results.partitions import partition_rows
from distgroup.results.store import Store
from distgroup.results.subsets import Alone, alone_of, subset_rows
from distgroup.training.partitions import PartitionChunk, plan_partitions, train_partitions
from distgroup.training.problem import Problem
from distgroup.training.separate import plan_alone, train_chunk


@ray.remote(max_retries=RETRIES)
def _alone(problem: Problem, seed: int, root: Path) -> Alone:
    """What gains of this seed are measured against: read, or trained and written."""
    chunk, store = plan_alone(problem, seed), Store(root)
    key = chunk.key(problem)
    if not store.has("subsets", key):
        trained = train_chunk(problem, chunk, own_device())
        store.write("subsets", key, subset_rows(problem, trained, alone_of(trained)))
    return Alone.from_frame(store.part("subsets", key))


@ray.remote(max_retries=RETRIES)
def _chunk(problem: Problem, chunk: PartitionChunk, alone: Alone, root: Path) -> None:
    """Train a chunk and write its part."""
    trained = train_partitions(problem, chunk, own_device())
    Store(root).write("partitions", chunk.key(problem), list(partition_rows(problem, trained, alone)))


def enumerate_partitions(problem: Problem, seeds: Sequence[int], root: Path) -> Iterator[int]:
    """Train whatever the table lacks; yields the number of networks done each time some are.

    Raises DivergedError if a network leaves the finite numbers, OSError if a part cannot be written.
    """
    store, shared = Store(root), ray.put(problem)
    alone = {seed: _alone.remote(shared, seed, root) for seed in seeds}
    pending = {}
    for chunk in plan_partitions(problem, seeds):
        if store.has("partitions", chunk.key(problem)):
            yield len(chunk.groupings)
        else:
            pending[_chunk.remote(shared, chunk, alone[chunk.seed], root)] = len(chunk.groupings)
    while pending:
        done, _ = ray.wait(list(pending), num_returns=1)
        ray.get(done)
        yield sum(pending.pop(task) for task in done)
