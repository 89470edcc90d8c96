"""What may change in a spec whose results are already there: what only adds to them, and what they do not depend on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

FREE = (
    "output",
    "data.path",
    "sweep.taskset.*.path",
    "search.max_concurrent",
    "training.workers",
    "training.parallel.cpus_per_worker",
    "training.parallel.memory_per_worker",
    "training.parallel.use_gpu",
    "training.parallel.accumulate",
    "training.parallel.checkpoint_every",
    "resources.*",
    "train.*",
)
"""Dotted keys that no table depends on. Data are compared themselves, in the manifest."""


def _more_seeds(there: Any, here: Any) -> bool:
    return set(there) < set(here)


def _more_trials(there: Any, here: Any) -> bool:
    return bool(here > there)


def _appended(there: Any, here: Any) -> bool:
    return 0 < len(there) < len(here) and there == here[: len(there)]


@dataclass(frozen=True)
class Extension:
    """A key that may grow."""

    key: str
    grows: Callable[[Any, Any], bool]
    otherwise: str


EXTENSIONS = (
    Extension("seeds", _more_seeds, "seeds may be added, not taken away"),
    Extension("search.trials", _more_trials, "trials may be added, not taken away"),
    Extension("sweep.*", _appended, "values may be added at the end of a list that is swept"),
)


@dataclass(frozen=True)
class Change:
    """A key that differs between two resolved specs."""

    path: tuple[str, ...]
    there: Any
    here: Any
    why: str = ""
    """It may not."""
    extends: bool = False
    """The results that are there still hold, and can be added to."""

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: there {self.there}, here {self.here}" + (f" ({self.why})" if self.why else "")


ABSENT = "absent"


def changes(there: Any, here: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Every difference but those in `FREE`, key by key."""
    if there == here or any(_matches(path, free) for free in FREE):
        return
    extension = next((each for each in EXTENSIONS if _matches(path, each.key)), None)
    alike = type(there) is type(here)
    if extension and alike and extension.grows(there, here):
        yield Change(path, there, here, extends=True)
    elif extension and alike and not _comparable(there, here):
        yield Change(path, there, here, extension.otherwise)
    elif alike and isinstance(there, Mapping | list):
        a, b = _parts(there), _parts(here)
        for part in {**a, **b}:
            yield from changes(a.get(part, ABSENT), b.get(part, ABSENT), (*path, part))
    else:
        yield Change(path, there, here)


def _comparable(there: Any, here: Any) -> bool:
    """Lists that can only differ in their entries."""
    return isinstance(there, list) and len(there) == len(here)


def _parts(value: Any) -> dict[str, Any]:
    return {str(part): each for part, each in (value.items() if isinstance(value, Mapping) else enumerate(value))}


def _matches(path: tuple[str, ...], key: str) -> bool:
    parts = key.split(".")
    return len(parts) == len(path) and all(map(fnmatchcase, path, parts))
