"""Small problems that estimators are tried on."""

from dataclasses import replace

import numpy as np

from distgroup.models import Mlp
from distgroup.seeding import numpy_rng
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import Split, TaskSet
from distgroup.training.problem import Problem
from distgroup.training.settings import Adam, Training

ROWS = {"train": 96, "val": 64, "test": 32}


def mixed(order=(0, 1, 2, 3), lr=0.01, steps=12):
    """A regression, two binary tasks and one of three classes, on six inputs; some labels are missing."""
    tasks = [Task("size", "regression"), Task("odd", "binary"), Task("kind", "multiclass", 3), Task("big", "binary")]
    inputs, labels = {}, {}
    for split, rows in ROWS.items():
        rng = numpy_rng(0, "mixed", split)
        x = rng.normal(size=(rows, 6))
        y = np.column_stack([x[:, 0] + x[:, 1], x[:, 1] > 0, np.digitize(x[:, 2], [-0.5, 0.5]), x[:, 0] > 0.3])
        y[rng.uniform(size=y.shape) < 0.1] = np.nan
        inputs[split], labels[split] = x, y[:, list(order)]
    made = TaskSet.from_raw("mixed", [tasks[i] for i in order], inputs, labels)
    return Problem(made, Mlp(widths=(8,)), Training(steps=steps, batch_size=32, optimizer=Adam(lr=lr)))


def hide(problem, rows, noise):
    """The problem with no label at all in some rows of train and val, and noise on their inputs."""
    splits = dict(problem.task_set.splits)
    for name in ("train", "val"):
        inputs, labels = splits[name].inputs.copy(), splits[name].labels.copy()
        labels[rows] = np.nan
        inputs[rows] += noise * numpy_rng(0, "noise").normal(size=inputs[rows].shape)
        splits[name] = Split(inputs, labels)
    return replace(problem, task_set=replace(problem.task_set, splits=splits))


def two_blocks(steps=120):
    """Tasks a0, a1, a2 want one hidden thing, b0, b1 another; a narrow network has room for little more."""
    inputs, labels = {}, {}
    for split, rows in {"train": 96, "val": 256, "test": 64}.items():
        rng = numpy_rng(1, "two blocks", split)
        x = rng.normal(size=(rows, 16))
        a, b = np.abs(x[:, :8].sum(axis=1)), np.abs(x[:, 8:].sum(axis=1))
        hidden = np.column_stack([a, b, a, b, a])
        inputs[split], labels[split] = x, hidden + 0.5 * rng.normal(size=hidden.shape)
    tasks = [Task(name, "regression") for name in ("a0", "b0", "a1", "b1", "a2")]
    made = TaskSet.from_raw("two blocks", tasks, inputs, labels)
    return Problem(made, Mlp(widths=(8,)), Training(steps=steps, batch_size=32, optimizer=Adam(lr=0.02)))
