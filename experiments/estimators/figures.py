"""Regret against cost, one figure a task set."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd

mpl.use("agg")
from matplotlib import pyplot as plt

KNOWN_AS = {"low_fidelity": "o", "successive_halving": "D", "pairwise": "s"}
"""Markers of those that train groups; the others get crosses."""


def draw(board: pd.DataFrame, folder: Path) -> None:
    """``NAME.png`` in the folder: each estimator a line over 1 and more seeds; `low_fidelity` one a fraction."""
    folder.mkdir(exist_ok=True)
    mpl.rcParams |= {"font.size": 8}
    for name, part in board.groupby("taskset"):
        figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharex=True, layout="constrained")
        for axis, groups in zip(axes, ("2", "auto"), strict=True):
            panel(axis, part, groups)
        axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        ceiling = part["noise_ceiling"].iloc[0]
        figure.suptitle(f"{name}: regret against cost of estimation, 1 to 5 seeds (noise ceiling {ceiling:.2f})")
        figure.savefig(folder / f"{name}.png", dpi=110)
        plt.close(figure)


def panel(axis: plt.Axes, part: pd.DataFrame, groups: str) -> None:
    for number, (estimator, line) in enumerate(part.groupby("estimator", sort=False)):
        kind = str(estimator).split()[0]
        axis.plot(
            line["cost_seconds"].clip(lower=1e-3),
            100 * line[f"regret_{groups}"],
            marker=KNOWN_AS.get(kind, "x"),
            color=plt.get_cmap("tab20")(number % 20),
            markersize=3,
            linewidth=0.8,
            label=estimator,
        )
    axis.axvline(part["enumeration_seconds"].iloc[0], color="grey", linestyle=":", linewidth=0.8)
    axis.axhline(0, color="grey", linewidth=0.5)
    axis.set(xscale="log", xlabel="seconds (dotted: one seed's enumeration)")
    axis.set_ylabel("regret, percentage points of Δm")
    axis.set_title("at most 2 groups" if groups == "2" else "any number of groups")
