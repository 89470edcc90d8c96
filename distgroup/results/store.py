"""A folder of result tables that can be read at any time while it is written, on this machine or in an object store.

``DIR/tables/NAME/KEY.parquet``: a part appears whole or not at all; on this machine it is written beside under a name
that readers ignore, then renamed, in an object store it is put in one request. Its key says what it holds, so that the
same work, done twice, leaves the same part once.
"""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.results.part import DamagedError, from_parquet, to_parquet
from distgroup.results.schema import TABLES

SUFFIX = ".parquet"

READERS, REMOTE_READERS = 4, 32
"""Parts read at once: an object store answers each in tens of milliseconds, a disk keeps no one waiting."""


@dataclass(frozen=True)
class SetAside:
    """A damaged part that was moved out of its table, so that it is made again."""

    part: str
    reason: str
    kept: str
    """Where it is now."""

    def __str__(self) -> str:
        return f"{self.part}: damaged ({self.reason}); kept as {self.kept}, and made again"


class Store:
    """The tables under one output folder. Cheap to make and to pickle; workers may share it or make their own."""

    def __init__(self, place: str | Path | Location) -> None:
        self.location = Location.of(place)

    def __str__(self) -> str:
        return str(self.location)

    @property
    def local(self) -> Path | None:
        """The folder, of a store on this machine."""
        return self.location.local

    @property
    def root(self) -> Path:
        """The folder; raises ValueError if the store is not on this machine."""
        if self.local is None:
            raise ValueError(f"{self} is not on this machine")
        return self.local

    @property
    def scratch(self) -> Path:
        """Where logs and unfinished work lie: the folder itself; of an object store, one in this user's cache.

        The same for the same URI, so that a resumed run finds it.
        """
        if self.local is not None:
            return self.local
        name = blake2b(self.location.root.encode(), digest_size=8).hexdigest()
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "distgroup", name)

    def make(self) -> None:
        """The folder of the tables, so that workers can tell whether they see it; an object store has none."""
        if self.local is not None:
            (self.local / "tables").mkdir(parents=True, exist_ok=True)

    def seen(self) -> bool:
        """Is what `make` made, perhaps on another node, there for this process? Where nothing is mounted it is not."""
        return self.local is None or (self.local / "tables").is_dir()

    @property
    def empty(self) -> bool:
        """Is there no part of any table?"""
        return not any(map(self.keys, TABLES))

    def at(self, table: str, key: str) -> Location:
        """Where the part is, or would be."""
        return self.location / "tables" / table / f"{key}{SUFFIX}"

    def has(self, table: str, key: str) -> bool:
        """Is the part there? One request each: for many parts, ask `keys`."""
        return self.at(table, key).exists()

    def keys(self, table: str) -> list[str]:
        """The keys of all parts written so far, in order. One listing."""
        entries = (self.location / "tables" / table).entries()
        return [name.removesuffix(SUFFIX) for name, is_file in entries.items() if is_file and _is_part(name)]

    def write(self, table: str, key: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the part ``key`` whole or not at all.

        Raises OSError if the disk is full or the place not writable, ValueError for a column that the table lacks.
        """
        self.at(table, key).write(to_parquet(list(rows), TABLES[table]))

    def remove(self, table: str, key: str) -> None:
        """Delete a part. Raises FileNotFoundError if it is not there."""
        self.at(table, key).remove()

    def part(self, table: str, key: str) -> pd.DataFrame:
        """One part. Raises FileNotFoundError if it is not there, RequestError if it is damaged."""
        frame: pd.DataFrame = self._part(table, key).to_pandas()
        return frame

    def read(self, table: str) -> pd.DataFrame:
        """All parts written so far, in the order of their keys; an empty frame if there is none."""
        frame: pd.DataFrame = self.arrow(table).to_pandas()
        return frame

    def arrow(self, table: str) -> pa.Table:
        """`read`, as pyarrow holds it."""
        with self._readers() as readers:
            parts = list(readers.map(lambda key: self._part(table, key), self.keys(table)))
        return pa.concat_tables([TABLES[table].empty_table(), *parts])

    def set_aside_damaged(self) -> list[SetAside]:
        """Move whatever parts cannot be read to ``DIR/damaged``.

        Reads every part wholly, checksums included: parts are small, so that little is saved by reading their ends.
        To be called while no other run writes.
        """
        parts = [(table, key) for table in TABLES for key in self.keys(table)]
        with self._readers() as readers:
            wrong = readers.map(self._wrong, parts)
            return [self._set_aside(*part, reason) for part, reason in zip(parts, wrong, strict=True) if reason]

    def _readers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(REMOTE_READERS if self.local is None else READERS)

    def _wrong(self, part: tuple[str, str]) -> str | None:
        table, key = part
        try:
            from_parquet(self.at(table, key).read(), TABLES[table])
        except DamagedError as damaged:
            return str(damaged)
        return None

    def _set_aside(self, table: str, key: str, reason: str) -> SetAside:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        kept = self.location / "damaged" / f"{table}-{key}.{now}.parquet"
        self.at(table, key).move(kept)
        return SetAside(str(self.at(table, key)), reason, str(kept))

    def _part(self, table: str, key: str) -> pa.Table:
        at = self.at(table, key)
        try:
            return from_parquet(at.read(), TABLES[table])
        except DamagedError as damaged:
            raise RequestError(f"{at}: damaged ({damaged}); `run --resume` sets it aside and makes it again") from None


def _is_part(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".")
