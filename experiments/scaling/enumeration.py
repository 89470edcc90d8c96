"""An enumeration on so many cores, simulated: list scheduling of the plan, by one driver with one hand."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Work:
    """A chunk."""

    seed: int
    alone: bool
    """The singletons that the seed's others wait for."""
    seconds: float


@dataclass(frozen=True)
class Overheads:
    """In seconds."""

    start: float
    """Of a worker, at its first task."""
    task: float
    submit: float
    collect: Sequence[tuple[int, float]]
    """Of the driver, for a task that is done, among so many that are not."""
    read: float = 0.0
    """Of the driver, for a chunk's part, once all are done."""

    def collected(self, pending: int) -> float:
        return float(np.interp(pending, *zip(*self.collect, strict=True)))


@dataclass(frozen=True)
class Bounds:
    """What no number of cores, and no schedule, goes below: the largest of these is why a run takes as long."""

    cores: float
    """All work, evenly on all cores."""
    path: float
    """A worker's start, one seed's singletons, the longest chunk."""
    driver: float
    """Submitting all chunks, collecting them, reading their parts."""

    @property
    def binding(self) -> str:
        return max(("cores", "path", "driver"), key=lambda name: getattr(self, name))


def simulated(work: Sequence[Work], cores: int, of: Overheads) -> float:
    """Wall seconds from the first submission until all has been read back.

    The driver submits in the order of the plan, then collects. A chunk is ready when it is submitted and its seed's
    singletons are done; what is ready first is started first, on the core that is free first.
    """
    submitted = {i: (i + 1) * of.submit for i in range(len(work))}
    free = [(0.0, True)] * cores  # (when, not started yet)
    ends: list[float] = []
    alone: dict[int, float] = {}
    first = [(submitted[i], i) for i, one in enumerate(work) if one.alone]
    rest = [i for i, one in enumerate(work) if not one.alone]
    ready = list(first)
    waiting: dict[int, list[int]] = {}
    for i in rest:
        waiting.setdefault(work[i].seed, []).append(i)
    heapq.heapify(ready)
    while ready:
        at, i = heapq.heappop(ready)
        when, cold = heapq.heappop(free)
        end = max(at, when) + of.task + of.start * cold + work[i].seconds
        heapq.heappush(free, (end, False))
        ends.append(end)
        if work[i].alone:
            alone[work[i].seed] = end
            for j in waiting.pop(work[i].seed, []):
                heapq.heappush(ready, (max(end, submitted[j]), j))
    return _collected(sorted(ends), len(work) * of.submit, of)


def _collected(ends: Sequence[float], submitted: float, of: Overheads) -> float:
    """The driver collects one task after another, each time asking for all that it still waits for."""
    now = submitted
    for i, end in enumerate(ends):
        now = max(now, end) + of.collected(len(ends) - i)
    return now + len(ends) * of.read


def bounds(work: Sequence[Work], cores: int, of: Overheads) -> Bounds:
    seconds = [one.seconds + of.task for one in work]
    used = min(cores, len(work))
    singletons = max(one.seconds for one in work if one.alone)
    longest = max((one.seconds for one in work if not one.alone), default=0.0)
    return Bounds(
        of.start + sum(seconds) / used,
        of.start + singletons + longest + 2 * of.task,
        sum(of.submit + of.collected(i + 1) + of.read for i in range(len(work))),
    )
