"""What a task set's arrays must be: shapes that fit, finite inputs, labels that can be learned and scored."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from distgroup.errors import RequestError
from distgroup.tasks.task import SPLITS, Floats, Task


def check_shapes(source: str, tasks: int, inputs: Mapping[str, Floats], labels: Mapping[str, Floats]) -> None:
    """Raise RequestError unless each split has rows, all the same features, and a label for each row and task."""
    if not set(SPLITS) <= set(inputs) & set(labels):
        raise RequestError(
            f"{source}: inputs have splits {sorted(inputs)}, labels {sorted(labels)}; both need {', '.join(SPLITS)}"
        )
    features = np.shape(inputs["train"])[1:]
    for split in SPLITS:
        if not len(inputs[split]):
            raise RequestError(f"{source}: split {split!r} has no rows; train, val and test each need some")
        found, expected = np.shape(inputs[split]), (len(inputs[split]), *features)
        if len(features) != 1 or found != expected:
            raise RequestError(
                f"{source}: inputs of {split!r} have shape {found}; all splits need [rows, features] alike"
            )
        if np.shape(labels[split]) != (len(inputs[split]), tasks):
            raise RequestError(
                f"{source}: labels of {split!r} have shape {np.shape(labels[split])}; "
                f"they need [rows, tasks] = {(len(inputs[split]), tasks)}"
            )


def check_inputs(source: str, inputs: Mapping[str, Floats], names: Sequence[str] | None) -> None:
    """Raise RequestError for an input that is infinite, or that train cannot give a mean of."""
    for split in SPLITS:
        infinite = np.flatnonzero(np.isinf(inputs[split]).any(axis=0))
        _refuse(source, names, infinite, f"is infinite somewhere in split {split!r}")
    never = np.flatnonzero(np.isnan(inputs["train"]).all(axis=0))
    _refuse(source, names, never, "has no value at all in split 'train'")


def _refuse(source: str, names: Sequence[str] | None, bad: NDArray[np.intp], why: str) -> None:
    if len(bad):
        first = repr(names[int(bad[0])]) if names else f"number {bad[0]}"
        others = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        raise RequestError(f"{source}: input {first}{others} {why}; leave it out, or mend the data")


def check_labels(source: str, tasks: Sequence[Task], labels: Mapping[str, Floats]) -> None:
    """Raise RequestError if a task cannot be trained or scored: every split needs two different labels of it."""
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise RequestError(f"{source}: a task name occurs twice in {names}")
    for column, task in enumerate(tasks):
        for split in SPLITS:
            values = labels[split][:, column]
            if wrong := _wrong_labels(task, np.unique(values[~np.isnan(values)])):
                raise RequestError(f"{source}: task {task.name!r}, split {split!r}: {wrong}")


def _wrong_labels(task: Task, seen: Floats) -> str | None:
    """What is wrong with the different labels that a task has in a split."""
    if not len(seen):
        return "it has no label at all"
    if np.isinf(seen).any():
        return "it has an infinite label"
    classes = max(task.outputs, 2)
    if task.kind != "regression" and not np.isin(seen, np.arange(classes)).all():
        return f"labels of a {task.kind} task must be 0 to {classes - 1}; found {seen[0]:g} to {seen[-1]:g}"
    if len(seen) == 1:
        return "its label is constant, so it can be neither learned nor scored; leave it out, or split otherwise"
    return None
