"""The enumerated truth of a point, from its tables: what it took, how reliable it is, and the references it gives."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from distgroup.grouping import Grouping
from distgroup.partition_truth import PartitionTruth
from distgroup.results.optima import spread
from distgroup.truth import Floats, Truth
from distgroup.update import Update

TABLES: dict[Update, tuple[str, str]] = {"separate": ("subsets", "subset"), "selective": ("partitions", "grouping")}
"""The table of an update rule's ground truth, and its column that names a network."""

REFERENCES: dict[Update, tuple[str, str]] = {
    "separate": ("all-in-one", "single-task"),
    "selective": ("joint training", "singletons in turn"),
}


@dataclass(frozen=True)
class Enumerated:
    """Every network of an update rule."""

    truth: Truth | PartitionTruth
    networks: int
    steps: int
    seconds: float
    """Of one core, over all networks."""

    @classmethod
    def from_table(cls, rows: pd.DataFrame, update: Update, seeds: tuple[int, ...]) -> "Enumerated":
        """From the point's rows of the rule's table. Raises ValueError if some are missing."""
        tasks = tuple(sorted(rows["task"].unique()))
        kind = Truth if update == "separate" else PartitionTruth
        networks = rows.drop_duplicates(["seed", TABLES[update][1]])
        return cls(
            kind.from_table(rows, tasks, seeds),
            len(networks),
            int(networks["steps"].sum()),
            float(networks["seconds"].sum()),
        )

    @property
    def reachable(self) -> float:
        """About what an estimator would score that knew the true gains."""
        return reachable(self.truth.noise_ceiling)

    def gap_closed_error(self, grouping: str, num_groups: str) -> float:
        """Jackknife error over seeds of the gap that a grouping closes; NaN where it is not among those enumerated."""
        try:
            delta_m = self.truth.delta_m(Grouping.parse(grouping), "test")
        except ValueError:
            return float("nan")
        return self.truth.gap_closed(delta_m, None if num_groups == "auto" else int(num_groups))[1]

    def references(self, update: Update, numbers: list[int]) -> pd.DataFrame:
        """Columns reference, grouping, delta_m, delta_m_sd, on test."""
        return pd.DataFrame(list(self._references(update, numbers)))

    def _references(self, update: Update, numbers: list[int]) -> Iterator[dict[str, object]]:
        truth = self.truth
        joint, alone = REFERENCES[update]
        groupings = {joint: truth.all_in_one, alone: Grouping.of([task] for task in truth.tasks)}
        groupings |= {f"optimum, {number} groups": truth.optimum(number) for number in numbers}
        groupings["optimum, any"] = truth.optimum(None)
        for name, grouping in groupings.items():
            delta_m: Floats = truth.delta_m(grouping, "test")
            yield {
                "reference": name,
                "grouping": str(grouping),
                "delta_m": float(delta_m.mean()),
                "delta_m_sd": spread(delta_m),
            }


def reachable(halves: float) -> float:
    """√(2r / (1 + r)): what the truth itself would correlate with the mean over all seeds, r between halves of them.

    Spearman–Brown, then its root; exact for Pearson's correlation, about right for Spearman's. NaN unless r > 0.
    """
    return float(np.sqrt(2 * halves / (1 + halves))) if halves > 0 else float("nan")
