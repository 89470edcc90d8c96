"""A run of distgroup in a session of its own, so that all of its processes can be found, and ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

DISTGROUP = Path(sys.executable).with_name("distgroup")

PHASES = ("start", "subsets", "partitions", "search")
"""Ray starts; either update rule is enumerated; trials run."""

NAMES = {"chunk": "ray::_chunk", "trial": "ray::Trial"}
"""What Ray calls a worker process, after what it does."""


class Driver:
    """`distgroup run SPEC --resume`, in the background; what it says goes to ``log``."""

    def __init__(self, spec: Path, output: Path, log: TextIO) -> None:
        self.output, self.begin = output, time.time()
        command = [DISTGROUP, "run", spec, "--output", output, "--resume"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    @property
    def phase(self) -> str:
        """By what its output holds: the row of table `points` is written when Ray has started, `optima` by rule."""
        tables = self.output / "tables"
        if not any(path.stat().st_mtime > self.begin for path in (tables / "points").glob("*.parquet")):
            return "start"
        return PHASES[1 + len(list((tables / "optima").glob("*.parquet")))]

    def members(self) -> dict[int, str]:
        """Living processes of the session, and what they are called."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):  # it has just ended
                continue
        return found

    def workers(self, kind: str) -> list[int]:
        """Its processes that train a chunk, or are there for trials."""
        return [pid for pid, name in self.members().items() if name.startswith(NAMES[kind])]

    def end(self) -> int:
        """SIGKILL what is left of the session; the exit status of the driver itself.

        Only then is the driver waited for: its number cannot become another session's meanwhile.
        """
        while members := self.members():
            for pid in members:
                kill(pid)
            time.sleep(0.1)
        return self.process.wait()


def kill(pid: int) -> bool:
    """SIGKILL; False if the process has ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
