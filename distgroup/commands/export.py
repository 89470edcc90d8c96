"""`distgroup export`: a run's tables as one parquet file each."""

from typing import Annotated

import typer

from distgroup.commands.screen import screen


def export(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Output folder of a run, or its URI")],
    dest: Annotated[
        str, typer.Argument(metavar="DEST", help="Folder, or s3:// or gs:// URI, to write NAME.parquet to")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there")] = False,
) -> None:
    """Write one parquet file a table, with the meaning and unit of every column in it.

    Example: distgroup export results/quickstart s3://bucket/quickstart
    """
    from distgroup.location import Location
    from distgroup.results.export import export as write
    from distgroup.results.store import Store

    console = screen()
    for file, rows in write(Store(folder), Location.of(dest), force=force):
        console.print(f"{file}: {rows:,} rows", soft_wrap=True)
