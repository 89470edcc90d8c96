"""Writes the tables into the README, between its marks; the words around them are by hand."""

from pathlib import Path

import pandas as pd

BEGIN, END = "<!-- tables: written by run.py -->", "<!-- end of tables -->"


def write(board: pd.DataFrame, readme: Path) -> None:
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    tables = "\n\n".join(section(str(name), part) for name, part in board.groupby("taskset", sort=False))
    readme.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}", encoding="utf-8")


def section(name: str, part: pd.DataFrame) -> str:
    """One task set: a table of estimates from one seed, sorted by regret."""
    single = part[part["seeds"] == 1].copy()
    single["order"] = single[["regret_2", "regret_3", "regret_auto"]].mean(axis=1)
    first = single.iloc[0]
    lookahead = single.set_index("estimator").loc["lookahead", "cost_seconds"]
    head = (
        f"### {name}\n\nNoise ceiling {first['noise_ceiling']:.2f}; of all (group, task) {100 * first['harmed']:.0f}% "
        f"lose; the optimum's Δm is {100 * first['best_2']:.1f}% with 2 groups, {100 * first['best_auto']:.1f}% "
        f"with any number; enumerating a seed took {first['enumeration_seconds']:.0f} s.\n\n![regret against cost]"
        f"(figures/{name}.png)\n\n"
    )
    head += "".join(f"{front(part, groups)}\n\n" for groups in ("2", "auto"))
    columns = "| estimator | regret, 2 | regret, 3 | regret, any | gap closed, any | Spearman, all | pairs | larger "
    columns += "| Pearson | precision | recall | steps / enumeration | s | × lookahead | × enumeration |\n|---|"
    lines = [line(row, float(lookahead)) for _, row in single.sort_values("order").iterrows()]
    return head + columns + "---|" * 14 + "\n" + "\n".join(lines)


def front(part: pd.DataFrame, groups: str) -> str:
    """Those that no cheaper estimate equals, over all numbers of seeds; cheapest first."""
    kept: list[str] = []
    least = float("inf")
    for _, row in part.sort_values("cost_seconds").iterrows():
        regret = 100 * row[f"regret_{groups}"]
        if regret < least - 0.05 and row["estimator"] != "random":
            least = regret
            seeds = f", {row['seeds']} seeds" if row["seeds"] > 1 else ""
            kept.append(f"{row['estimator']}{seeds} ({row['cost_seconds']:.2f} s: {regret:.1f})")
    most = "any number of groups" if groups == "auto" else f"at most {groups} groups"
    return f"Front of seconds and regret, {most}: {'; '.join(kept)}."


def line(row: pd.Series, lookahead: float) -> str:
    cells = [
        str(row["estimator"]),
        *(within(row, f"regret_{k}", 100, 1) for k in ("2", "3", "auto")),
        within(row, "closed_auto", 100, 0),
        *(within(row, f"spearman_{order}", 1, 2) for order in ("all", "pairs", "larger")),
        within(row, "pearson_all", 1, 2),
        within(row, "precision", 1, 2),
        within(row, "recall", 1, 2),
        f"{row['cost_steps'] / row['enumeration_steps']:.3f}",
        f"{row['cost_seconds']:.2f}",
        f"{row['cost_seconds'] / lookahead:.2f}",
        f"{row['cost_seconds'] / row['enumeration_seconds']:.3f}",
    ]
    return "| " + " | ".join(cells) + " |"


def within(row: pd.Series, name: str, scale: float, digits: int) -> str:
    """A value with its interval; a dash where it is undefined."""
    if pd.isna(row[name]):
        return "–"
    low, value, high = (scale * row[f"{name}{end}"] for end in ("_low", "", "_high"))
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
