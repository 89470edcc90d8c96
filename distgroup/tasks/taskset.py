"""A task set: tasks, inputs and labels in three splits, checked and scaled."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from distgroup.errors import RequestError
from distgroup.tasks.task import Task

SPLITS = ("train", "val", "test")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Rows of one split: ``inputs`` [rows, features] and ``labels`` [rows, tasks], NaN where a label is missing.

    Labels of a regression are standardised on train, of a binary task 0 or 1, of a multiclass task the class's index.
    """

    inputs: Floats
    labels: Floats

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation on train; applied as (value − mean) / scale."""

    mean: Floats
    scale: Floats

    @classmethod
    def fit(cls, values: Floats) -> "Scaler":
        """Per column, NaN ignored; a constant or empty column gets scale 1."""
        seen = np.isfinite(values)
        count = np.maximum(seen.sum(axis=0), 1)
        mean = np.where(seen, values, 0).sum(axis=0) / count
        scale = np.sqrt((np.where(seen, values - mean, 0) ** 2).sum(axis=0) / count)
        return cls(mean, np.where(scale > 1e-12 * np.maximum(1, np.abs(mean)), scale, 1.0))

    def __call__(self, values: Floats) -> Floats:
        scaled: Floats = (values - self.mean) / self.scale
        return scaled


@dataclass(frozen=True)
class TaskSet:
    """Tasks with their data, ready to train on. Build one from raw values with `TaskSet.from_raw`."""

    name: str
    tasks: tuple[Task, ...]
    splits: Mapping[str, Split]
    input_scaler: Scaler = field(repr=False)
    label_scaler: Scaler = field(repr=False)

    @classmethod
    def from_raw(
        cls,
        name: str,
        tasks: Sequence[Task],
        inputs: Mapping[str, Floats],
        labels: Mapping[str, Floats],
        *,
        pooled: bool = False,
    ) -> "TaskSet":
        """Standardise inputs and regression labels on train, put 0 (the train mean) for missing inputs, and check.

        ``inputs[split]`` is [rows, features], ``labels[split]`` [rows, tasks]; splits are train, val and test.
        ``pooled``: one mean and scale for all inputs, as fits the pixels of an image, of which some are rarely lit.
        Raises RequestError for a split without rows, a label that is constant or all missing in a split.
        """
        tasks = tuple(tasks)
        for split in SPLITS:
            if not len(inputs[split]):
                raise RequestError(f"{name}: split {split!r} has no rows; train, val and test each need some")
        check_labels(name, tasks, labels)
        scale_inputs = Scaler.fit(inputs["train"].reshape(-1, 1) if pooled else inputs["train"])
        scale_labels = fit_labels(tasks, labels["train"])
        splits = {s: Split(np.nan_to_num(scale_inputs(inputs[s])), scale_labels(labels[s])) for s in SPLITS}
        return cls(name, tasks, splits, scale_inputs, scale_labels)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(task.name for task in self.tasks)

    @property
    def features(self) -> int:
        return int(self.splits["train"].inputs.shape[1])

    @cached_property
    def digest(self) -> str:
        """Hash of all that training can see: tasks, inputs, labels."""
        content = hashlib.blake2b(repr(self.tasks).encode(), digest_size=16)
        for split in SPLITS:
            for values in (self.splits[split].inputs, self.splits[split].labels):
                content.update(repr(values.shape).encode())
                content.update(np.ascontiguousarray(values).tobytes())
        return content.hexdigest()


def fit_labels(tasks: Sequence[Task], labels: Floats) -> Scaler:
    """Standardises regressions, leaves classes as they are."""
    fitted = Scaler.fit(labels)
    scaled = np.array([task.kind == "regression" for task in tasks])
    return Scaler(np.where(scaled, fitted.mean, 0.0), np.where(scaled, fitted.scale, 1.0))


def check_labels(name: str, tasks: Sequence[Task], labels: Mapping[str, Floats]) -> None:
    """Raise RequestError if a task cannot be trained or scored: every split needs two different labels of it."""
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise RequestError(f"{name}: a task name occurs twice in {names}")
    for column, task in enumerate(tasks):
        for split in SPLITS:
            values = labels[split][:, column]
            seen = np.unique(values[~np.isnan(values)])
            if not len(seen):
                raise RequestError(f"{name}: task {task.name!r} has no label at all in split {split!r}")
            if len(seen) == 1:
                raise RequestError(
                    f"{name}: task {task.name!r} is constant ({seen[0]:g}) in split {split!r}; "
                    "it can be neither learned nor scored there. Leave the task out or split otherwise"
                )
            if np.isinf(seen).any():
                raise RequestError(f"{name}: task {task.name!r} has an infinite label in split {split!r}")
