"""`series`: forecasts of a multivariate series, one task a column."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.place import Place, anchored
from distgroup.tasks.columns import Columns
from distgroup.tasks.datafile import DataFile
from distgroup.tasks.source import Source
from distgroup.tasks.split import ColumnOrFractions, Fractions, Rows, split_rows
from distgroup.tasks.task import SPLITS, Floats, Task
from distgroup.tasks.taskset import Scaler, TaskSet


class Series(Source):
    """Windows over columns of a file, one row a time step, in the order of time; one task a column.

    ```yaml
    data:
      kind: series
      path: transformer.parquet        # or .csv; relative to the spec's folder
      columns: ["y_*"]                 # names or globs; each is an input and a task
      window: 48                       # steps that the network sees
      horizon: 24                      # each task: its column so many steps after the last one seen
      stride: 8                        # steps from one window's start to the next
      split: split                     # a column of train, val, test, or {train: 0.7, val: 0.15, test: 0.15}
    ```

    A window and its targets lie within one unbroken run of rows of one split, so nothing of a split is seen in
    another; rows marked as none of train, val and test break a run and are left out. Fractions are chronological.
    Inputs stand step after step, shape [window · columns], each column standardised on the rows of train.
    Missing values: of an input its column's mean, of a target masked.
    """

    kind: Literal["series"] = "series"
    path: Place = Field(
        description="A .parquet or .csv file, relative to the spec's folder; or file://, s3:// or gs:// URI"
    )
    columns: tuple[str, ...] = Field(min_length=1, description="Column names, or globs such as y_*; a task each")
    window: int = Field(default=48, ge=1, description="Steps that the network sees")
    horizon: int = Field(default=24, ge=1, description="Steps from the last one seen to the target")
    stride: int = Field(default=1, ge=1, description="Steps from one window's start to the next")
    split: ColumnOrFractions = Field(
        default=Fractions(), description="A column that holds train, val and test, or fractions of the time"
    )

    def load(self, folder: Path = Path()) -> TaskSet:
        file = DataFile(anchored(self.path, folder))
        names = file.columns("data.columns", self.columns)
        table = file.read([*names, *self._split_columns(file, names)])
        rows = split_rows(file, self.split, table)
        values = np.column_stack([file.numbers("data.columns", name, table[name]) for name in names])
        starts = {split: self._starts(rows[split]) for split in SPLITS}
        self._check_long_enough(file, rows, starts)
        each = Scaler.fit(values[rows["train"]])
        return TaskSet.from_raw(
            Location.of(self.path).name.stem,
            [_task(file, name) for name in names],
            {split: self._seen(values, starts[split]) for split in SPLITS},
            {split: values[starts[split] + self.window - 1 + self.horizon] for split in SPLITS},
            input_scaler=Scaler(np.tile(each.mean, self.window), np.tile(each.scale, self.window)),
            source=str(file.path),
            columns=Columns(tuple(names), self.window),
            input_names=[f"{name}, step {step}" for step in range(self.window) for name in names],
        )

    def _split_columns(self, file: DataFile, names: list[str]) -> list[str]:
        if not isinstance(self.split, str):
            return []
        if self.split in names:
            raise RequestError(
                f"{file.path}: column {self.split!r} is both in data.columns and data.split; "
                "leave it out of the columns, by names or globs that match less"
            )
        return [file.column("data.split", self.split)]

    def _starts(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """First rows of the windows that fit, with their targets, into unbroken runs of ``rows``."""
        runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
        return np.concatenate([run[: max(0, len(run) - self._span + 1)][:: self.stride] for run in runs])

    @property
    def _span(self) -> int:
        return self.window + self.horizon

    def _seen(self, values: Floats, starts: NDArray[np.int64]) -> Floats:
        seen: Floats = values[starts[:, None] + np.arange(self.window)]
        return seen.reshape(len(starts), -1)

    def _check_long_enough(self, file: DataFile, rows: Rows, starts: Rows) -> None:
        for split in SPLITS:
            if not len(starts[split]):
                raise RequestError(
                    f"{file.path}: split {split!r} has {len(rows[split])} rows, and no {self._span} in a row: too few "
                    f"for one window with its targets (data.window {self.window} + data.horizon {self.horizon})"
                )


def _task(file: DataFile, name: str) -> Task:
    try:
        return Task(name, "regression")
    except RequestError as error:
        raise RequestError(f"{file.path}: data.columns: column {name!r} cannot be a task: {error}") from error
