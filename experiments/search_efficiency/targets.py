"""What counts as found, and how soon it was."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from distgroup.seeding import numpy_rng

Floats = NDArray[np.float64]

SHARE, DRAWS = 0.95, 4000

TARGETS = {"gap": "95% of the gap from all-in-one to the best", "best": "95% of the best Δm"}


def ends(table: pd.DataFrame) -> tuple[float, float]:
    """Δm on validation of all-in-one, and the best of the whole grid."""
    return table.loc[table["num_groups"] == "1", "delta_m_val"].max(), table["delta_m_val"].max()


def targets(table: pd.DataFrame) -> dict[str, float]:
    """Δm on validation to be reached. Of a best of 0 or less there is no share."""
    base, best = ends(table)
    found = {"gap": base + SHARE * (best - base)}
    return found | {"best": SHARE * best} if best > 0 else found


def first_trials(improved: pd.DataFrame, target: float) -> pd.Series:
    """For each seed, the trial that first reached the target; inf where none did."""
    reached = improved[improved["delta_m_val"] >= target - 1e-12]
    return reached.groupby("seed")["trial"].min().astype(float).reindex(improved["seed"].unique(), fill_value=np.inf)


def summary(improved: pd.DataFrame, table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A row a target and sampler, of one task set."""
    for name, target in targets(table).items():
        by = {sampler: first_trials(part, target) for sampler, part in improved.groupby("sampler", sort=False)}
        there = int((table["delta_m_val"] >= target - 1e-12).sum())
        for sampler, trials in by.items():
            low, median, high = np.quantile(trials, [0.25, 0.5, 0.75], method="nearest")
            found = {"median": median, "quartile_low": low, "quartile_high": high, "never": np.isinf(trials).mean()}
            point = {"target": name, "value": target, "points": there, "size": len(table), "sampler": sampler}
            yield point | found | sooner(trials.to_numpy(), by["random"].to_numpy())


def sooner(trials: Floats, others: Floats) -> dict[str, float]:
    """How often a search beats one of the other kind (ties count half), with a 95% bootstrap interval over both."""
    wins = (trials[:, None] < others) + 0.5 * (trials[:, None] == others)
    rng = numpy_rng(0, "search_efficiency", "bootstrap")
    sizes = (len(trials), len(others))
    mine, theirs = (rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) / n for n in sizes)
    low, high = np.quantile(np.einsum("ab,ra,rb->r", wins, mine, theirs, optimize=True), [0.025, 0.975])
    return {"sooner": wins.mean(), "sooner_low": low, "sooner_high": high}


def closed(improved: pd.DataFrame, table: pd.DataFrame, trials: int) -> Floats:
    """Percent of the gap closed by the best so far, [seeds, trials], from the improvements of one sampler."""
    wide = improved.pivot(index="seed", columns="trial", values="delta_m_val")
    best_so_far = wide.reindex(columns=range(1, trials + 1)).ffill(axis=1).to_numpy()
    base, best = ends(table)
    found: Floats = 100 * (best_so_far - base) / (best - base)
    return found


def after(improved: pd.DataFrame, table: pd.DataFrame, trials: int) -> dict[str, str]:
    """Percent of the gap closed after so many trials, median and quartiles, for each sampler on one task set."""
    found = {}
    for sampler, part in improved[improved["trial"] <= trials].groupby("sampler", sort=False):
        low, median, high = np.quantile(closed(part, table, trials)[:, -1], [0.25, 0.5, 0.75])
        found[str(sampler)] = f"{median:.1f} ({low:.1f} – {high:.1f})"
    return found
