"""Seconds of a chunk, of a part and of a trained trial: one thread, by the processor's clock."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from problems import Enumeration

from distgroup.pace import CPU, Pace
from distgroup.results.store import Store
from distgroup.results.subsets import Alone, alone_of, subset_rows
from distgroup.training.data import Data
from distgroup.training.evaluate import evaluate
from distgroup.training.problem import Problem
from distgroup.training.separate import Chunk, Trained, plan, plan_alone
from distgroup.training.stack import Stack

WARM, TIMED, REPEATS = 2, 8, 3
SAMPLED = 8
"""Chunks of a seed that are timed, evenly spread; those between are interpolated."""


def processor(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def costs(enumeration: Enumeration) -> dict[str, Any]:
    """Of the singletons, and of some chunks by their place in the plan: seconds and networks of each."""
    problem = enumeration.problem
    torch.set_num_threads(1)
    _, *rest = plan(problem, [0])
    at = sorted({int(i) for i in np.linspace(0, len(rest) - 1, min(SAMPLED, len(rest)))})
    alone = Timed.of(problem, plan_alone(problem, 0), None)
    timed = [Timed.of(problem, rest[i], alone.alone) for i in at]
    return {
        "chunks": len(rest),
        "alone": alone.seconds,
        "at": at,
        "networks": [len(rest[i].groups) for i in at],
        "seconds": [one.seconds for one in timed],
        "write": median(one.write for one in timed),
    }


@dataclass(frozen=True)
class Timed:
    seconds: float
    """Of the whole chunk, the write included."""
    write: float
    alone: Alone

    @classmethod
    def of(cls, problem: Problem, chunk: Chunk, alone: Alone | None) -> "Timed":
        """A few steps stand for all of them."""
        begin = time.process_time()
        data = Data(problem.task_set, sorted(chunk.tasks), CPU)
        stack = Stack(data, problem.encoder, problem.training, [chunk.seed], chunk.groups)
        trained = Trained(chunk, data.names, {split: evaluate(stack, split) for split in ("val", "test")}, 1.0)
        alone = alone or alone_of(trained)
        rows = subset_rows(problem, trained, alone)
        once = time.process_time() - begin
        with TemporaryDirectory() as folder:
            write = median(processor(partial(Store(folder).write, "subsets", f"{i}", rows)) for i in range(REPEATS))
        for _ in range(WARM):
            stack.step()
        step = median(processor(stack.step) for _ in range(TIMED))
        return cls(once + write + problem.training.steps * step, write, alone)


def trained(problem: Problem, seeds: int, groups: Sequence[int]) -> list[float]:
    """Of adaptive trials that end up with so many groups."""
    pace = Pace(problem)
    return [pace.selective(seeds, number, tracked=True) for number in groups]


def reading(parts: int = 300) -> dict[str, float]:
    """Per part of a table: listing it, and reading it; wall time, best of three, as these wait for the disk."""
    rows = [
        {"taskset": "t", "seed": 0, "spec_hash": "h", "subset": "a", "task": "a", "split": s} for s in ("val", "test")
    ]
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for i in range(parts):
            store.write("subsets", f"{i:04}", rows * 40)
        found = {
            name: min(_wall(partial(work, "subsets")) for _ in range(REPEATS))
            for name, work in (("keys", store.keys), ("read", store.read))
        }
    return {name: seconds / parts for name, seconds in found.items()}


def _wall(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
