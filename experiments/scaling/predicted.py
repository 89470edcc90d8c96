"""What the model says of the runs that were observed."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import searching
from enumeration import Work, simulated
from model import Measured, warm
from searching import Overheads, Simulation
from waiting import CHUNK, CHUNKS, CPUS, SECONDS, SEEDS, TRIALS, Spans


def enumerations(checked: Mapping[str, Any], measured: Measured) -> list[dict[str, Any]]:
    """By the time that each chunk took in that very run: it is the schedule that is checked."""
    return [
        one | {"predicted": simulated([Work(*chunk) for chunk in one["chunks"]], one["cpus"], warm(measured))}
        for one in checked["enumerations"]
    ]


def searches(checked: Mapping[str, Any], measured: Measured) -> list[dict[str, Any]]:
    """By what the runs on one CPU in batches of one took: it is the batches and the second CPU that are checked."""
    alone = [one["wall"] for one in checked["searches"] if (one["cpus"], one["batch"]) == (1, 1)]
    if not alone:
        return []
    of = Overheads(median(alone) - measured["looked_up"], measured["ray"]["actor"])
    return [
        one | {"predicted": _a_trial(measured["looked_up"], one, checked["trials"], of)} for one in checked["searches"]
    ]


def _a_trial(seconds: float, one: Mapping[str, Any], trials: int, of: Overheads) -> float:
    """Without the first, and the worker's start before it, as it is observed."""
    cpus, batch = one["cpus"], one["batch"]
    first, all_ = (
        Simulation([seconds] * n, batch, cpus, of, min(batch, cpus), cpus, one["cores"]).run() for n in (1, trials)
    )
    return (all_ - first) / (trials - 1)


def waits(waited: Mapping[str, Any], measured: Measured) -> Iterator[dict[str, Any]]:
    work = [Work(seed, chunk == 0, CHUNK) for seed in range(SEEDS) for chunk in range(CHUNKS + 1)]
    name = f"enumeration: {SEEDS} seeds, each singletons and {CHUNKS} chunks of {CHUNK:.0f} s"
    yield {"name": name, "wall": waited["chunks"], "predicted": simulated(work, CPUS, warm(measured))}
    for pending, at_most, starting in (("one pending", 1, 1), ("all pending", CPUS, waited["cores"])):
        spans = waited[pending]
        of = searching.Overheads(measured["tune"]["each"], start(spans, starting))
        simulation = Simulation([SECONDS] * TRIALS, TRIALS, CPUS, of, at_most, starting)
        yield {
            "name": f"search: {TRIALS} trials of {SECONDS:.0f} s, {pending}",
            "wall": max(end for _, end in spans),
            "most": max(sum(begin <= at < end for begin, end in spans) for at, _ in spans),
            "predicted": simulation.run() - of.start,
            "most_predicted": simulation.most,
        }


def start(spans: Spans, at_a_time: int) -> float:
    """Seconds of a worker's start, so many at a time: before any trial ends, each takes a new worker."""
    begins: Sequence[float] = [begin for begin, _ in spans if begin < SECONDS]
    return at_a_time * (begins[-1] - begins[0]) / max(1, len(begins) - 1)
