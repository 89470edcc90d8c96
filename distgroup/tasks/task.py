"""A task: one label with its loss, its metric and the metric's direction; and the splits that it is seen in."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from distgroup.errors import RequestError
from distgroup.grouping import check_task_name

Kind = Literal["regression", "binary", "multiclass"]

SPLITS = ("train", "val", "test")

Class = bool | int | float | str

Floats = NDArray[np.float64]

METRICS: dict[Kind, str] = {"regression": "r2", "binary": "roc_auc", "multiclass": "accuracy"}
"""What `TaskSet` reports beside the loss; all three are better when higher."""


@dataclass(frozen=True)
class Task:
    """One label.

    Losses: ``regression``, mean squared error on targets standardised on train; ``binary``, logistic;
    ``multiclass``, cross-entropy. A missing label (NaN) never counts.
    """

    name: str
    kind: Kind
    outputs: int = 1
    """Width of the task's head: the number of classes for ``multiclass``, else 1."""
    classes: tuple[Class, ...] | None = field(default=None, repr=False)
    """The labels that class indices stand for, the positive one of a binary task last; without, indices are labels.
    Not part of what training sees, and so of no digest."""

    def __post_init__(self) -> None:
        check_task_name(self.name)
        expected = {"regression": 0, "binary": 2, "multiclass": self.outputs}[self.kind]
        if self.classes is not None and len(set(self.classes)) != expected:
            raise RequestError(
                f"task {self.name!r}: {len(set(self.classes))} different classes; a {self.kind} task of "
                f"{self.outputs} outputs has {expected}"
            )

    @property
    def metric(self) -> str:
        return METRICS[self.kind]
