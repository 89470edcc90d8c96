"""`distgroup select`: the best groups for a budget, from group scores or an affinity matrix in a file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

if TYPE_CHECKING:
    from distgroup.selection.answer import Answer


def select(
    table: Annotated[
        Path, typer.Argument(help="CSV or parquet: columns tasks (a+b), task, score[, network, cost, seed]")
    ],
    affinity: Annotated[
        bool, typer.Option("--affinity", help="TABLE is a square matrix: rows source, header targets")
    ] = False,
    max_groups: Annotated[
        str | None, typer.Option(help="At most so many groups; a range, 1..6, gives a row each")
    ] = None,
    budget: Annotated[float | None, typer.Option(help="At most so much cost together")] = None,
    lower_is_better: Annotated[bool, typer.Option("--lower-is-better", help="Scores are losses")] = False,
    disjoint: Annotated[bool, typer.Option("--disjoint", help="Groups may not overlap")] = False,
    singleton: Annotated[
        str | None, typer.Option(help="What a task of a matrix scores alone: never (default), diagonal or a number")
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(
            help="exact, milp, greedy, spectral, … or '{kind: greedy, rounds: 5}'; default: one that proves its answer"
        ),
    ] = None,
    choose_on: Annotated[
        Literal["mean", "shrunken", "lower"], typer.Option(help="Of scores with seeds: what to choose on, and add up")
    ] = "shrunken",
    report: Annotated[
        Path | None, typer.Option(help="Another table: what the choice scores there (choose on val, report on test)")
    ] = None,
    all_optima: Annotated[bool, typer.Option("--all-optima", help="List every optimum with as few groups")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: an object, or a list for a range")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the rows to this .parquet file instead")] = None,
) -> None:
    """Choose the best groups of tasks for a budget, and say how good they are. Trains nothing.

    Example: distgroup select affinity.csv --affinity --max-groups 1..4

    Example: distgroup select val.csv --lower-is-better --budget 2.5 --report test.csv
    """
    from distgroup.errors import RequestError
    from distgroup.selection.request import Request

    if out is not None and (out.suffix != ".parquet" or not out.parent.is_dir()):
        raise RequestError(f"--out {out}: a .parquet file in a folder that exists is needed")
    request = Request(
        table,
        affinity,
        max_groups,
        budget,
        lower_is_better,
        disjoint,
        singleton,
        selector,
        choose_on,
        report,
        all_optima,
    )
    _show(request.answers(), as_json, out)


def _show(answers: "list[Answer]", as_json: bool, out: Path | None) -> None:
    from distgroup.selection.answer import as_table
    from distgroup.selection.screen import networks, numbers

    if out is not None:
        from pyarrow import parquet

        parquet.write_table(as_table(answers), out)
    elif as_json:
        rows = [answer.json() for answer in answers]
        typer.echo(json.dumps(rows if len(rows) > 1 else rows[0], ensure_ascii=False))
    else:
        Console().print(numbers(answers))
        for answer in answers:
            typer.echo("\n".join(["", *networks(answer)]))
