"""What Tune and Optuna take a trial: `run_search` on trials that are looked up, and the proposals by themselves."""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from problems import LOOKED_UP

from distgroup.choice import Choice
from distgroup.distributed.search import run_search
from distgroup.grouping import group_of, group_text
from distgroup.proposals import Proposals
from distgroup.resources import Resources
from distgroup.results.store import Store
from distgroup.scores import membership
from distgroup.tasks.task import Floats
from distgroup.training.problem import Problem
from distgroup.trial import Bench
from distgroup.truth import Truth

SEEDS = (0, 1)
SAMPLED = 20


@dataclass(frozen=True)
class Took:
    wall: float
    processor: float
    """The driver's."""


def bench(problem: Problem, folder: Path) -> Bench:
    """On a truth that is drawn: looking up takes the same."""
    tasks = problem.task_set.names
    inside = membership(len(tasks))
    gains = np.where(inside, np.random.default_rng(0).normal(size=(len(SEEDS), *inside.shape)), np.nan)
    networks = [group_text(group_of(mask, tasks)) for mask in range(1, len(inside))]
    truth = Truth(tasks, SEEDS, gains, gains)
    return Bench(problem, SEEDS, Store(folder), truth, seconds=dict.fromkeys(networks, 0.0))


def searched(on: Bench, trials: int, batch: int) -> list[float]:
    """When each trial ended, seconds from the first one's end on: Tune's start is left out."""
    ends: list[float] = []
    search = LOOKED_UP.model_copy(update={"trials": trials, "batch": batch})
    run_search(on, search, Resources(), lambda: ends.append(time.perf_counter()))
    return [end - ends[0] for end in ends]


def each(on: Bench, trials: int, batch: int) -> Took:
    """Seconds a trial, of all but the first."""
    begin = time.process_time()
    ends = searched(on, trials, batch)
    return Took(ends[-1] / (trials - 1), (time.process_time() - begin) / trials)


def looked_up(on: Bench) -> float:
    """Processor seconds of a trial by itself, its estimate made before."""
    proposals = Proposals(LOOKED_UP.model_copy(update={"batch": SAMPLED}), len(on.problem.task_set.tasks))
    choices = [proposal.choice for _ in range(SAMPLED) if (proposal := proposals.ask())]
    return median([_alone(on, choice) for choice in choices][SAMPLED // 2 :])


def _alone(on: Bench, choice: Choice) -> float:
    begin = time.process_time()
    list(on.run(choice, "alone", torch.device("cpu")))
    return time.process_time() - begin


def proposing(tasks: int, batch: int) -> dict[str, Any]:
    """Processor seconds that the proposals alone take a trial, over a whole search and in its last tenth."""
    search = LOOKED_UP.model_copy(update={"batch": batch})
    proposals, rng = Proposals(search, tasks), np.random.default_rng(0)
    marks: Floats = np.array([_proposed(proposals, rng) for _ in range(search.trials)])
    return {"mean": float(marks.mean()), "last_tenth": float(marks[-search.trials // 10 :].mean())}


def _proposed(proposals: Proposals, rng: np.random.Generator) -> float:
    begin = time.process_time()
    proposal = proposals.ask()
    assert proposal is not None
    proposals.tell(proposal.number, [float(rng.normal())])
    return time.process_time() - begin
