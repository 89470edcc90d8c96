"""The measured inputs put together: an enumeration's chunks, a search's trials, and what comes with each."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    read = measured["store"]["read"]
    return enumeration.Overheads(found["start"], found["task"], found["submit"], found["collect"], read)


def warm(measured: Measured) -> enumeration.Overheads:
    """On workers that have started, and without reading the table."""
    return replace(overheads(measured), start=0.0, read=0.0)


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


@dataclass(frozen=True)
class Trials:
    """Of which kind, in batches of how many."""

    name: str
    seconds: tuple[float, ...]
    batch: int
    one_pending: bool = False
    """As Tune does it by itself; otherwise as many pending as may run, as `run_search` has it."""

    @property
    def run(self) -> str:
        return f"{self.name}, batch {self.batch}" + (", one pending" if self.one_pending else "")


def trials(measured: Measured) -> Iterator[Trials]:
    """Looked up; trained, the number of groups drawn; trained, each ten times as long."""
    rng = random.Random(0)
    looked_up = (measured["looked_up"],) * TRIALS
    trained = tuple(rng.choice(measured["trained"]) for _ in range(TRIALS))
    longer = tuple(10 * seconds for seconds in trained)
    for batch in (1, 8):
        yield Trials("looked up", looked_up, batch)
    for batch in BATCHES:
        yield Trials("trained", trained, batch)
    yield Trials("ten times longer", longer, 64)
    yield Trials("trained", trained, 64, one_pending=True)
    yield Trials("ten times longer", longer, 64, one_pending=True)


def searched(measured: Measured, of: Trials) -> Iterator[dict[str, Any]]:
    """A row for each number of nodes."""
    overhead = searching.Overheads(measured["tune"]["each"], measured["ray"]["actor"])
    for nodes in NODES:
        cores = CORES * nodes
        at_most = 1 if of.one_pending else min(of.batch, cores)
        simulation = searching.Simulation(of.seconds, of.batch, cores, overhead, at_most, starting_at_most=cores)
        seconds = simulation.run()
        yield {"run": of.run, "nodes": nodes, "seconds": seconds, "busy": sum(of.seconds), "most": simulation.most}
