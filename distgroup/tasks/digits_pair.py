"""`digits_pair`: two handwritten digits side by side, made from scikit-learn's real 8×8 digits.

After MultiMNIST (Sabour 2017; Sener & Koltun 2018), without overlap. 8×16 pixels, 3000/600/600 pairs; a source digit
occurs in one split only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator
from sklearn.datasets import load_digits

from distgroup.seeding import numpy_rng
from distgroup.tasks.source import Source
from distgroup.tasks.task import Floats, Kind, Task
from distgroup.tasks.taskset import TaskSet

PAIRS = {"train": 3000, "val": 600, "test": 600}
SHARE = {"train": 0.6, "val": 0.2, "test": 0.2}
"""Of the 1,797 source digits."""

LOOPS = (0, 6, 8, 9)


class Pair:
    """Digits (0–9) and images [rows, 8, 8] of both sides of some pairs."""

    def __init__(self, images: Floats, digits: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]):
        self.left, self.right = digits[left], digits[right]
        self.left_image, self.right_image = images[left], images[right]

    def inputs(self) -> Floats:
        """Pixels of the 8×16 picture, shape [rows, 128]."""
        return np.concatenate([self.left_image, self.right_image], axis=2).reshape(len(self.left), -1)


def slant(images: Floats) -> Floats:
    """Shear of each image from its second moments, μ11 / μ02: how far x moves as y grows by one pixel."""
    y, x = np.mgrid[: images.shape[1], : images.shape[2]]
    mass = images.sum(axis=(1, 2))
    dx = x - ((images * x).sum(axis=(1, 2)) / mass)[:, None, None]
    dy = y - ((images * y).sum(axis=(1, 2)) / mass)[:, None, None]
    shear: Floats = (images * dx * dy).sum(axis=(1, 2)) / (images * dy**2).sum(axis=(1, 2))
    return shear


TASKS: dict[str, tuple[Kind, Callable[[Pair], NDArray[np.generic]]]] = {
    "left_digit": ("multiclass", lambda pair: pair.left),
    "right_digit": ("multiclass", lambda pair: pair.right),
    "left_even": ("binary", lambda pair: pair.left % 2 == 0),
    "right_even": ("binary", lambda pair: pair.right % 2 == 0),
    "left_loop": ("binary", lambda pair: np.isin(pair.left, LOOPS)),
    "right_loop": ("binary", lambda pair: np.isin(pair.right, LOOPS)),
    "sum_odd": ("binary", lambda pair: (pair.left + pair.right) % 2 == 1),
    "sum": ("regression", lambda pair: pair.left + pair.right),
    "left_slant": ("regression", lambda pair: slant(pair.left_image)),
    "right_slant": ("regression", lambda pair: slant(pair.right_image)),
    "ink": ("regression", lambda pair: pair.inputs().mean(axis=1)),
}


class DigitsPair(Source):
    """Two digits side by side; choose among eleven tasks.

    ```yaml
    data:
      kind: digits_pair
      tasks: [left_digit, right_digit, sum, left_even, right_loop, ink]
      seed: 0
    ```

    ``*_digit``: the digit, ten classes. ``*_even``, ``sum_odd``: parity. ``*_loop``: whether the digit is 0, 6, 8 or 9.
    ``sum``: of both digits. ``*_slant``: see `slant`. ``ink``: the mean pixel.
    """

    kind: Literal["digits_pair"] = "digits_pair"
    tasks: tuple[str, ...] = Field(default=tuple(TASKS), min_length=1, description=f"Some of: {', '.join(TASKS)}")
    seed: int = Field(default=0, ge=0, description="Which digits are paired, and in which split")

    @field_validator("tasks")
    @classmethod
    def _known(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [task for task in tasks if task not in TASKS]:
            raise ValueError(f"digits_pair has no task {unknown[0]!r}; it has {', '.join(TASKS)}")
        if len(set(tasks)) < len(tasks):
            raise ValueError("a task is named twice")
        return tasks

    def load(self, folder: Path = Path()) -> TaskSet:  # noqa: ARG002 (it reads no file)
        digits = load_digits()
        order = numpy_rng(self.seed, "digits_pair", "split").permutation(len(digits.target))
        bounds = np.cumsum([0, *(round(share * len(order)) for share in SHARE.values())])
        pairs = {}
        for i, split in enumerate(PAIRS):
            rng = numpy_rng(self.seed, "digits_pair", "pairs", split)
            sources = order[bounds[i] : bounds[i + 1]]
            left, right = rng.choice(sources, (2, PAIRS[split]))
            pairs[split] = Pair(digits.images, digits.target, left, right)
        return TaskSet.from_raw(
            "digits_pair",
            [Task(name, TASKS[name][0], 10 if TASKS[name][0] == "multiclass" else 1) for name in self.tasks],
            {split: pair.inputs() for split, pair in pairs.items()},
            {split: self._labels(pair) for split, pair in pairs.items()},
            pooled=True,
        )

    def _labels(self, pair: Pair) -> Floats:
        return np.column_stack([np.asarray(TASKS[name][1](pair), dtype=float) for name in self.tasks])
