"""A lock in an object store, which has none: the owner renews an object, and one no longer renewed is taken over."""

import os
import signal
import threading
import time
from dataclasses import dataclass, replace

from distgroup.errors import RequestError
from distgroup.location import Location
from distgroup.results.owner import Owner, taken


@dataclass(frozen=True)
class Pace:
    """Seconds of an object store's lock."""

    renewed: float = 5.0
    """Between two signs of life."""
    lapses: float = 60.0
    """Without a sign of life after which an owner counts as dead."""
    settles: float = 1.0
    """After which two that began at once agree which of them came last, and so has it."""


class ObjectLock:
    """A lock that is an object, renewed by a thread."""

    def __init__(self, at: Location, pace: Pace) -> None:
        self.at, self.pace, self.me = at, pace, Owner.this()
        self.ended = threading.Event()
        self.lost: str | None = None
        """Why another may hold the lock by now."""
        self.thread = threading.Thread(target=self._renew, name="lock", daemon=True)

    def __enter__(self) -> None:
        """Raises RequestError if another holds it."""
        held = self._read()
        if held is not None and self._lives(held):
            raise taken(self.at, held)
        self._write()
        time.sleep(self.pace.settles)
        found = self._read()
        if found is None or found.token != self.me.token:
            raise taken(self.at, found)
        self.thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.ended.set()
        self.thread.join()
        if self.lost is not None:
            raise RequestError(f"{self.at}: {self.lost}; this run has stopped. Go on with --resume") from error
        if self._read() == self.me:
            self.at.remove()

    def _lives(self, held: Owner) -> bool:
        """Where the owner's clock does not say that it was just there, clocks may differ: see whether it moves."""
        if abs(time.time() - held.alive) < self.pace.lapses:
            return True
        time.sleep(3 * self.pace.renewed)
        return self._read() != held

    def _renew(self) -> None:
        seen = time.monotonic()
        while not self.ended.wait(self.pace.renewed) and self.lost is None:
            try:
                found = self._read()
                if found is None or found.token != self.me.token:
                    self.lost = f"{found or 'another run'} has taken this output over"
                else:
                    self._write()
                    seen = time.monotonic()
            except OSError as error:
                if time.monotonic() - seen > self.pace.lapses / 2:
                    self.lost = f"the lock could not be renewed for {self.pace.lapses / 2:.0f} s ({error})"
        if self.lost is not None:
            os.kill(os.getpid(), signal.SIGINT)  # ends what the main thread is doing, as Ctrl-C would

    def _read(self) -> Owner | None:
        try:
            return Owner.of(self.at.read())
        except FileNotFoundError:
            return None

    def _write(self) -> None:
        self.me = replace(self.me, alive=time.time())
        self.at.write(self.me.to_json())
