"""Small problems that estimators are tried on."""

from dataclasses import replace

import numpy as np

from distgroup.encoders import Mlp
from distgroup.seeding import numpy_rng
from distgroup.tasks.columns import Columns
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import SPLITS, Scaler, Split, TaskSet
from distgroup.training.problem import Problem
from distgroup.training.settings import Adam, Sgd, Training

ROWS = {"train": 96, "val": 64, "test": 32}


def mixed(order=(0, 1, 2, 3), lr=0.01, steps=12, encoder=None):
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
    encoder = encoder or Mlp(widths=(8,))
    return Problem(made, encoder, Training(steps=steps, batch_size=32, optimizer=Adam(lr=lr)))


def hide(problem, rows, noise):
    """The problem with no label at all in some rows of train and val, and noise on their inputs."""
    splits = dict(problem.task_set.splits)
    for name in ("train", "val"):
        inputs, labels = splits[name].inputs.copy(), splits[name].labels.copy()
        labels[rows] = np.nan
        inputs[rows] += noise * numpy_rng(0, "noise").normal(size=inputs[rows].shape)
        splits[name] = Split(inputs, labels)
    return replace(problem, task_set=replace(problem.task_set, splits=splits))


def two_blocks(steps=60, names=("a0", "b0", "a1", "b1", "a2")):
    """Tasks a… want one hidden thing of the inputs, b… another; a narrow network has no time for both."""
    inputs, labels = {}, {}
    for split, rows in {"train": 1000, "val": 512, "test": 64}.items():
        rng = numpy_rng(1, "two blocks", split)
        x = rng.normal(size=(rows, 16))
        a, b = x[:, :8].sum(axis=1), x[:, 8:].sum(axis=1)
        hidden = np.column_stack([{"a": a, "b": b}[name[0]] for name in names]) / np.sqrt(8)
        inputs[split], labels[split] = x, hidden + 0.2 * rng.normal(size=hidden.shape)
    tasks = [Task(name, "regression") for name in names]
    made = TaskSet.from_raw("two blocks", tasks, inputs, labels)
    return Problem(made, Mlp(widths=(5,)), Training(steps=steps, batch_size=32, optimizer=Adam(lr=0.02)))


def split_labels(problem):
    """The problem with the labels of the first task in even rows only, of the others in odd rows only."""
    split = problem.task_set.splits["train"]
    labels = split.labels.copy()
    labels[1::2, 0] = labels[::2, 1:] = np.nan
    splits = {**problem.task_set.splits, "train": Split(split.inputs, labels)}
    return replace(problem, task_set=replace(problem.task_set, splits=splits))


def many(count):
    """So many regressions on eight inputs, briefly trained."""
    inputs, labels = {}, {}
    weights = numpy_rng(0, "many").normal(size=(8, count))
    for split in ROWS:
        inputs[split] = numpy_rng(0, "many", split).normal(size=(40, 8))
        labels[split] = inputs[split] @ weights
    tasks = [Task(f"t{i:02}", "regression") for i in range(count)]
    made = TaskSet.from_raw("many", tasks, inputs, labels)
    return Problem(made, Mlp(widths=(4,)), Training(steps=4, batch_size=16))


def line(labels, lr=0.05, steps=1):
    """Regressions through one hidden unit on the single input 1, so that every loss is a square that a hand can do."""
    values = np.tile(np.array(labels, dtype=float), (2, 1))
    split = Split(np.ones((2, 1)), values)
    nothing = Scaler(np.zeros(1), np.ones(1))
    tasks = tuple(Task(f"t{i}", "regression") for i in range(len(labels)))
    made = TaskSet("line", tasks, dict.fromkeys(SPLITS, split), nothing, nothing, Columns(("x_0",)))
    return Problem(made, Mlp(widths=(1,)), Training(steps=steps, batch_size=2, optimizer=Sgd(lr=lr)))
