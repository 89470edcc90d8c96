"""The terminal that commands print to."""

from rich.console import Console


def screen() -> Console:
    """Prints what it is given: task names and paths may look like markup."""
    return Console(markup=False, highlight=False)
