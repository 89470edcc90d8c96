"""Writes the tables into the README, between its marks; the words around them are by hand."""

from pathlib import Path

import pandas as pd
from figures import TITLES
from settings import SETTINGS

BEGIN, END = "<!-- tables: written by run.py -->", "<!-- end of tables -->"


def write(found: dict[str, pd.DataFrame], readme: Path) -> None:
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    names = found["cells"]["taskset"].unique()
    parts = ({key: table[table["taskset"] == name] for key, table in found.items()} for name in names)
    text = "\n\n".join(section(name, part) for name, part in zip(names, parts, strict=True))
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def section(name: str, found: dict[str, pd.DataFrame]) -> str:
    cells, agreed, costs = found["cells"], found["agreement"], found["costs"]
    optimum = cells[(cells["estimator"] == "truth") & (cells["groups"] == "any")]
    optimum = optimum.assign(regret=within(optimum, "regret"))
    seconds = costs.pivot(index="estimator", columns="at", values="seconds").loc[costs["estimator"].unique()]
    agreement = agreed.pivot(index="at", columns="judged_at", values="spearman")
    worth = 100 * found["worths"].pivot(index="grouping", columns="at", values="delta_m")
    parts = [
        f"### {name}",
        "Δm on test, percent:",
        by_setting(worth.map("{:.1f}".format), "grouping"),
        *(penalty_table(found["penalties"], groups) for groups in ("2", "any")),
        f"![regret by setting](figures/{name}.png)",
        "Spearman of measured gains between settings, disjoint seeds; the diagonal is the noise ceiling:",
        by_setting(agreement.map("{:.2f}".format), "truth at"),
        "Regret of the optimum itself, chosen at the row's setting, any number of groups:",
        by_setting(optimum.pivot(index="at", columns="judged_at", values="regret"), "chosen at"),
        "Seconds of one core for one seed's estimate:",
        by_setting(seconds.map("{:.2f}".format), "estimator"),
    ]
    return "\n\n".join(parts)


def penalty_table(penalties: pd.DataFrame, groups: str) -> str:
    """An estimator a row: regret at home and elsewhere, and the difference along each axis with its interval."""
    part = penalties[penalties["groups"] == groups]
    whole = part[part["axis"] == "either or both"].set_index("estimator")
    columns = {name: whole[key].map("{:.1f}".format) for name, key in (("at home", "home"), ("elsewhere", "away"))}
    for axis, along in part.groupby("axis", sort=False):
        columns[f"penalty, {axis}"] = pd.Series(within(along, "penalty"), along["estimator"])
    return f"{TITLES[groups].capitalize()}:\n\n{markdown(pd.DataFrame(columns).loc[whole.index], 'chosen by')}"


def within(table: pd.DataFrame, name: str) -> list[str]:
    """Each value with its interval."""
    numbers = zip(table[name], table["low"], table["high"], strict=True)
    return [f"{value:.1f} [{low:.1f}, {high:.1f}]" for value, low, high in numbers]


def by_setting(table: pd.DataFrame, corner: str) -> str:
    """The settings in their order as columns, and as rows where they are."""
    rows = list(SETTINGS) if set(table.index) == set(SETTINGS) else list(table.index)
    return markdown(table.loc[rows, list(SETTINGS)], corner)


def markdown(table: pd.DataFrame, corner: str) -> str:
    lines = [[corner, *table.columns], ["---"] * (1 + len(table.columns))]
    lines += [[str(name), *row] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
