"""Choose on validation gains of some seeds, report test gains of the others: does caution beat the plain maximum?

python experiments/winners_curse/measure.py DIR ...     # ground truths that `distgroup run` left, DIR/tables/subsets
python experiments/winners_curse/measure.py             # noisy truths drawn from a seed
"""

import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from synthetic import subsets, truth

from distgroup.grouping import mask_of
from distgroup.scores import DenseScores
from distgroup.selectors import Exact
from distgroup.spread import Rule, chosen_on
from distgroup.truth import Truth

RULES: tuple[Rule, ...] = ("mean", "shrunken", "lower")
CHOSEN_ON = (2, 4, 6)
MOST_SPLITS = 30
CASE = ["setting", "seeds", "truth", "kind", "groups"]


def splits(seeds: int, size: int) -> list[tuple[int, ...]]:
    """Which seeds to choose on: all sets of that size, or some of them, evenly spread."""
    every = list(combinations(range(seeds), size))
    return every[:: max(1, len(every) // MOST_SPLITS)]


def rows(table: pd.DataFrame, name: str) -> Iterator[dict[str, object]]:
    """For each split of the seeds, rule and number of groups: what the choice promised, and what the others say."""
    tasks = sorted(table["task"].unique())
    seeds = sorted(table["seed"].unique())
    measured = Truth.from_table(table, tasks, seeds)
    for half in (half for size in CHOSEN_ON if size < len(seeds) for half in splits(len(seeds), size)):
        rest = [i for i in range(len(seeds)) if i not in half]
        test = np.nan_to_num(measured.gains["test"][rest].mean(axis=0))
        for rule in RULES:
            scores = DenseScores(tasks, chosen_on(measured.gains["val"][list(half)], rule))
            for disjoint in (False, True):
                for groups in (2, 3):
                    selection = Exact(disjoint=disjoint).select(scores, groups)
                    got = [test[mask_of(group, tasks), tasks.index(task)] for task, group in selection.serves.items()]
                    yield {
                        "setting": name,
                        "seeds": len(half),
                        "kind": "partition" if disjoint else "cover",
                        "groups": groups,
                        "rule": rule,
                        "promised": selection.total / len(tasks),
                        "got": float(np.mean(got)),
                    }


def read(directory: Path) -> pd.DataFrame:
    return pd.read_parquet(directory / "tables" / "subsets", columns=["seed", "subset", "task", "split", "gain"])


def drawn() -> Iterator[tuple[str, pd.DataFrame]]:
    """Twelve truths for each of six settings."""
    for higher in (0.3, 1.0):
        for noise in (0.01, 0.03, 0.1):
            for number in range(12):
                rng = np.random.default_rng([number, int(100 * higher), int(1000 * noise)])
                yield f"interactions {higher}, noise {noise}", subsets(truth(rng, higher), 8, noise, rng)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each setting and number of seeds chosen on; Δm in percentage points, differences to `mean`.

    ``better`` and ``worse`` count the cases: a truth, covers or partitions, at most 2 or 3 groups.
    """
    cases = 100 * found.groupby([*CASE, "rule"])[["promised", "got"]].mean().unstack("rule")
    table = pd.DataFrame({"Δm by mean": cases["got"]["mean"]})
    table["promised − got"] = cases["promised"]["mean"] - cases["got"]["mean"]
    for rule in RULES[1:]:
        difference = cases["got"][rule] - cases["got"]["mean"]
        table[f"{rule} − mean"] = difference
        table[f"{rule} better"] = difference > 1e-9
        table[f"{rule} worse"] = difference < -1e-9
    counted = {name: "sum" if name.endswith(("better", "worse")) else "mean" for name in table}
    return table.groupby(["setting", "seeds"]).agg(counted).round(2)


def main() -> None:
    named = [(path, read(Path(path))) for path in sys.argv[1:]] or list(drawn())
    found = pd.DataFrame([row | {"truth": i} for i, (name, table) in enumerate(named) for row in rows(table, name)])
    table = summary(found).reset_index()
    print(f"| {' | '.join(table)} |\n|{'---|' * len(table.columns)}")
    for line in table.itertuples(index=False):
        print(f"| {' | '.join(map(str, line))} |")


if __name__ == "__main__":
    main()
