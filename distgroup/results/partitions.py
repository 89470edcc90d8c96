"""Rows of table `partitions` from trained chunks."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from distgroup.gains import gain
from distgroup.results.subsets import Alone
from distgroup.training.partitions import TrainedPartitions
from distgroup.training.problem import Problem


def partition_rows(problem: Problem, trained: TrainedPartitions, alone: Alone) -> Iterator[dict[str, Any]]:
    """One row a (grouping, task, split)."""
    common = {
        "taskset": problem.task_set.name,
        "seed": trained.chunk.seed,
        "spec_hash": problem.digest,
        "seconds": trained.seconds / len(trained.chunk.groupings),
    }
    for split, found in trained.evaluations.items():
        base_loss = np.array([alone.loss[split, task] for task in trained.tasks])
        base_metric = np.array([alone.metric[split, task] for task in trained.tasks])
        gains = gain(problem.gain, found.loss, base_loss, found.metric, base_metric)
        for row, grouping in enumerate(trained.chunk.groupings):
            for column, task in enumerate(trained.tasks):
                yield common | {
                    "grouping": str(grouping),
                    "task": task,
                    "split": split,
                    "loss": float(found.loss[row, column]),
                    "metric": float(found.metric[row, column]),
                    "gain": float(gains[row, column]),
                    "steps": problem.training.steps * len(grouping),
                }
