"""Which rows are for training, validation and testing: marked in a column, or by fractions."""

from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Discriminator, Field, Tag, model_validator

from distgroup.errors import RequestError
from distgroup.options import Options
from distgroup.seeding import numpy_rng
from distgroup.tasks.datafile import DataFile, some
from distgroup.tasks.task import SPLITS

Rows = dict[str, NDArray[np.int64]]
"""Row numbers of each split."""


class Fractions(Options):
    """Shares of the rows, in their order: the first are for training, the last for testing."""

    train: float = Field(default=0.7, gt=0, lt=1)
    val: float = Field(default=0.15, gt=0, lt=1)
    test: float = Field(default=0.15, gt=0, lt=1)

    @model_validator(mode="after")
    def _whole(self) -> "Fractions":
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + val + test is {total:g}; it must be 1")
        return self

    def rows(self, count: int) -> Rows:
        """Row numbers of each split out of ``count``."""
        return self._cut(np.arange(count))

    def _cut(self, order: NDArray[np.int64]) -> Rows:
        bounds = [round(self.train * len(order)), round((self.train + self.val) * len(order))]
        return dict(zip(SPLITS, map(np.sort, np.split(order, bounds)), strict=True))


class RandomFractions(Fractions):
    """Shares of the rows, drawn at random. Rows that belong together (a day, a patient) call for a column instead."""

    seed: int = Field(default=0, ge=0)

    def rows(self, count: int) -> Rows:
        return self._cut(numpy_rng(self.seed, "split").permutation(count))


def _form(value: object) -> str:
    return "[column]" if isinstance(value, str) else "[fractions]"


ColumnOrFractions = Annotated[
    Annotated[str, Tag("[column]")] | Annotated[Fractions, Tag("[fractions]")], Discriminator(_form)
]
ColumnOrRandomFractions = Annotated[
    Annotated[str, Tag("[column]")] | Annotated[RandomFractions, Tag("[fractions]")], Discriminator(_form)
]


def split_rows(file: DataFile, split: str | Fractions, table: pa.Table) -> Rows:
    """Row numbers of each split of ``table``, which was read from ``file``.

    Raises RequestError if no row of the column ``split`` is marked as one of train, val and test.
    """
    return _marked(file, split, table[split]) if isinstance(split, str) else split.rows(table.num_rows)


def _marked(file: DataFile, name: str, marks: pa.ChunkedArray) -> Rows:
    if pa.types.is_nested(marks.type):
        raise RequestError(f"{file.path}: data.split: column {name!r} holds {marks.type}; it must hold text")
    text = marks.cast(pa.string())
    rows = {split: np.flatnonzero(pc.equal(text, split).fill_null(False)) for split in SPLITS}
    if empty := [split for split in SPLITS if not len(rows[split])]:
        raise RequestError(
            f"{file.path}: data.split: no row has {some(empty)} in column {name!r}, which holds "
            f"{some(pc.unique(text).to_pylist())}; it must mark rows as train, val and test (any others are left out)"
        )
    return rows
