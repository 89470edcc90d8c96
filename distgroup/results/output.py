"""The output folder: whose results it holds, under which versions they were made."""

import json
import platform
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from distgroup.errors import RequestError
from distgroup.results.store import Store
from distgroup.spec import Spec
from distgroup.training.problem import Problem

SPEC, MANIFEST = "spec.yaml", "manifest.json"

PACKAGES = ("distgroup", "torch", "ray", "optuna", "numpy", "pyarrow")


def open_output(folder: Path, spec: Spec, *, resume: bool) -> Store:
    """The store of a new run, or with ``resume`` that of the same spec's earlier one; only tables count.

    Raises RequestError if the folder holds anything else, OSError if it cannot be written.
    """
    held, store = folder / SPEC, Store(folder.absolute())
    if not _ours(folder, spec):
        raise RequestError(f"{folder}: holds something that is not a distgroup run; choose another --output")
    if not store.empty:
        _check_same(held, spec, resume)
        return store
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise RequestError(f"{folder}: a file stands where a folder is to be; choose another --output") from None
    _replace(held, spec.to_yaml())
    return store


def write_manifest(folder: Path, problem: Problem) -> None:
    """`manifest.json`: what the tables were made with, first and, where that differs, on resuming.

    Raises RequestError if there are tables that were made with other data, though under the same spec.
    """
    made_with = {
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "host": socket.gethostname(),
        "platform": platform.platform(),
    }
    held = folder / MANIFEST
    if not held.exists() or Store(folder).empty:
        about = {"taskset": problem.task_set.name, "taskset_digest": problem.task_set.digest}
        _replace(held, json.dumps(made_with | about | {"spec_hash": problem.digest, "resumed": []}, indent=2) + "\n")
        return
    manifest = _read(held)
    if manifest["spec_hash"] != problem.digest:
        raise RequestError(f"{folder}: the data have changed since these results were made; choose another --output")
    if made_with not in [{key: past[key] for key in made_with} for past in (manifest, *manifest["resumed"])]:
        manifest["resumed"].append(made_with)
        _replace(held, json.dumps(manifest, indent=2) + "\n")


def _ours(folder: Path, spec: Spec) -> bool:
    """Is the folder free, or left by an earlier run, even one that did not get far?"""
    if not folder.is_dir():
        return True
    held = folder / SPEC
    started = held.exists() and held.read_text(encoding="utf-8") == spec.to_yaml()
    return (folder / MANIFEST).exists() or not Store(folder).empty or started or not any(folder.iterdir())


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    hidden = path.with_name(f".{path.name}.tmp")
    hidden.write_text(text, encoding="utf-8")
    hidden.replace(path)


def _read(path: Path) -> Any:
    """A YAML or JSON file that an earlier run wrote."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, yaml.YAMLError):
        raise RequestError(f"{path}: missing or damaged; choose another --output, or mend it") from None


def _check_same(held: Path, spec: Spec, resume: bool) -> None:
    changes = _differences(_read(held), yaml.safe_load(spec.to_yaml()))
    if changes:
        raise RequestError(f"{held.parent}: holds the results of another spec ({changes}); choose another --output")
    if not resume:
        raise RequestError(
            f"{held.parent}: already holds results of this spec; add --resume to complete or show them, "
            "or choose another --output"
        )


def _differences(earlier: dict[str, Any], now: dict[str, Any]) -> str:
    """The fields in which two resolved specs differ; where data and results lie is none of them."""
    a, b = _flat(earlier), _flat(now)
    changed = [key for key in {**a, **b} if a.get(key) != b.get(key) and key not in ("output", "data.path")]
    shown = [f"{key}: there {a.get(key, 'absent')}, here {b.get(key, 'absent')}" for key in changed[:3]]
    return "; ".join(shown) + ("; …" if len(changed) > 3 else "")


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for name, part in value.items() for k, v in _flat(part, f"{prefix}.{name}".lstrip(".")).items()}
    if isinstance(value, list):
        return {k: v for i, part in enumerate(value) for k, v in _flat(part, f"{prefix}[{i}]").items()}
    return {prefix: value}
