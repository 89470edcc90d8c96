"""Answers on the screen: a table of the budgets, then the networks of each."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from distgroup.selection.answer import Answer

NUMBERS = ("max_groups", "budget", "cost", "total", "mean", "report_total", "report_mean")


def numbers(answers: list[Answer]) -> Table:
    """A row a budget; columns that say nothing here are left out."""
    rows = [answer.row() for answer in answers]
    table = Table(box=None, header_style="bold", pad_edge=False)
    shown = [name for name in NUMBERS if _tells(rows, name)]
    for name in shown:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    table.add_column("proof", no_wrap=True)
    for row in rows:
        table.add_row(*(f"{row[name]:.7g}" for name in shown), _proof(row))
    return table


def networks(answer: Answer) -> Iterator[str]:
    """A line a network: the tasks that it serves, and those that it only learns along with them."""
    row = answer.row()
    count = len(row["groups"])
    limit = "" if answer.max_groups is None else f" (at most {answer.max_groups})"
    yield f"{count} {'group' if count == 1 else 'groups'}{limit}:"
    for number, (name, group) in enumerate(zip(row["networks"], row["groups"], strict=True)):
        served = [task for task in group if row["serves"][task] == number]
        helpers = [task for task in group if task not in served]
        text = ", ".join(served) + (f" (with {', '.join(helpers)})" if helpers else "")
        yield f"  {text}" if name == "+".join(group) else f"  {name}: {text}"
    for grouping in answer.optima or ():
        yield f"  optimum: {grouping}"


def _tells(rows: list[dict[str, Any]], name: str) -> bool:
    if name == "cost" and all(row["cost"] == len(row["groups"]) for row in rows):
        return False
    return any(row[name] is not None for row in rows)


def _proof(row: dict[str, Any]) -> str:
    if row["optimal"]:
        return "optimal"
    return "none" if row["bound"] is None else f"bound {row['bound']:.7g}"
