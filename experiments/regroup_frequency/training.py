"""Training of a stack of methods and seeds, with readings of every task's loss on the way."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from methods import Drawn, Method
from task_sets import LOADERS, Settings

from distgroup.scores import Floats
from distgroup.training.data import Data
from distgroup.training.evaluate import mean_losses
from distgroup.training.selective import Selective
from distgroup.training.stack import Stack

CPU = torch.device("cpu")
LARGEST = 16
"""Networks in a stack."""


@dataclass(frozen=True)
class Job:
    """Methods × seeds whose networks train as one stack, at one learning rate."""

    taskset: str
    rate: float
    seeds: tuple[int, ...]
    methods: tuple[Method, ...]
    settings: Settings

    @property
    def key(self) -> str:
        """Names the job's result by all that determines it, but for data and code."""
        common = (self.settings.mark, self.settings.batch_size, self.settings.widths)
        methods = [(one.name, str(one.rule), one.batches, str(one.tracking)) for one in self.methods]
        text = repr((self.taskset, self.rate, self.seeds, methods, common))
        return f"{self.taskset}-{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def plan(
    taskset: str, wanted: Iterable[tuple[Method, float]], seeds: tuple[int, ...], settings: Settings
) -> Iterator[Job]:
    """Stacks of one family, rate and length. A partition that is drawn by seed has its seed to itself."""
    stacks = defaultdict(list)
    for method, rate in wanted:
        stacks[method.family, method.tracking, method.batches, rate].append(method)
    for (*_, rate), methods in stacks.items():
        for part in runs(methods, LARGEST):
            drawn = isinstance(part[0].rule, Drawn)
            for own in runs(seeds, 1 if drawn else max(1, LARGEST // len(part))):
                yield Job(taskset, rate, tuple(own), tuple(part), settings)


def runs(items, longest):
    return [items[i : i + longest] for i in range(0, len(items), longest)]


@lru_cache(maxsize=2)
def data_of(taskset: str, folder: Path) -> Data:
    task_set = LOADERS[taskset](folder)
    return Data(task_set, task_set.names, CPU)


def train(job: Job, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Readings, and the groupings that each network changed to. Raises DivergedError if a network is not finite."""
    data = data_of(job.taskset, folder)
    found = _alone(job, data) if job.methods[0].rule is None else _in_turn(job, data)
    return tuple(pd.DataFrame(part).assign(taskset=job.taskset, rate=job.rate) for part in found)


def _alone(job: Job, data: Data) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    settings, (method,) = job.settings, job.methods
    groups = [frozenset({name}) for name in data.names]
    stack = Stack(data, settings.encoder(), settings.training(job.rate), job.seeds, groups)
    square = (len(job.seeds), len(groups), len(groups))
    who, rows = [(method.name, seed) for seed in job.seeds], []
    for batch in range(1, method.batches + 1):
        stack.step()
        if _read(batch, job):
            losses = [_losses(stack, split).reshape(square).diagonal(axis1=1, axis2=2) for split in ("val", "test")]
            rows += _rows(data, who, losses, batch, [batch] * len(who))
    stack.check()
    return rows, []


def _in_turn(job: Job, data: Data) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    settings, first = job.settings, job.methods[0]
    candidates = [method.candidate(job.seeds[0]) for method in job.methods]
    networks = Selective(data, settings.encoder(), settings.training(job.rate), job.seeds, candidates, first.tracking)
    who = [(method.name, seed) for seed in job.seeds for method in job.methods]
    steps, rows = np.zeros(len(who), dtype=int), []
    for batch in range(1, first.batches + 1):
        networks.step()
        steps += [len(grouping) for grouping in networks.groupings]
        if _read(batch, job):
            losses = [_losses(networks.stack, split) for split in ("val", "test")]
            rows += _rows(data, who, losses, batch, steps.tolist())
    networks.check()
    return rows, list(_changes(networks, who))


def _read(batch: int, job: Job) -> bool:
    return batch % job.settings.mark == 0 or batch == job.methods[0].batches


def _losses(stack: Stack, split: str) -> Floats:
    return mean_losses(stack, split, stack.logits(split))


def _rows(data, who, losses, batches, steps) -> list[dict[str, Any]]:
    val, test = losses
    worth = np.log(val).mean(axis=1)
    return [
        {"method": name, "seed": seed, "batches": batches, "steps": steps[i], "task": task}
        | {"val": val[i, t], "test": test[i, t], "log_val": worth[i]}
        for i, (name, seed) in enumerate(who)
        for t, task in enumerate(data.names)
    ]


def _changes(networks: Selective, who) -> Iterator[dict[str, Any]]:
    """A row for each change of grouping, the first being what training begins with."""
    for (name, seed), made in zip(who, networks.regroupings, strict=True):
        last = None
        for one in made:
            if one.grouping != last:
                yield {"method": name, "seed": seed, "batch": one.step, "grouping": str(one.grouping)}
            last = one.grouping
