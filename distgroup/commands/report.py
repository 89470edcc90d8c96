"""`distgroup report`: the closing table of a run, again, from its tables alone."""

from typing import Annotated

import typer

from distgroup.commands.screen import screen


def report(
    folder: Annotated[str, typer.Argument(help="Output folder of a run, or its URI", show_default=False)],
    point: Annotated[
        int | None, typer.Option(help="Of a sweep: one of its points, numbered as in the report", show_default=False)
    ] = None,
) -> None:
    """Show what a run found.

    Example: distgroup report results/quickstart
    """
    from distgroup.results.report.summary import summarise
    from distgroup.results.report.terminal import show
    from distgroup.results.store import Store

    show(summarise(Store(folder), point), screen())
