"""Writes the tables into the README, between its marks; the words around them are by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
from measures import delta_m, from_steps, holm, interval
from scipy.stats import friedmanchisquare
from task_sets import Settings

BEGIN, END = "<!-- tables: written by run.py -->", "<!-- end of tables -->"

SHOWN_BY_TASK = (
    "singletons in turn",
    "best fixed, any number",
    "random 2 groups",
    *(f"{k} groups, every 10" for k in (2, 3, "auto")),
)

PAIRS = (
    *((f"{k} groups, every never", f"random {k} groups") for k in (2, 3)),
    *((f"{k} groups, every 10, released credit", f"{k} groups, every 10") for k in (2, "auto")),
    ("auto groups, every 10, beta 0.03", "auto groups, every 10"),
    ("1 group", "2 groups, every 10"),
    ("3 groups, every 10", "2 groups, every 10"),
    ("auto groups, every 10", "2 groups, every 10"),
    ("singletons in turn", "2 groups, every 10"),
)


def write(losses: pd.DataFrame, rates: pd.DataFrame, changes: pd.DataFrame, readme: Path) -> None:
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    sections = [
        section(str(name), part, *(frame[frame["taskset"] == name] for frame in (rates, changes)))
        for name, part in losses.groupby("taskset", sort=False)
    ]
    readme.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(sections) + f"\n\n{END}{after}", encoding="utf-8")


def section(name: str, losses: pd.DataFrame, rates: pd.DataFrame, changes: pd.DataFrame) -> str:
    read = {str(when): part for when, part in losses.groupby("reading", sort=False)}
    earlier, full, stopped = read
    tasks = "Which tasks: ln(test loss of joint training after as many steps / the method's) ± half the 95% interval"
    parts = [
        f"### {name}",
        f"![each method against joint training](figures/{name}.png)",
        f"Each method against joint training, after {full} ({fixed_partitions(read[full])}).",
        against_joint(read[full]),
        f"The same after {earlier} ({fixed_partitions(read[earlier])}).",
        against_joint(read[earlier]),
        f"The same after {stopped} ({fixed_partitions(read[stopped])}).",
        against_joint(read[stopped]),
        f"{tasks}, after {full}.",
        by_task(read[full]),
        f"{tasks}, after {stopped}.",
        by_task(read[stopped]),
        "How often: Δm minus that of `never`.",
        by_frequency(read, changes),
        "One against the other, after as many batches: difference of Δm.",
        in_pairs(read),
        "One rate for all: Δm minus that of joint training at the same rate, and how much of it is more steps.",
        one_rate(rates),
        "What became of the groups.",
        regroupings(changes),
    ]
    return "\n\n".join(parts)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rate(values: "pd.Series[float]") -> str:
    return f"{values.iloc[0]:g}"


def against_joint(losses: pd.DataFrame) -> str:
    """A row for each method: Δm, and its difference to joint training's under three budgets."""
    logs, relative = delta_m(losses, "log_ratio"), delta_m(losses, "relative")
    same = {name: interval(part["own"] - part["joint_same"]) for name, part in logs.groupby("method", sort=False)}
    p = of_distinct(logs["own"] - logs["joint_same"])
    rows = []
    for name, part in logs.groupby("method", sort=False):
        own, other = losses[losses["method"] == name], relative.xs(name, level="method")
        rows.append(
            [
                name,
                f"{own['own_steps'].mean():.0f}",
                f"{rate(own['own_rate'])}, {rate(own['joint_same_rate'])}, {rate(own['held_rate'])}",
                f"{part['own'].mean():+.3f}",
                str(interval(part["own"] - part["joint"])),
                str(same[name]),
                f"{p[name]:.3f}",
                str(interval(part["held"] - part["joint"])),
                f"{other['own'].mean():+.2f}",
                f"{(other['own'] - other['joint_same']).mean():+.2f}",
            ]
        )
    head = ["method", "steps", "rates", "Δm", "− joint, same batches", "− joint, same steps", "Holm p"]
    return table([*head, "held to joint's steps − joint", "relative Δm", "relative − joint, same steps"], rows)


def of_distinct(differences: "pd.Series[float]") -> "pd.Series[float]":
    """Holm's p-value of each method. Methods whose networks are the same are one comparison."""
    by_seed = differences.unstack("seed").droplevel("taskset")
    distinct = by_seed.drop_duplicates()
    adjusted = holm(distinct.apply(lambda values: interval(values).p, axis=1))
    same = {tuple(values): adjusted[name] for name, values in distinct.iterrows()}
    return by_seed.apply(lambda values: same[tuple(values)], axis=1)


