"""One figure a task set: each method against joint training in as many batches, and in as many steps."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd

mpl.use("agg")
from matplotlib import pyplot as plt
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
    for name, part in delta_m(losses, "log_ratio").groupby("taskset", sort=False):
        each = list(part.groupby("method", sort=False))
        figure, axis = plt.subplots(figsize=(7, 0.26 * len(each) + 1), layout="constrained")
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
        axis.invert_yaxis()
        axis.set_xlabel("Δm (log ratio) minus that of joint training, 95% intervals over seeds")
        axis.set_title(str(name))
        axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.06), ncols=3, frameon=False)
        figure.savefig(folder / f"{name}.png", dpi=110)
        plt.close(figure)
