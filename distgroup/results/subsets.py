"""Rows of table `subsets` from trained chunks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from distgroup.gains import Gain, gain
from distgroup.grouping import group_text
from distgroup.training.problem import Problem
from distgroup.training.separate import Trained


@dataclass(frozen=True)
class Alone:
    """Loss and metric of every single-task network of one seed, by (split, task)."""

    loss: dict[tuple[str, str], float]
    metric: dict[tuple[str, str], float]

    @classmethod
    def from_frame(cls, part: pd.DataFrame) -> "Alone":
        """From the singletons' rows of table `subsets`."""
        own = part[part["subset"] == part["task"]]
        keys = list(zip(own["split"], own["task"], strict=True))
        return cls(dict(zip(keys, own["loss"], strict=True)), dict(zip(keys, own["metric"], strict=True)))


def alone_of(trained: Trained) -> Alone:
    """From a chunk of singletons."""
    loss, metric = {}, {}
    for split, found in trained.evaluations.items():
        for row, group in enumerate(trained.chunk.groups):
            (task,) = group
            column = trained.tasks.index(task)
            loss[split, task] = float(found.loss[row, column])
            metric[split, task] = float(found.metric[row, column])
    return Alone(loss, metric)


def subset_rows(problem: Problem, trained: Trained, alone: Alone) -> list[dict[str, Any]]:
    """One row a (group, task of the group, split)."""
    common = {
        "taskset": problem.task_set.name,
        "seed": trained.chunk.seed,
        "spec_hash": problem.digest,
        "steps": problem.training.steps,
        "seconds": trained.seconds / len(trained.chunk.groups),
    }
    return [common | row for row in _scored(trained, alone, problem.gain)]


def _scored(trained: Trained, alone: Alone, kind: Gain) -> Iterator[dict[str, Any]]:
    for split, found in trained.evaluations.items():
        for row, group in enumerate(trained.chunk.groups):
            for task in sorted(group):
                column = trained.tasks.index(task)
                loss, metric = found.loss[row, column], found.metric[row, column]
                base = np.array(alone.loss[split, task]), np.array(alone.metric[split, task])
                yield {
                    "subset": group_text(group),
                    "task": task,
                    "split": split,
                    "loss": loss,
                    "metric": metric,
                    "gain": float(gain(kind, loss, base[0], metric, base[1])),
                }
