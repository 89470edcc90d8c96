"""What of a user's table a network's inputs are, and how a table that comes later is read the same way."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view

from distgroup.errors import RequestError
from distgroup.tasks.datafile import DataFile, numbers, some
from distgroup.tasks.task import Floats

FRAME = "the table"


@dataclass(frozen=True)
class Columns:
    """A row's inputs: these columns of ``window`` rows one after another, of the last of which it has its name."""

    names: tuple[str, ...]
    window: int = 1

    def read(self, table: pd.DataFrame | Path | str) -> tuple[Floats, "pd.Index[Any]"]:
        """Inputs [rows, features] as they stand in the table, NaN where missing; and the rows' names.

        Raises RequestError for a column that is missing, holds no numbers or is infinite somewhere, and for a table of
        fewer rows than a window.
        """
        if isinstance(table, pd.DataFrame):
            source, values, index = FRAME, self._of_frame(table), table.index
        else:
            source, values = str(table), self._of_file(table)
            index = pd.RangeIndex(len(values))
        if len(values) < self.window:
            raise RequestError(f"{source}: it has {len(values)} rows; the model sees {self.window} at a time")
        if infinite := [name for name, column in zip(self.names, values.T, strict=True) if np.isinf(column).any()]:
            raise RequestError(f"{source}: column {infinite[0]!r} is infinite somewhere; leave such rows out")
        return self._windows(values), index[self.window - 1 :]

    def _windows(self, values: Floats) -> Floats:
        seen: Floats = sliding_window_view(values, self.window, axis=0).swapaxes(1, 2)
        return seen.reshape(len(seen), -1)

    def _of_file(self, path: Path | str) -> Floats:
        file = DataFile(path)
        table = file.read([file.column("inputs", name) for name in self.names])
        return np.column_stack([file.numbers("inputs", name, table[name]) for name in self.names])

    def _of_frame(self, frame: pd.DataFrame) -> Floats:
        return np.column_stack([self._numbers(frame, name) for name in self.names])

    def _numbers(self, frame: pd.DataFrame, name: str) -> Floats:
        if name not in frame.columns:
            close = get_close_matches(name, [str(column) for column in frame.columns], n=3)
            hint = f"did you mean {some(close)}? " if close else ""
            raise RequestError(f"{FRAME}: inputs: no column {name!r}; {hint}It has {some(list(frame.columns))}")
        column = frame[name]
        if isinstance(column, pd.DataFrame):
            raise RequestError(f"{FRAME}: more than one column is called {name!r}; names must differ")
        try:
            values = pa.chunked_array([pa.array(column.to_numpy() if column.dtype == "category" else column)])
        except pa.ArrowException as error:
            reason = " ".join(str(error).split())
            raise RequestError(f"{FRAME}: inputs: column {name!r} holds values of several types: {reason}") from None
        return numbers(f"{FRAME}: inputs", name, values)
