"""Exhaustive ground truth of update rule `separate`: every subset of the tasks, every seed, as chunks in Ray tasks.

A finished chunk is one part of table `subsets`, named by all that determines it, and is never trained again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import ray

from distgroup.distributed.work import Work
from distgroup.distributed.workers import check_sees, own_device, task_options
from distgroup.resources import ONE_CPU, Resources
from distgroup.results.store import Store
from distgroup.results.subsets import Alone, alone_of, subset_rows
from distgroup.training.problem import Problem
from distgroup.training.separate import Chunk, plan, train_chunk

RETRIES = 3
"""Times that Ray runs a chunk again whose worker died."""


@ray.remote(max_retries=RETRIES)
def _chunk(problem: Problem, chunk: Chunk, alone: Alone | None, store: Store, work: Work) -> Alone | None:
    """Train a chunk and write its part. Of singletons, return what gains are measured against."""
    work.check_wanted()
    check_sees(store)
    trained = train_chunk(problem, chunk, own_device())
    alone = alone_of(trained) if alone is None else alone
    store.write("subsets", chunk.key(problem), subset_rows(problem, trained, alone))
    return alone


def enumerated(problem: Problem, seeds: Sequence[int], store: Store) -> bool:
    """Has every network been trained already?"""
    return {chunk.key(problem) for chunk in plan(problem, seeds)} <= set(store.keys("subsets"))


def enumerate_subsets(
    problem: Problem, seeds: Sequence[int], store: Store, resources: Resources = ONE_CPU
) -> Iterator[int]:
    """Train whatever the table lacks; yields the number of networks done each time some are.

    Raises DivergedError if a network leaves the finite numbers, OSError if a part cannot be written.
    """
    store.make()
    shared, remote = ray.put(problem), _chunk.options(**task_options(resources))
    work = Work()
    pending: dict[Any, int] = {}
    alone: dict[int, Any] = {}
    held = set(store.keys("subsets"))
    for chunk in plan(problem, seeds):
        key = chunk.key(problem)
        singletons = all(len(group) == 1 for group in chunk.groups)
        if key in held:
            yield len(chunk.groups)
            if singletons:
                alone[chunk.seed] = Alone.from_frame(store.part("subsets", key))
            continue
        task = remote.remote(shared, chunk, None if singletons else alone[chunk.seed], store, work)
        pending[task] = len(chunk.groups)
        if singletons:
            alone[chunk.seed] = task
    yield from work.collected(pending)
