"""Numbers and tables as the report prints them."""

import math
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text


def table(title: str, *, show_header: bool = True) -> Table:
    """The title is not folded to the width of the table."""
    whole = Text(title, no_wrap=True, overflow="ignore")
    return Table(title=whole, title_justify="left", show_header=show_header, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))


def number(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def pm(value: float, spread: float) -> str:
    return number(value) + ("" if math.isnan(spread) else f" ± {spread:.3f}")


def percent(value: float, spread: float = float("nan")) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:.0f}%" + ("" if math.isnan(spread) else f" ± {100 * spread:.0f}")


def share(value: float) -> str:
    """Of a cost: a percentage with one decimal."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}%"


def by_size(numbers: Sequence[str]) -> list[str]:
    """Numbers of groups, `auto` last."""
    return sorted(numbers, key=lambda number: (number == "auto", number.zfill(3)))
