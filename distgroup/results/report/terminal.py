"""A summary in the terminal."""

from rich.console import Console

from distgroup.results.report.one_point import show_point
from distgroup.results.report.summary import Summary
from distgroup.results.report.sweep import show_sweep

MOST_FAILURES = 5


def show(summary: Summary, console: Console) -> None:
    """Print what each method found between its references; of a sweep, what holds over its points."""
    if len(summary.points) == 1:
        show_point(summary, console)
    else:
        show_sweep(summary, console)
    for row in summary.failed[:MOST_FAILURES].itertuples():
        where = " ".join(part for part in (row.taskset, row.label) if part) if len(summary.points) > 1 else ""
        what = ", ".join(part for part in (where, row.method) if part)
        console.print(f"failed: {what}: {row.error}", style="dim")
    if len(summary.failed) > MOST_FAILURES:
        rest = len(summary.failed) - MOST_FAILURES
        console.print(f"failed: {rest} more; see column error of table trials", style="dim")
