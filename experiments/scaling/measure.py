"""Measure what the model needs, into measured.json. Minutes of processor time.

python experiments/scaling/measure.py                # all
python experiments/scaling/measure.py ray tune       # some parts again
"""

import json
import os
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import chunk_costs
import ray_costs
import tune_costs
from local_ray import local_ray
from model import BATCHES
from problems import enumerations

MEASURED = Path(__file__).parent / "measured.json"
SEARCHED = 100
"""Trials of a timed search."""


def chunks() -> dict[str, Any]:
    every = enumerations()
    chunk_costs.costs(every[0])  # the first training also loads what is loaded late
    return {
        "enumerations": {one.name: {"seeds": len(one.seeds)} | chunk_costs.costs(one) for one in every},
        "trained": chunk_costs.trained(every[0].problem, len(every[0].seeds), groups=(1, 2, 3, 6)),
        "store": chunk_costs.reading(),
    }


def ray() -> dict[str, Any]:
    return {"ray": ray_costs.costs(enumerations()[1])}


def tune() -> dict[str, Any]:
    problem = enumerations()[0].problem
    with TemporaryDirectory() as folder, local_ray(2):
        alone = tune_costs.looked_up(tune_costs.bench(problem, Path(folder, "alone")))
        took = {
            batch: tune_costs.each(tune_costs.bench(problem, Path(folder, str(batch))), SEARCHED, batch)
            for batch in (1, 8)
        }
    each = {"each": median(one.processor for one in took.values()), "by_batch": {b: vars(o) for b, o in took.items()}}
    return {"looked_up": alone, "tune": each}


def proposing() -> dict[str, Any]:
    return {"proposing": {batch: tune_costs.proposing(6, batch) for batch in BATCHES}}


PARTS = {part.__name__: part for part in (chunks, ray, tune, proposing)}


def main() -> None:
    for name in sys.argv[1:] or PARTS:
        found = PARTS[name]() | {f"load_{name}": os.getloadavg()[0]}
        held = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
        MEASURED.write_text(json.dumps(held | found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
