"""The output folder: whose results it holds, under which versions they were made, and who writes to it."""

import json
import platform
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from distgroup.errors import RequestError
from distgroup.location import Location, is_unfinished
from distgroup.results import lock
from distgroup.results.extension import Change, changes
from distgroup.results.store import Store
from distgroup.spec import Spec
from distgroup.training.problem import Problem

SPEC, MANIFEST = "spec.yaml", "manifest.json"

PACKAGES = ("distgroup", "torch", "ray", "optuna", "numpy", "pyarrow")

OVER_SEEDS = ("points", "trials", "optima", "regroupings", "tracked")
"""Tables whose rows are about all seeds: they are made again where seeds are added."""


@contextmanager
def opened(place: str | Path, spec: Spec, problems: Sequence[Problem], *, resume: bool) -> Iterator[Store]:
    """`open_output`, with every other run kept out while the block lasts; also RequestError if another is at it."""
    folder = Location.of(place)
    _check_ours(folder, spec)  # before a lock is left in somebody's folder
    with lock.locked(folder):
        yield open_output(folder, spec, problems, resume=resume)


def open_output(place: str | Path | Location, spec: Spec, problems: Sequence[Problem], *, resume: bool) -> Store:
    """The store of a new run, or with ``resume`` that of the same spec's earlier one; only tables count.

    A spec that only adds to the earlier one, trials, seeds or points of a sweep, is taken for the same: rows over fewer
    seeds are removed, and the spec there replaced. ``problems``: of each point. Raises RequestError if the folder holds
    anything else, or tables made with other data, and then leaves it as it was; OSError if it cannot be written.
    """
    folder = Location.of(place)
    _check_ours(folder, spec)
    store, held, text = Store(folder), folder / SPEC, spec.to_yaml().encode()
    if not store.empty:
        added = _check_extends(held, spec, resume)
        _check_data(store, problems)
        if any(change.path == ("seeds",) for change in added):
            _remove_over_seeds(store)
        if held.read() == text:
            return store
    held.write(text)
    return store


def write_manifest(store: Store, problems: Sequence[Problem]) -> None:
    """`manifest.json`: what the tables were made with, first and, where that differs, on resuming.

    ``problems``: of each point of a sweep.
    """
    made_with = {
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "host": socket.gethostname(),
        "platform": platform.platform(),
    }
    points = [
        {"taskset": one.task_set.name, "taskset_digest": one.task_set.digest, "spec_hash": one.digest}
        for one in problems
    ]
    held = store.location / MANIFEST
    if not held.exists() or store.empty:
        _write(held, made_with | {"points": points, "resumed": []})
        return
    manifest = _read(held)
    grown = points != manifest["points"]
    manifest["points"] = points
    if made_with not in [{key: past[key] for key in made_with} for past in (manifest, *manifest["resumed"])]:
        manifest["resumed"].append(made_with)
        grown = True
    if grown:
        _write(held, manifest)


def _check_data(store: Store, problems: Sequence[Problem]) -> None:
    """What the tables were made with is there still."""
    held = store.location / MANIFEST
    if not held.exists():
        return
    made_with = {point["spec_hash"] for point in _read(held).get("points", ())}
    if not made_with <= {problem.digest for problem in problems}:
        raise RequestError(f"{store}: the data have changed since these results were made; choose another --output")


def _check_ours(folder: Location, spec: Spec) -> None:
    """Is the folder free, or left by an earlier run, even one that did not get far?"""
    folder.check_folder()
    entries = folder.entries()
    started = SPEC in entries and (folder / SPEC).read() == spec.to_yaml().encode()
    others = [name for name in entries if name != lock.NAME and not is_unfinished(name)]
    if not (MANIFEST in entries or started or not others or not Store(folder).empty):
        raise RequestError(f"{folder}: holds something that is not a distgroup run; choose another --output")


def _write(at: Location, content: dict[str, Any]) -> None:
    at.write((json.dumps(content, indent=2) + "\n").encode())


def _read(at: Location) -> dict[str, Any]:
    """A YAML or JSON file that an earlier run wrote."""
    try:
        content = yaml.safe_load(at.read())
    except (FileNotFoundError, yaml.YAMLError):
        content = None
    if not isinstance(content, dict):
        raise RequestError(f"{at}: missing or damaged; choose another --output, or mend it")
    return content


def _check_extends(held: Location, spec: Spec, resume: bool) -> list[Change]:
    """In what the spec adds to the one there."""
    found = list(changes(_read(held), yaml.safe_load(spec.to_yaml())))
    folder = str(held).removesuffix(f"/{SPEC}")
    if refused := [str(change) for change in found if not change.extends]:
        shown = "; ".join(refused[:3]) + ("; …" if len(refused) > 3 else "")
        raise RequestError(f"{folder}: holds the results of another spec ({shown}); choose another --output")
    if not resume:
        raise RequestError(
            f"{folder}: already holds results of {'a part of ' if found else ''}this spec; add --resume to complete or "
            "show them, or choose another --output"
        )
    return found


def _remove_over_seeds(store: Store) -> None:
    for table in OVER_SEEDS:
        for key in store.keys(table):
            store.remove(table, key)
