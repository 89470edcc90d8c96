"""Exhaustive ground truth of update rule `selective`: every partition of the tasks, every seed, as chunks in Ray tasks.

As with the subsets, a finished chunk is one part of table `partitions`, and is never trained again. The single-task
networks that gains are measured against are the part of table `subsets` that enumerating the subsets would begin with.
"""

from collections.abc import Iterator, Sequence

import ray

from distgroup.alone import alone
from distgroup.distributed.ground_truth import RETRIES
from distgroup.distributed.work import Work
from distgroup.distributed.workers import check_sees, own_device, task_options
from distgroup.resources import ONE_CPU, Resources
from distgroup.results.partitions import partition_rows
from distgroup.results.store import Store
from distgroup.results.subsets import Alone
from distgroup.training.partitions import PartitionChunk, plan_partitions, train_partitions
from distgroup.training.problem import Problem


@ray.remote(max_retries=RETRIES)
def _alone(problem: Problem, seed: int, store: Store, work: Work) -> Alone:
    """What gains of this seed are measured against: read, or trained and written."""
    work.check_wanted()
    check_sees(store)
    return alone(problem, seed, store, own_device())


@ray.remote(max_retries=RETRIES)
def _chunk(problem: Problem, chunk: PartitionChunk, alone: Alone, store: Store, work: Work) -> None:
    """Train a chunk and write its part."""
    work.check_wanted()
    check_sees(store)
    trained = train_partitions(problem, chunk, own_device())
    store.write("partitions", chunk.key(problem), list(partition_rows(problem, trained, alone)))


def partitions_enumerated(problem: Problem, seeds: Sequence[int], store: Store) -> bool:
    """Has every network been trained already?"""
    return {chunk.key(problem) for chunk in plan_partitions(problem, seeds)} <= set(store.keys("partitions"))


def enumerate_partitions(
    problem: Problem, seeds: Sequence[int], store: Store, resources: Resources = ONE_CPU
) -> Iterator[int]:
    """Train whatever the table lacks; yields the number of networks done each time some are.

    Raises DivergedError if a network leaves the finite numbers, OSError if a part cannot be written.
    """
    store.make()
    shared, takes, work = ray.put(problem), task_options(resources), Work()
    measured = {seed: _alone.options(**takes).remote(shared, seed, store, work) for seed in seeds}
    held, pending = set(store.keys("partitions")), {}
    for chunk in plan_partitions(problem, seeds):
        if chunk.key(problem) in held:
            yield len(chunk.groupings)
        else:
            task = _chunk.options(**takes).remote(shared, chunk, measured[chunk.seed], store, work)
            pending[task] = len(chunk.groupings)
    yield from work.collected(pending)
