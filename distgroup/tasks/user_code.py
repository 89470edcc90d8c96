"""A user's own code, named in a spec as ``module:name``: where it is looked for, and what is said if it fails."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import Any

from distgroup.errors import RequestError
from distgroup.tasks.datafile import some

PACKAGE = Path(__file__).parents[1]


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Modules in ``folder`` can be imported, before others of their name."""
    entry = str(folder.resolve())
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)


def resolve(field: str, path: str, folder: Path) -> Any:
    """What ``module:name`` stands for, with ``folder`` `importable`; ``field`` is where the spec names it.

    Raises RequestError if the module cannot be imported, is another than the one in ``folder``, or lacks the name.
    """
    module_name, name = path.split(":")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise RequestError(
            f"{field}: importing {module_name!r} (first from {folder.resolve()}) {failure(error, folder)}"
        ) from error
    expected = (folder / (module_name.replace(".", "/") + ".py")).resolve()
    found = getattr(module, "__file__", None)
    if expected.is_file() and (found is None or Path(found).resolve() != expected):
        raise RequestError(f"{field}: {expected} cannot be imported, as {module_name!r} is {found} already; rename it")
    if not hasattr(module, name):
        public = [key for key in vars(module) if not key.startswith("_")]
        raise RequestError(f"{field}: module {module_name!r} ({found}) has no {name!r}; it has {some(public)}")
    return getattr(module, name)


def failure(error: Exception, folder: Path) -> str:
    """What went wrong and where: the last line run in ``folder``, or else anywhere but in this package."""
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_file()]
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(folder.resolve())]
    outside = [frame for frame in frames if not Path(frame.filename).is_relative_to(PACKAGE)]
    last = (inside or outside)[-1:]
    return f"failed: {type(error).__name__}: {error}" + "".join(f" ({at.filename}, line {at.lineno})" for at in last)
