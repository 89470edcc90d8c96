"""A run's tables as one parquet file each."""

from collections.abc import Iterator

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.results.part import parquet_of
from distgroup.results.schema import TABLES
from distgroup.results.store import Store


def export(store: Store, folder: Location, *, force: bool) -> Iterator[tuple[Location, int]]:
    """Write every table to ``folder/NAME.parquet``, with the meaning and unit of its columns; yields each file's rows.

    Tables without rows too, so that a reader finds the same files after every run. Raises RequestError if there are no
    tables, or without ``force`` if one of the files is there already.
    """
    if store.empty:
        raise RequestError(f"{store}: no tables there")
    folder.check_folder()
    files = {table: folder / f"{table}.parquet" for table in TABLES}
    if not force and (there := [name for name in folder.entries() if name.removesuffix(".parquet") in files]):
        raise RequestError(
            f"{folder}: there is a {there[0]} already; add --force to replace it, or choose another place"
        )
    for table, file in files.items():
        rows = store.arrow(table)
        file.write(parquet_of(rows))
        yield file, len(rows)
