"""Ray heads of a test's own, each in a process group that ends with the test."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

RAY = str(Path(sys.executable).with_name("ray"))

ENVIRONMENT = os.environ | {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


_GIVEN: set[int] = set()


def free_port() -> int:
    """A port that nothing listens on, another one each time."""
    while True:
        with socket.socket() as found:
            found.bind(("", 0))
            port = found.getsockname()[1]
        if port not in _GIVEN:
            _GIVEN.add(port)
            return port


def start_head(
    temporary: Path, port: int, *options: str, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[str]:
    """A head with two CPUs at ``port``; its files are below ``temporary``, whose path must be short."""
    command = [RAY, "start", "--head", "--block", f"--port={port}", "--num-cpus=2", f"--temp-dir={temporary}", *options]
    command.append(f"--dashboard-agent-listen-port={free_port()}")  # its own would be taken by another Ray here
    log = (temporary / "head.log").open("a")
    head = subprocess.Popen(
        command, env=ENVIRONMENT | environment, stdout=log, stderr=log, start_new_session=True, text=True
    )
    end = time.monotonic() + 60
    while not re.search("will now block", (temporary / "head.log").read_text()):
        assert head.poll() is None, (temporary / "head.log").read_text()
        assert time.monotonic() < end, "the head did not start within a minute"
        time.sleep(0.2)
    return head


def end(head: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> None:
    """The head and all that it started in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(head.pid, how)
    head.wait(timeout=60)


@contextmanager
def ray_head(temporary: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[int]:
    """Yields the port of a head that ends with the block."""
    port = free_port()
    head = start_head(temporary, port, *options, environment=environment)
    try:
        yield port
    finally:
        end(head)
