"""Over the points of a sweep: which method, at which number of groups, loses least?"""

import pandas as pd

from distgroup.results.report.methods import best

KEY = ["update", "method", "num_groups"]

POINT = ["spec_hash", "seeds"]
"""What tells the points of a sweep apart in the tables."""


def overall(trials: pd.DataFrame) -> pd.DataFrame:
    """One row a (update, method, num_groups), least regret first, then largest Δm.

    Columns regret, delta_m, their standard deviations over points (regret_sd, delta_m_sd), points, and failed, the
    share of trials that failed. A point counts with its trial that has the largest Δm on validation.
    """
    chosen = best(trials, [*POINT, *KEY]).groupby(KEY)
    found = pd.DataFrame(
        {
            "regret": chosen["regret_test"].mean(),
            "regret_sd": chosen["regret_test"].std(),
            "delta_m": chosen["delta_m_test"].mean(),
            "delta_m_sd": chosen["delta_m_test"].std(),
            "points": chosen.size(),
        }
    )
    failed = (trials["status"] == "failed").groupby([trials[name] for name in KEY]).mean().rename("failed")
    both = found.join(failed, how="outer")
    both["points"] = both["points"].fillna(0).astype(int)
    return both.reset_index().sort_values(
        ["regret", "delta_m", *KEY], ascending=[True, False, True, True, True], ignore_index=True
    )
