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

PACKAGES = ("distgroup", "torch", "ray", "optuna", "numpy", "pyarrow")


def open_output(folder: Path, spec: Spec, *, resume: bool) -> Store:
    """The store of a new run, or with ``resume`` that of the same spec's earlier one; only tables count.

    Raises RequestError if the folder holds anything else, OSError if it cannot be written.
    """
    held, store = folder / "spec.yaml", Store(folder.absolute())
    if held.exists() and not store.empty:
        _check_same(held, spec, resume)
        return store
    if folder.exists() and not held.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"{folder}: holds something that is not a distgroup run; choose another --output")
    folder.mkdir(parents=True, exist_ok=True)
    held.write_text(spec.to_yaml(), encoding="utf-8")
    return store


def write_manifest(folder: Path, problem: Problem) -> None:
    """`manifest.json`: what the tables were made with.

    Raises RequestError if there are tables that were made with other data, though under the same spec.
    """
    held = folder / "manifest.json"
    if held.exists() and not Store(folder).empty:
        earlier = json.loads(held.read_text(encoding="utf-8"))["spec_hash"]
        if earlier != problem.digest:
            raise RequestError(
                f"{folder}: the data have changed since these results were made; choose another --output"
            )
    manifest = {
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "taskset": problem.task_set.name,
        "taskset_digest": problem.task_set.digest,
        "spec_hash": problem.digest,
    }
    held.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _check_same(held: Path, spec: Spec, resume: bool) -> None:
    earlier, now = yaml.safe_load(held.read_text(encoding="utf-8")), yaml.safe_load(spec.to_yaml())
    changes = _differences(earlier, now)
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
