"""A folder of result tables that can be read at any time while it is written.

``DIR/tables/NAME/KEY.parquet``: a part is written beside under a name that readers ignore, then renamed. Its key says
what it holds, so that the same work, done twice, leaves the same part once.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from distgroup.errors import RequestError
from distgroup.results.schema import TABLES


class Store:
    """The tables under one output folder. Cheap to make, so that every worker makes its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def empty(self) -> bool:
        """Is there no part of any table?"""
        return next(self.root.glob("tables/*/[!.]*.parquet"), None) is None

    def path(self, table: str, key: str) -> Path:
        return self.root / "tables" / table / f"{key}.parquet"

    def has(self, table: str, key: str) -> bool:
        return self.path(table, key).exists()

    def write(self, table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the part ``key`` whole or not at all. Raises OSError if the disk is full or the folder not writable."""
        path = self.path(table, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_name(f".{key}.{os.getpid()}.tmp")
        try:
            pq.write_table(pa.Table.from_pylist(list(rows), schema=TABLES[table]), hidden, compression="zstd")
            os.replace(hidden, path)
        finally:
            hidden.unlink(missing_ok=True)

    def part(self, table: str, key: str) -> pd.DataFrame:
        """One part. Raises FileNotFoundError if it is not there."""
        return self._frame([self.path(table, key)], table)

    def read(self, table: str) -> pd.DataFrame:
        """All parts written so far, in the order of their keys; an empty frame if there is none."""
        folder = self.root / "tables" / table
        return self._frame(sorted(folder.glob("[!.]*.parquet")), table)

    def _frame(self, parts: list[Path], table: str) -> pd.DataFrame:
        tables = [_whole(part, TABLES[table]) for part in parts]
        frame: pd.DataFrame = pa.concat_tables([TABLES[table].empty_table(), *tables]).to_pandas()
        return frame


def _whole(part: Path, schema: pa.Schema) -> pa.Table:
    try:
        return pq.read_table(part, schema=schema, partitioning=None)
    except pa.ArrowInvalid as error:
        raise RequestError(f"{part}: damaged ({error}); delete it, and --resume makes it again") from None
