"""A task: one label with its loss, its metric and the metric's direction; and the splits that it is seen in."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from distgroup.grouping import check_task_name

Kind = Literal["regression", "binary", "multiclass"]

SPLITS = ("train", "val", "test")

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

    def __post_init__(self) -> None:
        check_task_name(self.name)

    @property
    def metric(self) -> str:
        return METRICS[self.kind]
