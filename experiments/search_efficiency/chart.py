"""Best so far against trials, a panel a task set: median over the seeds, shaded between the quartiles."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from targets import closed, ends, targets

mpl.use("agg")
from matplotlib import pyplot as plt


def draw(improved: pd.DataFrame, table: pd.DataFrame, trials: int, folder: Path) -> None:
    """``best_so_far.png`` in the folder."""
    folder.mkdir(exist_ok=True)
    mpl.rcParams |= {"font.size": 8}
    names = table["taskset"].unique()
    size = -(-len(names) // 3), min(len(names), 3)
    figure, axes = plt.subplots(*size, figsize=(4 * size[1], 3 * size[0]), squeeze=False, layout="constrained")
    for axis, name in zip(axes.flat, names, strict=False):
        grid = table[table["taskset"] == name]
        panel(axis, improved[improved["taskset"] == name], grid, trials)
        axis.set_title(f"{name}: best Δm {100 * grid['delta_m_val'].max():.1f}%")
    for axis in axes[:, 0]:
        axis.set_ylabel("gap closed by the best so far, %")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(folder / "best_so_far.png", dpi=110)
    plt.close(figure)


def panel(axis: plt.Axes, improved: pd.DataFrame, grid: pd.DataFrame, trials: int) -> None:
    """Scaled so that all-in-one is 0 and the best of the whole grid 100; dotted: the targets."""
    for sampler, part in improved.groupby("sampler", sort=False):
        low, median, high = np.quantile(closed(part, grid, trials), [0.25, 0.5, 0.75], axis=0)
        x = range(1, trials + 1)
        axis.plot(x, median, linewidth=1.2, label=sampler)
        axis.fill_between(x, low, high, alpha=0.15)
    base, best = ends(grid)
    for target in targets(grid).values():
        axis.axhline(100 * (target - base) / (best - base), color="grey", linestyle=":", linewidth=0.8)
    axis.set(xscale="log", xlabel="trials", ylim=(-5, 102), xlim=(1, trials))
