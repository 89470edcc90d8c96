"""A part of a table as the bytes of one parquet file, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

KEY_COLUMNS = {"taskset", "seed", "spec_hash"}


class DamagedError(Exception):
    """The bytes are no part of the table; the message says why."""


def to_parquet(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Buffer:
    """The rows as a parquet file, with checksums. Raises ValueError for a column that the schema lacks."""
    if unknown := {name for row in rows for name in row} - set(schema.names):
        raise ValueError(f"no such column: {', '.join(sorted(unknown))}; the table has {', '.join(schema.names)}")
    return parquet_of(pa.Table.from_pylist(list(rows), schema=schema))


def parquet_of(table: pa.Table) -> pa.Buffer:
    """The table as a parquet file, with checksums."""
    sink = pa.BufferOutputStream()
    # Most parts are a few rows: dictionaries would make them no smaller, and reading thousands slower by a third.
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_page_checksum=True)
    return sink.getvalue()


def from_parquet(content: bytes, schema: pa.Schema) -> pa.Table:
    """The table in a parquet file, with the schema's columns.

    A column that is not there is null: an earlier version of the schema did not have it. Raises DamagedError if the
    file is not whole, or holds other columns.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        found = file.read(use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DamagedError(" ".join(str(error).split())) from None
    if found.schema.equals(schema):
        return found
    if wrong := _wrong(found.schema, schema):
        raise DamagedError(wrong)
    columns = [found[f.name] if f.name in found.column_names else pa.nulls(len(found), f.type) for f in schema]
    return pa.table(columns, schema=schema)


def _wrong(found: pa.Schema, schema: pa.Schema) -> str | None:
    if missing := KEY_COLUMNS - set(found.names):
        return f"it lacks the columns {', '.join(sorted(missing))}"
    if unknown := set(found.names) - set(schema.names):
        return f"the table has no columns {', '.join(sorted(unknown))}"
    if len(set(found.names)) < len(found.names):
        return "a column occurs twice"
    for field in found:
        if field.type != (kind := schema.field(field.name).type):
            return f"column {field.name} holds {field.type}, not {kind}"
    return None
