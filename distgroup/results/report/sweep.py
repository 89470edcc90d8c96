"""A sweep in the terminal: one table over all points, and a line a point."""

import pandas as pd
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from distgroup.results.report.methods import best
from distgroup.results.report.summary import PointSummary, Summary
from distgroup.results.report.text import by_size, number, percent, pm, table


def show_sweep(summary: Summary, console: Console) -> None:
    """Print what each method loses at each number of groups over all points, and the points with their ceilings."""
    measure = "delta_m" if summary.overall["regret"].isna().all() else "regret"
    parts = [_overall(summary.overall, measure, len(summary.points)), _points(summary.points)]
    notes = Text(_notes(summary.overall, measure), style="dim")
    console.print(Group(*(part for each in parts for part in (Text(), each)), notes))


def _overall(found: pd.DataFrame, measure: str, points: int) -> Table:
    what = "regret" if measure == "regret" else "Δm"
    shown = table(f"{points} points: {what} on test by number of groups, mean ± sd over points")
    shown.add_column("method")
    numbers = by_size(list(found["num_groups"].unique()))
    for name in numbers:
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("failed", justify="right")
    for (_, method), rows in found.groupby(["update", "method"], sort=False):
        cells = rows.set_index("num_groups")
        several = found["update"].nunique() > 1 and not method.startswith("adaptive")
        shown.add_row(
            f"{method}, {rows['update'].iloc[0]}" if several else method,
            *(_cell(cells.loc[name], measure, points) if name in cells.index else "" for name in numbers),
            percent(rows["failed"].mean()),
        )
    return shown


def _cell(row: "pd.Series[float]", measure: str, points: int) -> str:
    count = "" if row["points"] in (0, points) else f" ({row['points']:.0f})"
    return pm(row[measure], row[f"{measure}_sd"]) + count


def _points(points: tuple[PointSummary, ...]) -> Table:
    shown = table("points")
    shown.add_column("", justify="right")
    for name in ("task set", "setting"):
        shown.add_column(name, overflow="fold")
    for name in ("done", "ceiling"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("best on val", no_wrap=True)
    for name in ("Δm", "regret"):
        shown.add_column(name, justify="right", no_wrap=True)
    for i, point in enumerate(points, start=1):
        ceilings = [number(ceiling, 2) for _, ceiling in sorted(point.ceilings.items())]
        done = f"{point.count('done')}/{len(point.trials)}"
        shown.add_row(str(i), point.taskset, point.label, done, " / ".join(ceilings) or "–", *_best(point))
    return shown


def _best(point: PointSummary) -> tuple[str, str, str]:
    chosen = best(point.trials, ["spec_hash"])
    if chosen.empty:
        return "–", "–", "–"
    row = chosen.iloc[0]
    many = {"auto": ", auto", "1": ""}.get(row["num_groups"], f", {row['num_groups']} groups")
    return f"{row['method']}{many}", pm(row["delta_m_test"], row["delta_m_test_sd"]), number(row["regret_test"])


def _notes(found: pd.DataFrame, measure: str) -> str:
    lines = [
        "Each method and number of groups counts at a point with its trial that has the largest Δm on validation; ± "
        "standard deviation over points, of a point's Δm over seeds. In "
        "brackets: at how many points, if not at all. Failed: share of its trials.",
        "Ceiling: agreement of the ground truth's test gains with themselves between halves of the seeds (separate / "
        "selective, if both were enumerated). One point with all its tables: `distgroup report DIR --point N`.",
    ]
    if measure == "regret":
        lines.insert(0, _least(found[found["points"] == found["points"].max()]))
    return "\n".join(lines)


def _least(found: pd.DataFrame) -> str:
    row = found.loc[found["regret"].idxmin()]
    many = row["num_groups"]
    groups = "as many groups as the selector likes" if many == "auto" else f"at most {many} groups"
    loss = f"{pm(row['regret'], row['regret_sd'])} over {row['points']} points"
    return f"Least regret: {row['method']} ({row['update']}), {groups}: {loss}."
