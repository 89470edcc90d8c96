"""A user's parquet or CSV file: which columns it has, and their values as numbers or classes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.tasks.task import Class, Floats

SUFFIXES = (".parquet", ".csv")
BLOCK = 1 << 24
"""Bytes of a CSV that must hold its header, or any other row."""


class DataFile:
    """A table on disk or in an object store, read column by column as asked.

    In a CSV an empty cell, NA, NaN, null and n/a mean missing; in both kinds of file NaN does.
    Every method raises RequestError where the file or a column is not as asked for.
    """

    def __init__(self, path: Path | str) -> None:
        self.path, self.location = path, Location.of(path)
        self.suffix = self.location.name.suffix
        if self.suffix not in SUFFIXES:
            raise RequestError(f"{path}: the suffix is {self.suffix!r}; it must be one of {', '.join(SUFFIXES)}")
        with self._reading():
            self.names = list(self._header())
        if twice := sorted({name for name in self.names if self.names.count(name) > 1}):
            raise RequestError(f"{path}: more than one column is called {twice[0]!r}; names must differ")

    def column(self, field: str, name: str) -> str:
        """``name``, if the file has such a column; ``field`` is where the spec names it."""
        if name not in self.names:
            close = get_close_matches(name, self.names, n=3)
            hint = f"did you mean {some(close)}? " if close else ""
            raise RequestError(f"{self.path}: {field}: no column {name!r}; {hint}The file has {some(self.names)}")
        return name

    def columns(self, field: str, patterns: Sequence[str]) -> list[str]:
        """The columns that are named, or match a glob such as ``x_*``; each once, in the order of the patterns."""
        found: dict[str, None] = {}
        for pattern in patterns:
            if pattern in self.names or not any(sign in pattern for sign in "*?["):
                found[self.column(field, pattern)] = None
                continue
            matches = [name for name in self.names if fnmatchcase(name, pattern)]
            if not matches:
                raise RequestError(
                    f"{self.path}: {field}: no column matches {pattern!r}; the file has {some(self.names)}"
                )
            found.update(dict.fromkeys(matches))
        return list(found)

    def read(self, names: Sequence[str], text: Sequence[str] = ()) -> pa.Table:
        """These columns, with text instead of codes for text; raises RequestError if there is no row.

        In a CSV those in ``text`` are text even where they look like numbers: 01 is not 1.
        """
        with self._reading():
            table = self._table(list(dict.fromkeys(names)), text)
        if not table.num_rows:
            raise RequestError(f"{self.path}: the file has columns but no rows")
        return pa.table({name: _plain(table[name]) for name in table.column_names})

    def numbers(self, field: str, name: str, values: pa.ChunkedArray) -> Floats:
        """``values`` of column ``name`` as floats, NaN where missing; bool and integers count as numbers."""
        return numbers(f"{self.path}: {field}", name, values)

    def classes(self, field: str, name: str, values: pa.ChunkedArray) -> tuple[Floats, tuple[Class, ...]]:
        """The position of each value among the sorted different values, NaN where missing; and those values."""
        if not (_is_number(values.type) or _is_text(values.type)):
            raise RequestError(
                f"{self.path}: {field}: column {name!r} holds {_described(values)}; "
                "classes must be numbers, booleans or text"
            )
        if pa.types.is_floating(values.type):
            values = pa.chunked_array([pa.array(_floats(values), from_pandas=True)])
        known = pc.unique(values.drop_null()).sort()
        codes = _floats(pc.index_in(values, value_set=known, skip_nulls=True))
        return codes, tuple(float(one) if isinstance(one, Decimal) else one for one in known.to_pylist())

    def _header(self) -> Sequence[str]:
        with self.location.stream() as file:
            if self.suffix == ".parquet":
                return parquet.read_schema(file).names  # type: ignore[no-any-return]
            with csv.open_csv(file, csv.ReadOptions(block_size=BLOCK)) as reader:
                return reader.schema.names  # type: ignore[no-any-return]

    def _table(self, names: list[str], text: Sequence[str]) -> pa.Table:
        types = {name: pa.string() for name in text}
        wanted = csv.ConvertOptions(include_columns=names, strings_can_be_null=True, column_types=types)
        with self.location.stream() as file:
            if self.suffix == ".parquet":
                return parquet.read_table(file, columns=names)
            return csv.read_csv(
                file, csv.ReadOptions(block_size=BLOCK), csv.ParseOptions(newlines_in_values=True), wanted
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise RequestError(f"{self.path}: there is no such file") from error
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())
            raise RequestError(f"{self.path}: cannot be read as {self.suffix[1:]}: {reason}") from error


def numbers(where: str, name: str, values: pa.ChunkedArray) -> Floats:
    """As `DataFile.numbers`, of any table; ``where`` starts the message."""
    if not _is_number(values.type):
        raise RequestError(f"{where}: column {name!r} holds {_described(values)}; it must hold numbers or booleans")
    return _floats(values)


def some(values: Sequence[Any], most: int = 8) -> str:
    """The first values as text, and how many more there are."""
    text = ", ".join(map(repr, values[:most]))
    return text + (f" and {len(values) - most} more" if len(values) > most else "")


def _floats(values: pa.ChunkedArray) -> Floats:
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy())


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    tests = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_null)
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _described(values: pa.ChunkedArray) -> str:
    kind = "text" if _is_text(values.type) else str(values.type)
    known = values.drop_null()
    return f"{kind}, e.g. {known[0].as_py()!r}" if len(known) else kind
