"""How many trials does each sampler need? Replays searches over table.parquet (which tabulate.py made); no training.
Killed, it goes on where it was.

python experiments/search_efficiency/run.py
"""

import time
from pathlib import Path

import pandas as pd
from chart import draw
from replay import SAMPLERS, improvements, search, values_of
from tables import write
from targets import summary

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / "results" / "search_efficiency"
TRIALS, SEEDS = 200, 50


def replayed(name: str, table: pd.DataFrame, trials: int, seeds: int, kept: Path) -> pd.DataFrame:
    """Every improvement of every search over one task set; those of a sampler are kept in a file once all are there."""
    values, parts = values_of(table), []
    for sampler in SAMPLERS:
        begin, path = time.perf_counter(), kept / f"{name}-{sampler}-{seeds}x{trials}.parquet"
        if not path.exists():
            found = ((seed, search(values, sampler, seed, trials)) for seed in range(seeds))
            rows = [{"seed": seed} | row for seed, one in found for row in improvements(one)]
            kept.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(rows).assign(taskset=name, sampler=sampler).to_parquet(path, index=False)
        parts.append(pd.read_parquet(path))
        print(f"{name}, {sampler}: {time.perf_counter() - begin:.0f} s", flush=True)
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    table = pd.read_parquet(HERE / "table.parquet")
    grids = dict(iter(table.groupby("taskset", sort=False)))
    improved = {name: replayed(name, grid, TRIALS, SEEDS, KEPT) for name, grid in grids.items()}
    found = pd.concat(improved.values(), ignore_index=True)
    summed = pd.concat(
        [pd.DataFrame(summary(improved[name], grid)).assign(taskset=name) for name, grid in grids.items()]
    )
    for kept, rows in (("improvements", found), ("summary", summed)):
        rows.to_parquet(HERE / f"{kept}.parquet", index=False, compression="zstd")
    draw(found, table, TRIALS, HERE / "figures")
    write(found, summed, table, TRIALS, HERE / "README.md")


if __name__ == "__main__":
    main()
