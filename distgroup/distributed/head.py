"""The head of a cluster: does it answer, and what a driver does that has lost it.

Ray itself ends a driver whose head has been gone for a minute, from within and without a word to whoever started it. So
the head is watched, and the driver ends some seconds sooner, with a message and, where that can be, its locks released.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, main_thread

import grpc
from ray._private.grpc_utils import init_grpc_channel

from distgroup.errors import ClusterError

REACH_S = 10
"""Seconds in which a cluster's head has to answer."""

LOOK_S = 2

GONE_S = 35
"""Seconds without an answer after which a head counts as gone. Ray gives up after 60."""

GRACE_S = 10
"""Seconds that the driver then has to end in good order: it may hang in Ray, for an answer that will not come."""


def answers(address: str) -> bool:
    """Does anything speak Ray's protocol there, with Ray's own settings for TLS?"""
    with init_grpc_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=REACH_S)
        except grpc.FutureTimeoutError:
            return False
    return True


class Watch(Thread):
    """Asks the head at ``address`` whether it is there, until `over` is set; once it is gone, ends the driver."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address, self.gone, self.over = address, False, Event()

    def run(self) -> None:
        heard = time.monotonic()
        while not self.over.wait(LOOK_S):
            if answers(self.address):
                heard = time.monotonic()
            elif time.monotonic() - heard > GONE_S:
                self._end()
                return

    def stop(self) -> None:
        """No thread of it is left that the end of the process could find inside gRPC."""
        self.over.set()
        self.join()

    def _end(self) -> None:
        """As Ctrl-C would; or, where the main thread does not come to that, as Ray would."""
        self.gone = True
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
        if not self.over.wait(GRACE_S):
            print(f"distgroup: {self._error()}", flush=True)  # standard error is Ray's log by now
            os._exit(1)

    def _error(self) -> ClusterError:
        return ClusterError(
            f"the Ray head at {self.address} is gone, and the run ends with it. What was done is in the output: on a "
            "head that runs, the same command with --resume goes on with it"
        )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Raises ClusterError in place of whatever is raised because the head is gone."""
        try:
            yield
        except KeyboardInterrupt as error:
            if self.gone:
                raise self._error() from error
            raise
        except (Exception, SystemExit) as error:  # Ray ends a driver whose node is gone by a signal that exits
            if answers(self.address):
                raise
            self.gone = True
            raise self._error() from error
