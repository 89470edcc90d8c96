"""One figure a task set, a panel a reading: each method against joint training in as many batches, and steps."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from measures import delta_m, interval

AGAINST = {
    "as many batches": ("own", "joint", "tab:grey", "o"),
    "as many steps": ("own", "joint_same", "tab:blue", "s"),
    "held to joint training's steps": ("held", "joint", "tab:red", "^"),
}


def draw(losses: pd.DataFrame, folder: Path) -> None:
    """``NAME.png`` in the folder."""
    folder.mkdir(exist_ok=True)
    mpl.rcParams |= {"font.size": 8}
    for name, own in losses.groupby("taskset", sort=False):
        read = own.groupby("reading", sort=False)
        size = (3 * len(read) + 2, 0.2 * own["method"].nunique() + 1)
        figure, axes = plt.subplots(1, len(read), sharey=True, figsize=size, layout="constrained")
        for axis, (when, part) in zip(axes, read, strict=True):
            panel(axis, delta_m(part, "log_ratio"))
            axis.set_title(f"after {when}")
        axes[0].invert_yaxis()
        figure.suptitle(f"{name}: Δm (log ratio) minus that of joint training, 95% intervals over seeds")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
        figure.savefig(folder / f"{name}.png", dpi=110)
        plt.close(figure)


def panel(axis: Axes, deltas: pd.DataFrame) -> None:
    each = list(deltas.groupby("method", sort=False))
    for shift, (label, (method, joint, colour, marker)) in enumerate(AGAINST.items()):
        found = [interval(rows[method] - rows[joint]) for _, rows in each]
        axis.errorbar(
            [one.mean for one in found],
            [i + 0.22 * (shift - 1) for i in range(len(each))],
            xerr=[[one.mean - one.low for one in found], [one.high - one.mean for one in found]],
            fmt=marker,
            color=colour,
            markersize=3,
            linewidth=0.8,
            label=label,
        )
    axis.axvline(0, color="black", linewidth=0.6)
    axis.set_yticks(range(len(each)), [label for label, _ in each])
