"""`table`: a user's own parquet or CSV file, one row an example."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.options import Options
from distgroup.place import Place, anchored
from distgroup.tasks.datafile import DataFile, some
from distgroup.tasks.source import Source, TaskName
from distgroup.tasks.split import ColumnOrRandomFractions, RandomFractions, Rows, split_rows
from distgroup.tasks.task import SPLITS, Floats, Kind, Task
from distgroup.tasks.taskset import TaskSet

MANY = 10
"""So many classes or fewer are never doubted, however few the rows."""


class Label(Options):
    """The column that holds a task's label, and how it is learned."""

    column: str
    kind: Kind = Field(description="regression: numbers. binary: two different values. multiclass: any number of them")


class Table(Source):
    """One row an example: columns of inputs, one column a label.

    ```yaml
    data:
      kind: table
      path: houses.parquet             # or .csv; relative to the spec's folder
      inputs: ["x_*", area]            # names or globs; numbers or booleans
      split: split                     # a column of train, val, test, or {train: 0.7, val: 0.15, test: 0.15, seed: 0}
      tasks:
        price: {column: y_price, kind: regression}
        sold: {column: y_sold, kind: binary}
        colour: {column: y_colour, kind: multiclass}
    ```

    A missing label never counts; a missing input becomes its mean on train. Inputs and regression labels are
    standardised on train. Classes may be numbers, booleans or text, and are numbered in sorted order; the larger
    of two is the positive one. Rows marked as none of train, val and test are left out.
    """

    kind: Literal["table"] = "table"
    path: Place = Field(
        description="A .parquet or .csv file, relative to the spec's folder; or file://, s3:// or gs:// URI"
    )
    inputs: tuple[str, ...] = Field(min_length=1, description="Column names, or globs such as x_*")
    split: ColumnOrRandomFractions = Field(
        default=RandomFractions(), description="A column that holds train, val and test, or fractions and a seed"
    )
    tasks: dict[TaskName, Label] = Field(min_length=1)

    def load(self, folder: Path = Path()) -> TaskSet:
        file = DataFile(anchored(self.path, folder))
        inputs = file.columns("data.inputs", self.inputs)
        others = self._others(file)
        _check_apart(file, inputs, others)
        table = file.read([*inputs, *others.values()])
        rows = split_rows(file, self.split, table)
        table = table.take(np.concatenate(list(rows.values())))
        tasks, labels = self._labels(file, table)
        numbers = (file.numbers("data.inputs", name, table[name]) for name in inputs)
        return TaskSet.from_raw(
            Location.of(self.path).name.stem,
            tasks,
            _parted(numbers, len(inputs), rows),
            _parted(labels, len(tasks), rows),
            source=str(file.path),
            input_names=inputs,
        )

    def _others(self, file: DataFile) -> dict[str, str]:
        """Columns that are not inputs, by the field of the spec that names them."""
        named = {_field(task): label.column for task, label in self.tasks.items()}
        if isinstance(self.split, str):
            named["data.split"] = self.split
        return {field: file.column(field, name) for field, name in named.items()}

    def _labels(self, file: DataFile, table: pa.Table) -> tuple[list[Task], list[Floats]]:
        tasks, columns = [], []
        for name, label in self.tasks.items():
            task, values = _label(file, name, label, table[label.column])
            tasks.append(task)
            columns.append(values)
        return tasks, columns


def _field(task: str) -> str:
    return f"data.tasks.{task}.column"


def _check_apart(file: DataFile, inputs: Sequence[str], others: Mapping[str, str]) -> None:
    """No network may be shown the answer, nor which split it is in."""
    for field, name in others.items():
        if name in inputs:
            raise RequestError(
                f"{file.path}: column {name!r} is both an input (data.inputs) and {field}; "
                "leave it out of the inputs, by names or globs that match less"
            )


def _label(file: DataFile, name: str, label: Label, values: pa.ChunkedArray) -> tuple[Task, Floats]:
    """The task, and its labels as numbers or as the numbers of their classes."""
    if label.kind == "regression":
        return Task(name, label.kind), file.numbers(_field(name), label.column, values)
    codes, classes = file.classes(_field(name), label.column, values)
    if label.kind == "multiclass":
        _check_classes(file, name, label, classes, int(np.isfinite(codes).sum()))
        return Task(name, label.kind, len(classes), classes), codes
    if len(classes) > 2:
        raise RequestError(
            f"{file.path}: {_field(name)}: column {label.column!r} holds {len(classes)} different values, "
            f"{some(classes)}; a binary task has two (kind: multiclass takes more)"
        )
    return Task(name, label.kind, classes=classes if len(classes) == 2 else None), codes


def _check_classes(file: DataFile, name: str, label: Label, classes: Sequence[object], rows: int) -> None:
    """Measured numbers, or names of rows, would each be a class of its own."""
    if len(classes) > max(MANY, rows / 2):
        raise RequestError(
            f"{file.path}: {_field(name)}: column {label.column!r} holds {len(classes)} different values in {rows} "
            f"rows, {some(classes, 3)}: these are no classes (kind: regression takes any numbers)"
        )


def _parted(columns: Iterable[Floats], width: int, rows: Rows) -> dict[str, Floats]:
    """Columns as one matrix [rows, width], cut into the splits that stand in it one after another."""
    sizes = [len(rows[split]) for split in SPLITS]
    matrix = np.empty((sum(sizes), width))
    for i, column in enumerate(columns):
        matrix[:, i] = column
    return dict(zip(SPLITS, np.split(matrix, np.cumsum(sizes)[:-1]), strict=True))
