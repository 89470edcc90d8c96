"""Regret of what was chosen at each setting, judged at each setting; and what it costs to choose elsewhere."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from settings import SETTINGS

mpl.use("agg")
from matplotlib import pyplot as plt

SHOWN = ("2", "any")
TITLES = {"2": "at most 2 groups", "3": "at most 3 groups", "any": "any number of groups"}


def draw(cells: pd.DataFrame, penalties: pd.DataFrame, folder: Path) -> None:
    """``NAME.png``, one a task set, and ``penalty.png``."""
    folder.mkdir(exist_ok=True)
    mpl.rcParams |= {"font.size": 8}
    for name, part in cells.groupby("taskset", sort=False):
        save(matrix(str(name), part), folder / f"{name}.png")
    save(penalty(penalties), folder / "penalty.png")


def save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, dpi=110)
    plt.close(figure)


def matrix(name: str, part: pd.DataFrame) -> plt.Figure:
    """One panel an estimator: where the truth is along x, where the estimate was made by colour."""
    estimators = part["estimator"].unique()
    size = len(SHOWN), len(estimators)
    figure, axes = plt.subplots(*size, figsize=(15, 6), sharex=True, sharey="row", layout="constrained")
    for row, groups in zip(axes, SHOWN, strict=True):
        for axis, estimator in zip(row, estimators, strict=True):
            panel(axis, part[(part["groups"] == groups) & (part["estimator"] == estimator)])
            axis.set_title(estimator)
        row[0].set_ylabel(f"regret, % of the mean partition's\n{TITLES[groups]}")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5, title="chosen at")
    figure.suptitle(f"{name}: regret where the truth is (below), by where the estimate was made (colour)")
    return figure


def panel(axis: plt.Axes, part: pd.DataFrame) -> None:
    settings = list(SETTINGS)
    for number, at in enumerate(settings):
        line = part[part["at"] == at].set_index("judged_at").loc[settings]
        x = [i + 0.14 * (number - 2) for i in range(len(settings))]
        axis.errorbar(x, line["regret"], yerr=error(line, "regret"), fmt="o", markersize=3, linewidth=0.9, label=at)
    axis.axhline(0, color="grey", linewidth=0.5)
    axis.set_xticks(range(len(settings)), settings, rotation=60)


def penalty(found: pd.DataFrame) -> plt.Figure:
    """One panel a task set and number of groups; the settings are carried along the rate, the width, or either."""
    names = found["taskset"].unique()
    figure, axes = plt.subplots(
        len(SHOWN), len(names), figsize=(4 * len(names), 6), sharex=True, squeeze=False, layout="constrained"
    )
    for row, groups in zip(axes, SHOWN, strict=True):
        for axis, name in zip(row, names, strict=True):
            shown = found[(found["taskset"] == name) & (found["groups"] == groups)]
            for number, (carried, part) in enumerate(shown.groupby("axis", sort=False)):
                x = [i + 0.2 * (number - 1) for i in range(len(part))]
                axis.errorbar(x, part["penalty"], yerr=error(part, "penalty"), fmt="o", markersize=3, label=carried)
            axis.axhline(0, color="grey", linewidth=0.5)
            axis.set_xticks(range(len(part)), part["estimator"], rotation=60)
            axis.set_title(f"{name}, {TITLES[groups]}")
        row[0].set_ylabel("penalty, % of the\nmean partition's regret")
    figure.suptitle("Regret of what was chosen elsewhere − of what was chosen where the truth is")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, title="carried along")
    return figure


def error(part: pd.DataFrame, name: str) -> list[pd.Series]:
    """Lengths of the intervals below and above; a mean may lie a hair outside of its own."""
    return [(part[name] - part["low"]).clip(lower=0), (part["high"] - part[name]).clip(lower=0)]
