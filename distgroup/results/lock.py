"""One writer to an output folder: a second run is refused, and told who the first is.

On this machine the kernel holds the lock (`flock`) and lets go of it when its owner dies, however that happens.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distgroup.location import Location
from distgroup.results.object_lock import ObjectLock, Pace
from distgroup.results.owner import Owner, taken

NAME = ".lock"


@contextmanager
def locked(folder: Location, pace: Pace | None = None) -> Iterator[None]:
    """Hold an output folder while the block lasts; makes the folder if need be.

    Raises RequestError if another run holds it, and if, in an object store, another has taken it over meanwhile.
    """
    if folder.local is not None:
        with _flock(folder.local):
            yield
    else:
        with ObjectLock(folder / NAME, pace or Pace()):
            yield


@contextmanager
def _flock(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise taken(folder, Owner.of(file.read())) from None
        file.truncate(0)
        file.write(Owner.this().to_json())
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