def fixed_partitions(losses: pd.DataFrame) -> str:
    named = losses[losses["method"].str.startswith("best fixed")].drop_duplicates("method")
    return "; ".join(f"{row.method}: `{row.partition}`".replace("|", "\\|") for row in named.itertuples())


def by_task(losses: pd.DataFrame) -> str:
    """A column for each task, and for the mean of all but the one that moves most."""
    shown = losses[losses["method"].isin(SHOWN_BY_TASK)].copy()
    shown["better"] = np.log(shown["joint_same"] / shown["own"])
    most = shown.groupby(["method", "task"])["better"].mean().abs().groupby("task").mean().idxmax()
    rows = []
    for method in SHOWN_BY_TASK:
        part = shown[shown["method"] == method].pivot(index="seed", columns="task", values="better")
        part = part[losses["task"].unique()].assign(rest=part.drop(columns=most).mean(axis=1))
        each = [interval(part[name]) for name in part]
        rows.append([method, *(f"{one.mean:+.2f} ±{one.mean - one.low:.2f}" for one in each)])
    return table(["method", *losses["task"].unique(), f"mean but for {most}"], rows)


def own_of(losses: pd.DataFrame) -> pd.DataFrame:
    """Δm, [methods × seeds]."""
    return delta_m(losses, "log_ratio")["own"].unstack("seed").droplevel("taskset")


def by_frequency(read: dict[str, pd.DataFrame], changes: pd.DataFrame) -> str:
    """A row for each number of groups and reading; Friedman's test asks whether frequency matters at all. One group
    cannot change; nor can a number that was asked at every batch and gave the warm-up's answer each time."""
    found = {when: own_of(losses) for when, losses in read.items()}
    methods = next(iter(found.values())).index
    cells = methods.to_series().str.extract(r"^(\w+) groups?(?:, every (\w+))?$").dropna(subset=0)
    frequencies = [every for every in cells.loc[cells[0] == "auto", 1] if every != "never"]
    rows = []
    for number, named in cells.groupby(0, sort=False):
        if len(named) == 1:
            later = changes.loc[changes["method"] == named.index[0], "batch"] > Settings().warm_up
            text = "not run" if later.any() else "the same networks"
            rows.append([number, "all", *[text] * len(frequencies), "–"])
            continue
        for when, own in found.items():
            part = own.loc[named.index].set_axis(named[1])
            each = [against_never(part, every) for every in frequencies]
            distinct = len(part.drop_duplicates()) > 2
            p = f"{friedmanchisquare(*part.to_numpy()).pvalue:.2f}" if distinct else "–"
            rows.append([number, when, *each, p])
    return table(["groups", "after", *(f"every {every}" for every in frequencies), "Friedman p"], rows)


def against_never(own: pd.DataFrame, every: str) -> str:
    difference = own.loc[every] - own.loc["never"]
    return str(interval(difference)) if difference.any() else "the same networks"


def in_pairs(read: dict[str, pd.DataFrame]) -> str:
    found = [own_of(losses) for losses in read.values()]
    rows = [
        [f"{one} − {other}", *(str(interval(own.loc[one] - own.loc[other])) for own in found)] for one, other in PAIRS
    ]
    return table(["methods", *read], rows)


def one_rate(rates: pd.DataFrame) -> str:
    rows = []
    for (method, when, value), part in rates.groupby(["method", "reading", "rate"], sort=False):
        whole, left = interval(part["batches"]), interval(part["steps"])
        share = "{:.0%} [{:.0%}, {:.0%}]".format(*from_steps(part)) if whole.low > 0 else "–"
        rows.append([method, when, f"{value:g}", str(whole), str(left), share])
    return table(
        ["method", "after", "rate", "− joint, same batches", "− joint, same steps", "share that is steps"], rows
    )


def regroupings(changes: pd.DataFrame) -> str:
    """A row for each method that regroups: how often it decided otherwise than before, and the groupings at the end."""
    rows = []
    for method, part in changes.groupby("method", sort=False):
        final = part.sort_values("batch").groupby("seed")["grouping"].last()
        later = (part["batch"] > Settings().warm_up).sum() / len(final)
        common = final.value_counts()
        shown = common.index[0].replace("|", "\\|")
        groups = (final.str.count(r"\|") + 1).mean()
        rows.append([method, f"{later:.1f}", f"{groups:.1f}", f"`{shown}` ({common.iloc[0]} of {len(final)})"])
    head = ["method", "changes a run after the first grouping", "groups at the end"]
    return table([*head, "most frequent at the end (seeds)"], rows)
