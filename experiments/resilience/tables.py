"""What two outputs must agree in, to the last bit."""

from pathlib import Path

from distgroup.results.schema import TABLES
from distgroup.results.store import Store

SECONDS = ("seconds", "cost_seconds")

REWRITTEN = ("points", "optima")
"""Tables that every round writes again, as they were."""


def rows(output: Path) -> dict[str, list[str]]:
    """Every row of every table, but for its seconds, in an order of its own."""
    store = Store(output)
    return {name: sorted(map(repr, _timeless(store, name).to_pylist())) for name in TABLES}


def _timeless(store, name):
    table = store.arrow(name)
    return table.drop_columns([column for column in SECONDS if column in table.column_names])


def written(output: Path) -> dict[Path, int]:
    """When each part was last written."""
    parts = (path for name in set(TABLES) - set(REWRITTEN) for path in (output / "tables" / name).glob("*.parquet"))
    return {path: path.stat().st_mtime_ns for path in parts}


def unfinished(output: Path) -> list[Path]:
    """Files that a kill left half written, under names that readers ignore."""
    return sorted(output.rglob(".*.tmp"))
