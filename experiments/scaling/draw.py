"""Wall time against nodes, enumerations on the left, searches on the right; thin lines: all cores busy all the time."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from model import CORES

mpl.use("agg")
from matplotlib import pyplot as plt


def draw(enumerations: pd.DataFrame, searches: pd.DataFrame, path: Path) -> None:
    mpl.rcParams |= {"font.size": 8}
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for number, (run, part) in enumerate(enumerations.groupby("run", sort=False)):
        axes[0].plot(part["nodes"], part["seconds"], marker="o", markersize=3, color=f"C{number}", label=run)
        axes[0].plot(
            part["nodes"], part["busy"] / (CORES * part["nodes"]), color=f"C{number}", linewidth=0.6, linestyle=":"
        )
    for run, part in searches.groupby("run", sort=False):
        style = "--" if "one pending" in run else ":" if "looked up" in run else "-"
        axes[1].plot(part["nodes"], part["seconds"], style, marker="o", markersize=3, color=_colour(run), label=run)
    for axis, title in zip(axes, ("enumerations", "searches of 1,000 trials"), strict=True):
        axis.set(title=title, xscale="log", yscale="log", xlabel=f"nodes of {CORES} cores", ylabel="wall seconds")
        axis.set_xticks(enumerations["nodes"].unique(), labels=enumerations["nodes"].unique())
        axis.minorticks_off()
    axes[0].set_ylim(bottom=1)
    axes[0].legend()
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside right center")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _colour(run: str) -> str:
    """One a batch size, and one for the longer trials."""
    if run.startswith("ten"):
        return "C7"
    return {"1": "C3", "8": "C4", "64": "C5", "256": "C6"}[run.split("batch ")[1].split(",")[0]]
