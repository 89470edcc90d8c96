"""What a job takes along to a cluster: the spec, and the files beside it that it names."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from distgroup.errors import RequestError
from distgroup.place import is_uri
from distgroup.spec import Spec, load_spec

LIMIT = 90 * 2**20
"""Bytes that go along at most: the cluster's job server takes 100 MiB in one request."""

SPEC = "spec.yaml"


def bundle(spec: Path, into: Path) -> Spec:
    """Copy the spec, as ``into``/spec.yaml, and what it names by a path relative to its folder; returns it parsed.

    Of user code: the modules and packages that are named, and every module beside the spec, which they may import.
    Raises RequestError if the spec is wrong, a file is missing or not below the spec's folder, or all is too much.
    """
    parsed = load_spec(spec)
    parts = list(_mappings(yaml.safe_load(spec.read_text(encoding="utf-8"))))
    files = {*_data(spec, parts), *_code(spec.parent, parts)}
    size = sum(file.stat().st_size for file in {spec, *files})
    if size > LIMIT:
        raise RequestError(
            f"{spec}: it and the files that it names are {size / 2**20:.0f} MiB, and {LIMIT / 2**20:.0f} MiB at most "
            "can be sent along; put the data in an object store or where every node sees it, and name that in data.path"
        )
    shutil.copy(spec, into / SPEC)
    for file in files:
        to = into / file.relative_to(spec.parent)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, to)
    return parsed


def _mappings(content: Any) -> Iterator[dict[str, Any]]:
    """Every mapping with a `kind` and a `path`, wherever in the spec."""
    if isinstance(content, dict):
        if isinstance(content.get("kind"), str) and isinstance(content.get("path"), str):
            yield content
        for value in content.values():
            yield from _mappings(value)
    elif isinstance(content, list):
        for value in content:
            yield from _mappings(value)


def _data(spec: Path, parts: list[dict[str, Any]]) -> Iterator[Path]:
    """Data files that the spec names relative to its folder; other places are the cluster's own."""
    for path in (part["path"] for part in parts if part["kind"] != "python"):
        if is_uri(path) or Path(path).is_absolute():
            continue
        found = spec.parent / path
        if not found.is_file():
            raise RequestError(f"{spec}: data.path: {found}: there is no such file")
        if ".." in Path(path).parts:
            raise RequestError(f"{spec}: data.path: {path} is not below the spec's folder; to send it along, move it")
        yield found


def _code(folder: Path, parts: list[dict[str, Any]]) -> Iterator[Path]:
    """Modules of the user's that lie in ``folder``; those that do not are installed on the cluster."""
    tops = {part["path"].split(":")[0].split(".")[0] for part in parts if part["kind"] == "python"}
    packages = [folder / top for top in tops if (folder / top).is_dir()]
    if packages or any((folder / f"{top}.py").is_file() for top in tops):
        yield from folder.glob("*.py")
    for package in packages:
        yield from package.rglob("*.py")
