"""A search on so many cores, simulated: Tune's one driver, batches that end before the next begins, workers that start.

As Ray 2.60 does it (`ray/tune/execution/tune_controller.py`): so many trials are pending at a time, each of which
asks for a worker: as many as may run, as `run_search` sets it, where Tune would by itself have one. If a trial ends
first, a pending one takes that worker, and the one that was starting is dropped. A worker that nobody waits for is
stopped, unless it is the only idle one. A node starts no more workers at a time than it has cores.

Where the driver's machine has fewer cores than it, running trials and starting workers would take, all three are slower
by as much.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Overheads:
    """In seconds."""

    each: float
    """Tune, Optuna and the recorder for one trial: the driver's, one trial after another."""
    start: float
    """Of a worker."""


@dataclass
class Simulation:
    seconds: Sequence[float]
    """Of each trial, in the order proposed."""
    batch: int
    cores: int
    of: Overheads
    pending_at_most: int
    starting_at_most: int
    driver_cores: float = math.inf
    """Of the machine that the driver shares with the workers; infinite: it has one of its own."""
    now: float = 0.0
    """The driver's clock."""
    running: list[float] = field(default_factory=list)
    """When each ends."""
    pending: list[tuple[float, float]] = field(default_factory=list)
    """When the worker will have started, and the trial's own seconds."""
    idle: int = 0
    most: int = 0
    """Trials that ran at a time."""

    def run(self) -> float:
        """Wall seconds of the search."""
        for at in range(0, len(self.seconds), self.batch):
            self._batch(list(self.seconds[at : at + self.batch]))
        return self.now

    def _batch(self, left: list[float]) -> None:
        left.reverse()
        while left or self.pending or self.running:
            while left and len(self.pending) < self.pending_at_most and self._taken < min(self.batch, self.cores):
                self._propose(left.pop())
            self._next()

    @property
    def _taken(self) -> int:
        return len(self.pending) + len(self.running)

    def _propose(self, seconds: float) -> None:
        if self.idle:
            self.idle -= 1
            self._start(self.now, seconds)
        else:
            ready = sorted(at for at, _ in self.pending)
            begin = ready[-self.starting_at_most] if len(ready) >= self.starting_at_most else self.now
            heapq.heappush(self.pending, (max(begin, self.now) + self.of.start, seconds))

    def _slower(self, workers: int) -> float:
        """Times, beside so many workers that run or start."""
        return max(1.0, (1 + workers) / self.driver_cores)

    def _start(self, at: float, seconds: float) -> None:
        heapq.heappush(self.running, at + seconds * self._slower(self._taken + 1))
        self.most = max(self.most, len(self.running))

    def _next(self) -> None:
        """A worker has started, or a trial has ended."""
        if self.pending and (not self.running or self.pending[0][0] < self.running[0]):
            at, seconds = heapq.heappop(self.pending)
            self.now = max(self.now, at)
            self._start(self.now, seconds)
            return
        took = self.of.each * self._slower(self._taken)
        self.now = max(self.now, heapq.heappop(self.running)) + took
        if self.pending:
            self.pending.sort()
            self._start(self.now, self.pending.pop()[1])
        elif self.idle == 0:
            self.idle = 1
