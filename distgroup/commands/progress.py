"""Progress of long work: a bar with the time left on a terminal, a line now and then in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 15


@contextmanager
def progress(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the number of units just done."""
    if console.is_terminal:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.advance(task, done)
    else:
        yield _Lines(console, what, total)


class _Lines:
    def __init__(self, console: Console, what: str, total: int) -> None:
        self.console, self.what, self.total = console, what, total
        self.count, self.begin = 0, time.monotonic()
        self.shown = self.begin
        self.first: tuple[float, int] | None = None
        """When the first units were done, and how many: until then workers were starting, which tells no pace."""

    def __call__(self, done: int) -> None:
        self.count += done
        now = time.monotonic()
        self.first = self.first or (now, self.count)
        if self.count == self.total or now - self.shown >= SECONDS_BETWEEN_LINES:
            self.shown = now
            self.console.print(f"{self.what}: {self.count}/{self.total}, {now - self.begin:.0f} s{self._left(now)}")

    def _left(self, now: float) -> str:
        assert self.first
        begin, already = self.first
        if self.count == already < self.total:
            return ""
        each = (now - begin) / max(self.count - already, 1)
        return f", {each * (self.total - self.count):.0f} s left"
