"""How many trials does each sampler need? Replays searches over table.parquet (which tabulate.py made); no training.

python experiments/search_efficiency/run.py
"""

import time
from pathlib import Path
from typing import Any

import pandas as pd
from chart import draw
from replay import SAMPLERS, improvements, search, values_of
from tables import write
from targets import summary

HERE = Path(__file__).parent
TRIALS, SEEDS = 200, 50


def replayed(table: pd.DataFrame, trials: int, seeds: int) -> pd.DataFrame:
    """Every improvement of every search over one task set."""
    values, rows = values_of(table), list[dict[str, Any]]()
    for sampler in SAMPLERS:
        begin = time.perf_counter()
        for seed in range(seeds):
            found = search(values, sampler, seed, trials)
            rows += [{"sampler": sampler, "seed": seed} | row for row in improvements(found)]
        print(f"{sampler}: {time.perf_counter() - begin:.0f} s", flush=True)
    return pd.DataFrame(rows)


def main() -> None:
    table = pd.read_parquet(HERE / "table.parquet")
    improved, summaries = [], []
    for name, part in table.groupby("taskset", sort=False):
        print(name, flush=True)
        improved.append(replayed(part, TRIALS, SEEDS).assign(taskset=name))
        summaries.append(pd.DataFrame(summary(improved[-1], part)).assign(taskset=name))
    found, summed = pd.concat(improved, ignore_index=True), pd.concat(summaries, ignore_index=True)
    found.to_parquet(HERE / "improvements.parquet", index=False, compression="zstd")
    summed.to_parquet(HERE / "summary.parquet", index=False, compression="zstd")
    draw(found, table, TRIALS, HERE / "figures")
    write(found, summed, table, TRIALS, HERE / "README.md")


if __name__ == "__main__":
    main()
