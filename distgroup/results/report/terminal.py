"""A summary as tables in the terminal."""

import math

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from distgroup.results.report.summary import Summary


def show(summary: Summary, console: Console) -> None:
    """Print the estimators between their references, their groupings, and the regret at each number of groups."""
    tables = _main(summary), _groupings(summary), _regrets(summary)
    console.print(Group(*(part for table in tables for part in (Text(), table)), Text(_notes(summary), style="dim")))


def _table(title: str, *, show_header: bool = True) -> Table:
    return Table(title=title, title_justify="left", show_header=show_header, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _main(summary: Summary) -> Table:
    table = _table(f"{summary.taskset}: {len(summary.tasks)} tasks, {len(summary.seeds)} seeds")
    table.add_column("estimator", no_wrap=True)
    for name in ("groups", "Δm", "regret", "closed", "Spearman", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in summary.estimators.itertuples():
        table.add_row(
            row.estimator,
            row.num_groups,
            _pm(row.delta_m, row.delta_m_sd),
            _number(row.regret),
            _percent(row.gap_closed, row.gap_closed_se),
            _number(row.spearman, 2),
            f"{100 * row.cost:.1f}%",
        )
    table.add_section()
    for row in summary.references.itertuples():
        table.add_row(row.reference, "", _pm(row.delta_m, row.delta_m_sd), style="cyan")
    table.add_row("noise ceiling", "", "", "", "", _number(summary.noise_ceiling, 2), style="cyan")
    table.add_row("enumeration", "", "", "", "", "", "100%", style="cyan")
    return table


def _groupings(summary: Summary) -> Table:
    table = _table("groupings", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in summary.estimators.itertuples():
        table.add_row(row.estimator, row.grouping.replace("|", " | "))
    table.add_section()
    for row in summary.references.itertuples():
        if row.reference.startswith("optimum"):
            table.add_row(row.reference, row.grouping.replace("|", " | "), style="cyan")
    return table


def _regrets(summary: Summary) -> Table:
    table = _table("regret on test, by number of groups")
    table.add_column("estimator")
    numbers = sorted(summary.regrets.columns, key=lambda number: (number == "auto", number.zfill(3)))
    for number in numbers:
        table.add_column(number, justify="right")
    for estimator in summary.estimators["estimator"]:
        table.add_row(estimator, *(_number(summary.regrets.loc[estimator, number]) for number in numbers))
    return table


def _notes(summary: Summary) -> str:
    lines = [
        "Δm: mean gain over single-task networks, on test, ± standard deviation over seeds; each row is the "
        "estimator's trial with the largest Δm on validation.",
        "Regret: Δm of the optimum with at most as many groups, minus this Δm; negative where what validation chose as "
        "the optimum does worse on test.",
        "Closed: share of the way from all-in-one to that optimum, ± jackknife error over seeds.",
        "Spearman: predicted against measured gains. Noise ceiling: the measured gains against themselves, between "
        f"halves of the seeds; an estimator that knew the true ones would reach about {_number(summary.reachable, 2)}.",
        f"Cost: estimation, as a share of the {summary.enumeration_seconds:.0f} core-seconds that the "
        f"{summary.networks} networks of the enumeration took.",
    ]
    lines += [f"failed: {row.estimator}: {row.error}" for row in summary.failed.drop_duplicates().itertuples()]
    return "\n".join(lines)


def _number(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _pm(value: float, spread: float) -> str:
    return _number(value) + ("" if math.isnan(spread) else f" ± {spread:.3f}")


def _percent(value: float, spread: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:.0f}%" + ("" if math.isnan(spread) else f" ± {100 * spread:.0f}")
