"""The single-task networks that gains are measured against: read, or trained and written."""

import torch

from distgroup.results.store import Store
from distgroup.results.subsets import Alone, alone_of, subset_rows
from distgroup.training.problem import Problem
from distgroup.training.separate import plan_alone, train_chunk


def alone(problem: Problem, seed: int, store: Store, device: torch.device) -> Alone:
    """Loss and metric of every task's own network for a seed. Raises DivergedError if one is not finite.

    The part of table `subsets` that holds them is the one that enumerating the subsets begins with.
    """
    chunk = plan_alone(problem, seed)
    key = chunk.key(problem)
    if not store.has("subsets", key):
        trained = train_chunk(problem, chunk, device)
        store.write("subsets", key, subset_rows(problem, trained, alone_of(trained)))
    return Alone.from_frame(store.part("subsets", key))
