"""`distgroup schema`: what may stand in a spec, and what stands in the tables."""

import json
from typing import Annotated

import typer
from rich.table import Table

from distgroup.commands.screen import screen


def schema(
    tables: Annotated[bool, typer.Option("--tables", help="The result tables' columns instead")] = False,
) -> None:
    """Print the spec's JSON Schema, for editors and for reading.

    Example: distgroup schema > distgroup.schema.json
    """
    if tables:
        _tables()
        return
    from distgroup.spec import Spec

    typer.echo(json.dumps(Spec.model_json_schema(), indent=2))


def _tables() -> None:
    from distgroup.results.schema import TABLES

    console = screen()
    for name, columns in TABLES.items():
        table = Table("column", "type", "unit", "meaning", title=f"{name}: {columns.metadata[b'description'].decode()}")
        for column in columns:
            about = {key.decode(): value.decode() for key, value in column.metadata.items()}
            table.add_row(column.name, str(column.type), about.get("unit", ""), about["description"])
        console.print(table)
