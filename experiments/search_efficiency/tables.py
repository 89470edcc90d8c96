"""Writes the tables into the README, between its marks; the words around them are by hand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from targets import TARGETS, after, ends

BEGIN, END = "<!-- tables: written by run.py -->", "<!-- end of tables -->"

COLUMNS = (
    "task set",
    "target Δm",
    "points there",
    "sampler",
    "median trials",
    "quartiles",
    "never",
    "sooner than random",
)


DEFAULT = 40
"""Trials of a search whose spec does not say."""


def write(improved: pd.DataFrame, summed: pd.DataFrame, table: pd.DataFrame, trials: int, readme: Path) -> None:
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    parts = ["![best so far](figures/best_so_far.png)", "The grids:", markdown(list(grids(table)))]
    for target, text in TARGETS.items():
        rows = [line(row, trials) for _, row in summed[summed["target"] == target].iterrows()]
        parts += [f"Trials to {text}:", markdown([list(COLUMNS), *rows])]
    parts += [f"Percent of the gap closed after {DEFAULT} trials, the default: median (quartiles):"]
    parts += [markdown(list(closings(improved, table)))]
    text = "\n\n".join(parts)
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def line(row: pd.Series, trials: int) -> list[str]:
    return [
        str(row["taskset"]),
        f"{100 * row['value']:.2f}%",
        f"{row['points']} of {row['size']}",
        str(row["sampler"]),
        count(row["median"], trials),
        f"{count(row['quartile_low'], trials)} – {count(row['quartile_high'], trials)}",
        f"{100 * row['never']:.0f}%",
        f"{100 * row['sooner']:.0f}% [{100 * row['sooner_low']:.0f}, {100 * row['sooner_high']:.0f}]",
    ]


def count(found: float, trials: int) -> str:
    return f"> {trials}" if np.isinf(found) else f"{found:.0f}"


def grids(table: pd.DataFrame) -> Iterator[list[str]]:
    """What there is to find: the best on validation and what it gives on test, beside all-in-one and the median."""
    yield ["task set", "points", "groupings", "median Δm", "all-in-one", "best Δm", "on test", "the best point"]
    for name, grid in table.groupby("taskset", sort=False):
        best = grid.loc[grid["delta_m_val"].idxmax()]
        numbers = (grid["delta_m_val"].median(), *ends(grid), best["delta_m_test"])
        texts = [f"{100 * number:.2f}%" for number in numbers]
        point = ", ".join(best[["estimator", "num_groups", "selector"]])
        yield [str(name), str(len(grid)), str(grid["grouping"].nunique()), *texts, point]


def closings(improved: pd.DataFrame, table: pd.DataFrame) -> Iterator[list[str]]:
    """A row a task set, a column a sampler."""
    yield ["task set", *improved["sampler"].unique()]
    for name, grid in table.groupby("taskset", sort=False):
        yield [str(name), *after(improved[improved["taskset"] == name], grid, DEFAULT).values()]


def markdown(rows: list[list[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
