"""Tables of points with known gains, for reports to be checked on: 10 steps and half a second a network."""

import json

import numpy as np
from builders import random_gains, subsets_frame

from distgroup.grouping import Grouping, all_partitions
from distgroup.partition_truth import PartitionTruth
from distgroup.results.optima import optima_rows, spread
from distgroup.results.store import Store
from distgroup.trial import verdict
from distgroup.truth import Truth

NAMES, SEEDS = ("a", "b", "c"), (3, 5)


class Point:
    """Writes a point's tables under ``store``; gains are drawn by ``draw``."""

    def __init__(self, store: Store, spec_hash: str = "one", draw: int = 1, taskset: str = "small") -> None:
        self.store, self.hash = store, spec_hash
        rng = np.random.default_rng(draw)
        self.gains = random_gains(rng, 3, 2), random_gains(rng, 3, 2)
        self.truth = Truth(NAMES, SEEDS, *self.gains)
        self.partitions = PartitionTruth(NAMES, SEEDS, *rng.normal(size=(2, 2, 5, 3)))
        self.about = {"taskset": taskset, "spec_hash": spec_hash, "seeds": "3 5"}

    def write_point(self, objectives: str = "delta_m", **settings: object) -> None:
        row = {"tasks": "a+b+c", "objectives": objectives, "settings": json.dumps(settings)}
        self.store.write("points", self.hash, [self.about | row])

    def write_separate(self, rows: slice = slice(None)) -> None:
        frame = subsets_frame(NAMES, SEEDS, *self.gains)[rows]
        frame = frame.assign(taskset=self.about["taskset"], spec_hash=self.hash, steps=10, seconds=0.5)
        self.store.write("subsets", self.hash, frame.to_dict("records"))
        self._write_optima("separate", self.truth)

    def write_selective(self) -> None:
        rows = [
            {
                "taskset": self.about["taskset"],
                "spec_hash": self.hash,
                "seed": seed,
                "grouping": str(grouping),
                "task": task,
                "split": split,
                "gain": self.partitions.gains[split][i, j, t],
                "steps": 10 * len(grouping),
                "seconds": 0.5,
            }
            for split in ("val", "test")
            for i, seed in enumerate(SEEDS)
            for j, grouping in enumerate(all_partitions(NAMES))
            for t, task in enumerate(NAMES)
        ]
        self.store.write("partitions", self.hash, rows)
        self._write_optima("selective", self.partitions)

    def _write_optima(self, update: str, truth: Truth | PartitionTruth) -> None:
        rows = [row | self.about for row in optima_rows(_Named(), truth)]
        self.store.write("optima", f"{self.hash}-{update}", rows)

    def trial(self, number: int, estimator: str, grouping: str, num_groups: str, **values: object) -> dict:
        """A trial that was looked up, as it would be written; written too."""
        row = self._row(number, estimator, num_groups) | {"grouping": grouping}
        truth = self.partitions if values.get("update") == "selective" else self.truth
        delta_m = {split: truth.delta_m(Grouping.parse(grouping), split) for split in ("val", "test")}
        for split, per_seed in delta_m.items():
            row |= {f"delta_m_{split}": per_seed.mean(), f"delta_m_{split}_sd": spread(per_seed)}
        row |= verdict(truth, delta_m, None if num_groups == "auto" else int(num_groups))
        return self.write(row | values)

    def _row(self, number: int, estimator: str, num_groups: str) -> dict:
        return self.about | {
            "trial_id": f"{number:05d}",
            "status": "done",
            "update": "separate",
            "estimator": estimator,
            "num_groups": num_groups,
            "regroup_every": "never",
            "selector": "exact",
            "params": json.dumps({"estimator": {"kind": estimator}}),
            "cost_steps": 20,
            "cost_seconds": 1.0,
        }

    def bare(self, number: int, estimator: str, num_groups: str, **values: object) -> dict:
        """A trial with no more than is said; written too."""
        return self.write(self._row(number, estimator, num_groups) | values)

    def write(self, row: dict) -> dict:
        self.store.write("trials", f"{self.hash}-{row['trial_id']}", [row])
        return row

    def spent(self, estimator: str, steps: int, seconds: float, options: str = "{}") -> None:
        for seed in SEEDS:
            common = {"spec_hash": self.hash, "estimator": estimator, "options": options, "seed": seed}
            cost = {"cost_steps": steps, "cost_seconds": seconds}
            rows = [common | cost | {"source": s, "target": t, "affinity": 0.0} for s in NAMES for t in NAMES]
            self.store.write("affinities", f"{self.hash}-{estimator}-{len(options)}-{seed}", rows)


class _Named:
    """What `optima_rows` asks of a problem; the rows' own columns replace it."""

    digest = "replaced"

    class task_set:  # noqa: N801
        name = "replaced"
