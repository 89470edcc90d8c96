"""Turns pydantic's findings into one message that names the file, the field, what was found and what is allowed."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from distgroup.options import Options


def explain(path: Path, error: ValidationError, spec: type[Options]) -> str:
    """One line a finding, the file first."""
    lines = [_finding(found["loc"], found["type"], found["msg"], found["input"], spec) for found in error.errors()]
    return "\n".join([f"{path}: not a valid spec"] if len(lines) > 1 else []) + "\n".join(
        f"{'  ' if len(lines) > 1 else f'{path}: '}{line}" for line in ["", *lines][len(lines) == 1 :]
    )


def _finding(loc: tuple[int | str, ...], kind: str, message: str, value: Any, spec: type[Options]) -> str:
    field = _dotted(loc, spec)
    if kind == "extra_forbidden":
        return f"{field}: unknown key; {_allowed(str(loc[-1]), _at(loc[:-1], spec))}"
    if kind == "missing":
        return f"{field}: missing"
    found = repr(value)
    reason = message.removeprefix("Value error, ").removeprefix("Input ")
    return f"{field}: found {found if len(found) < 80 else found[:77] + '...'}; {reason}"


def _allowed(key: str, models: list[type[Options]]) -> str:
    names = [name for model in models for name in model.model_fields]
    close = get_close_matches(key, names, 1)
    return f"allowed: {', '.join(names)}" + (f" (did you mean {close[0]}?)" if close else "")


def _at(loc: tuple[int | str, ...], spec: type[Options]) -> list[type[Options]]:
    """The models that may stand at a location."""
    models: list[type[Options]] = [spec]
    for part in loc:
        if isinstance(part, str):
            tagged = [model for model in models if _tag(model) == part]
            models = tagged or [
                inner
                for model in models
                if part in model.model_fields
                for inner in _models(model.model_fields[part].annotation)
            ]
    return models


def _dotted(loc: tuple[int | str, ...], spec: type[Options]) -> str:
    """``training.optimizer.lr``: the location without the names of union members that pydantic puts in."""
    shown = ""
    for i, part in enumerate(loc):
        if isinstance(part, int):
            shown += f"[{part}]"
        elif not any(_tag(model) == part for model in _at(loc[:i], spec)) and not part.endswith("]"):
            shown += f".{part}"
    return shown.lstrip(".")


def _tag(model: type[Options]) -> Any:
    kind = model.model_fields.get("kind")
    return kind.default if kind else None


def _models(annotation: Any) -> list[type[Options]]:
    if isinstance(annotation, type) and issubclass(annotation, Options):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
