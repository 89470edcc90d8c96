"""The measured inputs put together: an enumeration's chunks, a search's trials, and what comes with each."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import enumeration
import numpy as np
import searching

NODES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CORES = 16
"""Of a node."""

BATCHES = (1, 8, 64, 256)
TRIALS = 1000

Measured = Mapping[str, Any]


def work_of(measured: Measured, name: str) -> list[enumeration.Work]:
    """All chunks in the order of the plan; seconds of those that were not timed, by a line through those that were."""
    one = measured["enumerations"][name]
    slope, level = np.polyfit(one["at"], one["seconds"], 1)
    return [
        enumeration.Work(seed, alone, seconds)
        for seed in range(one["seeds"])
        for alone, seconds in [(True, one["alone"]), *((False, level + slope * at) for at in range(one["chunks"]))]
    ]


def overheads(measured: Measured) -> enumeration.Overheads:
    found = measured["ray"]
    return enumeration.Overheads(found["start"], found["task"], found["submit"], found["collect"])


def enumerated(measured: Measured, name: str) -> Iterator[dict[str, Any]]:
    """A row for each number of nodes."""
    work, of = work_of(measured, name), overheads(measured)
    for nodes in NODES:
        cores = CORES * nodes
        bounds = enumeration.bounds(work, cores, of)
        yield {
            "run": name,
            "nodes": nodes,
            "seconds": enumeration.simulated(work, cores, of),
            "busy": sum(one.seconds for one in work),
            "binding": bounds.binding,
        }


def trials_of(measured: Measured, *, trained: bool) -> list[float]:
    """Seconds of each trial, its number of groups drawn."""
    if not trained:
        return [measured["looked_up"]] * TRIALS
    rng = random.Random(0)
    return [rng.choice(measured["trained"]) for _ in range(TRIALS)]


def searched(measured: Measured, batch: int, *, trained: bool, one_pending: bool) -> Iterator[dict[str, Any]]:
    """A row for each number of nodes; as Ray does it, or with as many pending as may run."""
    seconds = trials_of(measured, trained=trained)
    of = searching.Overheads(measured["tune"]["each"], measured["ray"]["actor"])
    for nodes in NODES:
        at_a_time = 1 if one_pending else min(batch, CORES * nodes)
        simulation = searching.Simulation(seconds, batch, CORES * nodes, of, at_a_time)
        yield {
            "run": ("trained" if trained else "looked up")
            + f", batch {batch}"
            + ("" if one_pending else ", all start"),
            "nodes": nodes,
            "seconds": simulation.run(),
            "busy": sum(seconds),
            "most": simulation.most,
        }
