"""What `model.json` says of a saved model: all that its predictions take beside the networks' numbers."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from distgroup.encoders import AnyEncoder
from distgroup.tasks.columns import Columns
from distgroup.tasks.task import Class, Kind, Task
from distgroup.tasks.taskset import Scaler, TaskSet
from distgroup.update import Update


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SavedTask(_Part):
    """A task. What its head gives is, for ``regression``, (label − mean) / scale; for ``binary``, the log-odds of the
    second class; for ``multiclass``, a logit each class."""

    name: str
    kind: Kind
    outputs: int
    classes: tuple[Class, ...] | None
    """The labels that the classes stand for; none: 0, 1, …"""
    mean: float
    scale: float

    @property
    def task(self) -> Task:
        return Task(self.name, self.kind, self.outputs, self.classes)


class SavedInputs(_Part):
    """A row's inputs: ``columns`` of ``window`` rows one after another, each (value − mean) / scale, 0 if missing."""

    columns: tuple[str, ...]
    window: int
    features: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]


class Description(_Part):
    """`model.json`. ``networks`` are groups as text, ``serves`` says which of them predicts a task."""

    format: Literal[1] = 1
    distgroup: str
    """Version of the library that wrote it."""
    task_set: str
    spec_hash: str
    update: Update
    grouping: str
    tasks: tuple[SavedTask, ...]
    inputs: SavedInputs
    encoder: Annotated[AnyEncoder, Field(discriminator="kind")]
    networks: tuple[str, ...]
    serves: dict[str, str]
    weights: str
    """Hash of `model.pt`."""


def saved_tasks(task_set: TaskSet) -> tuple[SavedTask, ...]:
    scaler = task_set.label_scaler
    return tuple(
        SavedTask(
            name=one.name, kind=one.kind, outputs=one.outputs, classes=one.classes, mean=float(mean), scale=float(scale)
        )
        for one, mean, scale in zip(task_set.tasks, scaler.mean, scaler.scale, strict=True)
    )


def saved_inputs(task_set: TaskSet) -> SavedInputs:
    columns: Columns = task_set.columns
    scaler: Scaler = task_set.input_scaler
    return SavedInputs(
        columns=columns.names,
        window=columns.window,
        features=task_set.features,
        mean=tuple(scaler.mean.tolist()),
        scale=tuple(scaler.scale.tolist()),
    )
