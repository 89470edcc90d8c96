"""Update rule `selective` inside a trial on data-parallel workers: for networks too big to stack.

Each seed is a run of Ray Train, about 15 s of which go to starting it. The trial itself takes no CPU, or its workers
could not be placed beside it.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from pydantic import ByteSize

from distgroup.by_training import SPLITS, Progress, Trained, delta_m
from distgroup.distributed.train import train
from distgroup.grouping import Grouping
from distgroup.location import Location
from distgroup.resources import Resources
from distgroup.results.subsets import Alone
from distgroup.search import Search
from distgroup.training.assignment import Assignment, TrainedNetwork
from distgroup.training.course import Course
from distgroup.training.evaluate import Evaluation
from distgroup.training.problem import Problem
from distgroup.training.regrouping import Adaptive
from distgroup.training.settings import Training


def on_workers(training: Training, search: Search) -> Resources | None:
    """What the workers of a trial's training take together; None where trials are trained by themselves, if at all."""
    if training.workers == 1 or "selective" not in search.space.update:
        return None
    parallel, workers = training.parallel, training.workers
    return Resources(
        cpus=parallel.cpus_per_worker * workers,
        gpus=workers if parallel.use_gpu is True else 0,
        memory=ByteSize(parallel.memory_per_worker * workers),
    )


def train_on_workers(
    folder: Path, problem: Problem, alone: Mapping[int, Alone], candidate: Grouping | Adaptive, device: torch.device
) -> Progress:
    """As `by_training.train_selective`, one seed after another; checkpoints go to ``folder``, and are gone at the end.

    ``device`` is the trial's own, and not used: Ray Train gives each worker its.
    """
    del device
    begin = time.perf_counter()
    networks = [_train(folder, Assignment(problem, "selective", candidate, seed)) for seed in alone]
    found = {
        split: delta_m(problem.gain, networks[0].tasks, _together(networks, split), alone, split) for split in SPLITS
    }
    steps = sum(network.steps for network in networks)
    courses = (
        Course(seed, network.tasks, network.regroupings, problem.training.steps, network.affinity)
        for seed, network in zip(alone, networks, strict=True)
    )
    yield Trained(found, steps, time.perf_counter() - begin, tuple(courses))


def _train(folder: Path, assignment: Assignment) -> TrainedNetwork:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as own:
        (network,) = train(assignment, Location.of(own)).networks
    return network


def _together(networks: list[TrainedNetwork], split: str) -> Evaluation:
    """[seeds, tasks]."""
    found = [network.evaluations[split] for network in networks]
    return Evaluation(np.concatenate([one.loss for one in found]), np.concatenate([one.metric for one in found]))
