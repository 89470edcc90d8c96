"""A task set: tasks, inputs and labels in three splits, checked and scaled."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from distgroup.tasks.checks import check_inputs, check_labels, check_shapes
from distgroup.tasks.columns import Columns
from distgroup.tasks.task import SPLITS, Floats, Task

__all__ = ["SPLITS", "Floats", "Scaler", "Split", "TaskSet"]


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
        mean = np.sum(values, axis=0, where=seen) / count
        deviation = values - mean
        np.square(deviation, out=deviation)  # in place: inputs may fill a good part of the memory
        scale = np.sqrt(np.sum(deviation, axis=0, where=seen) / count)
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
    columns: Columns = field(repr=False)
    """What of a table the inputs are."""

    @classmethod
    def from_raw(
        cls,
        name: str,
        tasks: Sequence[Task],
        inputs: Mapping[str, Floats],
        labels: Mapping[str, Floats],
        *,
        pooled: bool = False,
        input_scaler: Scaler | None = None,
        source: str | None = None,
        input_names: Sequence[str] | None = None,
        columns: Columns | None = None,
    ) -> "TaskSet":
        """Standardise inputs and regression labels on train, put 0 (the train mean) for missing inputs, and check.

        ``inputs[split]`` is [rows, features], ``labels[split]`` [rows, tasks], NaN where missing; splits are train,
        val and test. Labels of a binary task are 0 or 1, of a multiclass task the class's index.
        ``pooled``: one mean and scale for all inputs, as fits the pixels of an image, of which some are rarely lit.
        ``input_scaler``: to be used as it is, where inputs are to be scaled otherwise.
        ``source`` and ``input_names``: what messages call the data and its inputs; else by ``name`` and by number.
        ``columns``: what of a user's table the inputs are; else columns of those names, or ``x_0``, ``x_1``, …
        Raises RequestError for a missing split or one without rows, for shapes that do not fit, an input that is
        infinite or never known in train, a label that is infinite, no class, constant, or all missing in a split.
        """
        tasks, source = tuple(tasks), source or name
        check_shapes(source, len(tasks), inputs, labels)
        check_inputs(source, inputs, input_names)
        check_labels(source, tasks, labels)
        scale_inputs = input_scaler or Scaler.fit(inputs["train"].reshape(-1, 1) if pooled else inputs["train"])
        scale_labels = fit_labels(tasks, labels["train"])
        splits = {s: Split(np.nan_to_num(scale_inputs(inputs[s]), copy=False), scale_labels(labels[s])) for s in SPLITS}
        named = Columns(tuple(input_names or (f"x_{i}" for i in range(inputs["train"].shape[1]))))
        return cls(name, tasks, splits, scale_inputs, scale_labels, columns or named)

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
