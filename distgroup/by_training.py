"""Δm of groupings that no enumeration holds: by training them."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from distgroup.gains import Gain, gain
from distgroup.grouping import Grouping
from distgroup.results.store import Store
from distgroup.results.subsets import Alone, subset_rows
from distgroup.training.course import Course, courses
from distgroup.training.data import Data
from distgroup.training.evaluate import Evaluation, evaluate
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive
from distgroup.training.selective import Selective
from distgroup.training.separate import Chunk, train_chunk
from distgroup.training.tracking import Tracking
from distgroup.truth import Floats, Split

SPLITS: tuple[Split, ...] = ("val", "test")

REPORTS = 10
"""How often a training tells of its Δm on validation on the way."""


@dataclass(frozen=True)
class Trained:
    """What training found."""

    delta_m: Mapping[Split, Floats]
    """Shape [seeds]."""
    steps: int
    """Network-steps, over all seeds."""
    seconds: float
    courses: tuple[Course, ...] = ()
    """Of update rule `selective`, one a seed."""


@dataclass(frozen=True)
class Report:
    """How a training stands: the how-manieth report, mean Δm on validation, and the network-steps so far."""

    step: int
    delta_m: float
    steps: int


Progress = Iterator[Report | Trained]
"""Reports now and then, and what was found at the end."""

TrainSelective = Callable[[Problem, Mapping[int, Alone], Grouping | Adaptive, torch.device], Progress]


def train_separate(
    problem: Problem, alone: Mapping[int, Alone], grouping: Grouping, store: Store, device: torch.device
) -> Trained:
    """One network a group and seed, each a part of table `subsets`; the seeds are those of ``alone``.

    What is there is read. As everywhere, the group that serves a task is the one with the largest gain on validation.
    """
    frame = pd.concat(
        [
            _group_part(problem, alone[seed], Chunk(seed, (group,)), store, device)
            for seed in alone
            for group in grouping.groups
        ]
    )
    gains = frame.pivot_table(index=["subset", "task"], columns=["split", "seed"], values="gain")
    serving = gains["val"].mean(axis=1).groupby("task").idxmax()
    networks = frame.drop_duplicates(["seed", "subset"])
    return Trained(
        {split: gains.loc[serving, split][list(alone)].mean(axis=0).to_numpy() for split in SPLITS},
        int(networks["steps"].sum()),
        float(networks["seconds"].sum()),
    )


def _group_part(problem: Problem, alone: Alone, chunk: Chunk, store: Store, device: torch.device) -> pd.DataFrame:
    key = chunk.key(problem)
    if not store.has("subsets", key):
        store.write("subsets", key, subset_rows(problem, train_chunk(problem, chunk, device), alone))
    return store.part("subsets", key)


def train_selective(
    problem: Problem, alone: Mapping[int, Alone], candidate: Grouping | Adaptive, device: torch.device
) -> Progress:
    """One network a seed, the seeds of ``alone`` as one stack. Raises DivergedError."""
    begin = time.perf_counter()
    data = Data(problem.task_set, problem.task_set.names, device)
    tracking = Tracking() if isinstance(candidate, Adaptive) else None
    networks = Selective(data, problem.encoder, problem.training, list(alone), [candidate], tracking)
    total = problem.training.steps
    for report in range(REPORTS):
        networks.train((report + 1) * total // REPORTS - report * total // REPORTS)
        now = delta_m(problem.gain, data.names, evaluate(networks.stack, "val"), alone, "val")
        yield Report(report, float(now.mean()), sum(course.steps for course in courses(networks)))
    found = {
        split: delta_m(problem.gain, data.names, evaluate(networks.stack, split), alone, split) for split in SPLITS
    }
    made = courses(networks)
    yield Trained(found, sum(course.steps for course in made), time.perf_counter() - begin, tuple(made))


def delta_m(kind: Gain, tasks: tuple[str, ...], found: Evaluation, alone: Mapping[int, Alone], split: Split) -> Floats:
    """Mean gain over tasks, [seeds]; ``found`` [seeds, tasks]."""
    loss = np.array([[one.loss[split, task] for task in tasks] for one in alone.values()])
    metric = np.array([[one.metric[split, task] for task in tasks] for one in alone.values()])
    mean: Floats = gain(kind, found.loss, loss, found.metric, metric).mean(axis=1)
    return mean
