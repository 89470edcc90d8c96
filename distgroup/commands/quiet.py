"""Keeps the noise of Ray, Optuna and their native libraries off the terminal: it goes to a file."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def stderr_to(path: Path) -> Iterator[None]:
    """Send everything that this process writes to its standard error, native code included, to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    terminal = os.dup(2)
    handler = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(handler)
    with path.open("a", encoding="utf-8") as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            logging.getLogger().removeHandler(handler)
