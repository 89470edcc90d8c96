"""Small task sets, problems and subset tables that many tests build on."""

from itertools import product

import numpy as np
import pandas as pd
import yaml

from distgroup.encoders import Mlp
from distgroup.grouping import Grouping, group_of, group_text, members
from distgroup.tasks.task import Task
from distgroup.tasks.taskset import TaskSet
from distgroup.training.problem import Problem
from distgroup.training.settings import Adam, Training

KINDS = {
    "height": Task("height", "regression"),
    "light": Task("light", "binary"),
    "colour": Task("colour", "multiclass", 3),
    "width": Task("width", "regression"),
    "late": Task("late", "binary"),
}

ROWS = {"train": 40, "val": 24, "test": 24}


def make_task_set(names=("height", "light", "colour", "width"), missing=0.0, seed=0, features=5, rows=ROWS):
    """Labels are functions of the inputs plus noise; ``missing`` is the share missing, at most 0.4 in val and test."""
    rng = np.random.default_rng(seed)
    tasks = [KINDS[name] for name in names]
    weights = {task.name: rng.normal(size=(features, task.outputs)) for task in tasks}
    inputs = {split: rng.normal(size=(count, features)) for split, count in rows.items()}
    labels = {}
    for split, x in inputs.items():
        columns = []
        for task in tasks:
            z = np.tanh(x) @ weights[task.name] + 0.3 * rng.normal(size=(len(x), task.outputs))
            columns.append({"regression": z[:, 0], "binary": z[:, 0] > 0, "multiclass": z.argmax(1)}[task.kind])
        labels[split] = np.column_stack(columns).astype(float)
        share = missing if split == "train" else min(missing, 0.4)
        labels[split][rng.uniform(size=labels[split].shape) < share] = np.nan
    return TaskSet.from_raw("synthetic", tasks, inputs, labels)


def make_problem(task_set=None, widths=(8,), **training):
    """A problem that trains in a moment."""
    settings = {"steps": 20, "batch_size": 16, "optimizer": Adam(lr=0.01)} | training
    return Problem(task_set or make_task_set(), Mlp(widths=widths), Training(**settings))


def inside(n):
    """Shape [2^n, n]: does the group with bitmask ``row`` hold task ``t``?"""
    return np.array([[bool(mask >> t & 1) for t in range(n)] for mask in range(1 << n)])


def random_gains(rng, n, seeds):
    """Gains [seeds, 2^n, n], NaN outside the groups, 0 for singletons."""
    gains = rng.normal(size=(1, 1 << n, n)) + 0.5 * rng.normal(size=(seeds, 1 << n, n))
    gains[:, [1 << t for t in range(n)]] = 0.0
    return np.where(inside(n), gains, np.nan)


def subsets_frame(tasks, seeds, val, test):
    """Table `subsets` with these gains, each [seeds, 2^n, n]."""
    rows = [
        {
            "seed": seed,
            "subset": group_text(group_of(mask, tasks)),
            "task": tasks[t],
            "split": split,
            "gain": gains[i, mask, t],
        }
        for split, gains in (("val", val), ("test", test))
        for i, seed in enumerate(seeds)
        for mask in range(1, 1 << len(tasks))
        for t in members(mask)
    ]
    return pd.DataFrame(rows)


def all_partitions(n):
    """Every partition of ``n`` tasks as a set of bitmasks: all ways to label the tasks, without repetition."""
    found = set()
    for labels in product(range(n), repeat=n):
        found.add(frozenset(sum(1 << t for t in range(n) if labels[t] == label) for label in set(labels)))
    return found


def grouping_of(masks, tasks):
    return Grouping.of(group_of(mask, tasks) for mask in masks)


SPEC = """
name: small
seeds: [0, 1]
data: {kind: digits_pair, tasks: [ink, sum]}
training: {steps: 5, batch_size: 8, optimizer: {kind: adam, lr: 0.01}}
ground_truth: {update: [separate]}
search: {trials: 2, space: {estimator: [random, label_similarity]}}
output: out
"""


def spec_content(changes=None):
    """A valid spec as YAML reads it, with entries such as ``training.steps`` changed; ... removes one."""
    content = yaml.safe_load(SPEC)
    for path, value in (changes or {}).items():
        *front, last = path.split(".")
        at = content
        for part in front:
            at = at.setdefault(part, {})
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return content
