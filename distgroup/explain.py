"""Turns pydantic's findings into one message that names the file, the field, what was found and what is allowed."""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from distgroup.options import Options

Loc = tuple[int | str, ...]

LONGEST = 80

MUST_BE = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "path_type": "text",
    "string_too_short": "some text, not empty",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} long",
    "too_long": "at most {max_length} long",
    "byte_size": "a number of bytes, or text such as 2GiB",
    "byte_size_unit": "a number of bytes, or text such as 2GiB",
    "literal_error": "{expected}",
    "union_tag_invalid": "one of {expected_tags}",
    "union_tag_not_found": "a mapping that says its kind",
}
"""What a value must be, by pydantic's type of error."""

NOT_A_MAPPING = ("model_type", "model_attributes_type")


def explain(path: Path, error: ValidationError, spec: type[Options], content: Any) -> str:
    """What is wrong with ``content``, a line each field, the file first."""
    found: dict[str, list[ErrorDetails]] = {}
    for detail in error.errors():
        found.setdefault(_dotted(detail, content), []).append(detail)
    lines = [_line(field, details, spec) for field, details in found.items() if not _follows(field, details, found)]
    return f"{path}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{path}: not a valid spec", *lines])


def _follows(field: str, details: list[ErrorDetails], found: Mapping[str, Any]) -> bool:
    """A list whose entries are wrong is called too short as well."""
    return details[0]["type"] == "too_short" and any(other.startswith(f"{field}[") for other in found)


def _line(field: str, details: list[ErrorDetails], spec: type[Options]) -> str:
    first = details[0]
    kind, value = first["type"], first["input"]
    if kind == "extra_forbidden":
        return f"{field}: unknown key; {_allowed(str(first['loc'][-1]), _keys(_at(first['loc'][:-1], spec)))}"
    if kind == "missing":
        return f"{field}: missing"
    if kind.startswith("union_tag") and isinstance(value, Mapping):
        field, value = f"{field}.kind", value.get("kind")
        if value is None:
            return f"{field}: missing; {_allowed('', _kinds(_at(first['loc'], spec)))}"
        return f"{field}: found {_shown(value)}; {_allowed(str(value), _kinds(_at(first['loc'], spec)))}"
    if kind == "literal_error" and len(details) == 1:
        return f"{field}: found {_shown(value)}; {_allowed(str(value), _quoted(first['ctx']['expected']))}"
    reasons = " or ".join(
        _reason(detail, spec).removeprefix("must be " if i else "") for i, detail in enumerate(details)
    )
    return f"{field}: found {_shown(value)}; {reasons}"


def _reason(detail: ErrorDetails, spec: type[Options]) -> str:
    kind = detail["type"]
    if kind in NOT_A_MAPPING:
        types = _at(detail["loc"], spec)
        about = (
            f"of one of the kinds {', '.join(_kinds(types))}"
            if len(_models(types)) > 1
            else f"with the keys {', '.join(_keys(types))}"
        )
        return f"must be {'text, or ' if str in types else ''}a mapping {about}"
    if kind in MUST_BE:
        return (
            f"must be {MUST_BE[kind].format(**{name: _plain(value) for name, value in detail.get('ctx', {}).items()})}"
        )
    return detail["msg"].removeprefix("Value error, ")


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) < LONGEST else f"{text[: LONGEST - 3]}..."


def _allowed(found: str, names: Sequence[str]) -> str:
    close = get_close_matches(found, names, 1)
    return f"allowed: {', '.join(names)}" + (f" (did you mean {close[0]}?)" if close else "")


def _quoted(expected: str) -> list[str]:
    """The names in pydantic's ``'a', 'b' or 'c'``."""
    return expected.split("'")[1::2]


def _dotted(detail: ErrorDetails, content: Any) -> str:
    """``training.optimizer.lr``: the location in the file, without the union members that pydantic puts in.

    A part of the location is in the file if ``content`` can be entered by it, or if it is the missing key.
    """
    shown, loc = "", detail["loc"]
    for i, part in enumerate(loc):
        absent = detail["type"] == "missing" and i == len(loc) - 1
        if isinstance(part, int) and isinstance(content, Sequence):
            shown, content = f"{shown}[{part}]", content[part]
        elif isinstance(content, Mapping) and (part in content or absent):
            shown, content = f"{shown}.{part}", content.get(part)
    return shown.lstrip(".")


def _keys(types: list[Any]) -> list[str]:
    return list(dict.fromkeys(name for model in _models(types) for name in model.model_fields))


def _kinds(types: list[Any]) -> list[str]:
    return [str(_tag(model)) for model in _models(types)]


def _at(loc: Loc, spec: type[Options]) -> list[Any]:
    """The types that may stand at a location; a part that leads nowhere is a union member's name."""
    types: list[Any] = [spec]
    for part in loc:
        types = [inner for one in types for inner in _inside(one, part)] or types
    return types


def _inside(annotation: Any, part: int | str) -> list[Any]:
    """The types that ``part``, a key, an index or the tag of a union member, leads to."""
    if _is_model(annotation):
        if _tag(annotation) == part:
            return [annotation]
        field = annotation.model_fields.get(part)
        return _alternatives(field.annotation) if field else []
    inner = get_args(annotation)
    if get_origin(annotation) is tuple and isinstance(part, int):
        return _alternatives(inner[0])
    return _alternatives(inner[1]) if get_origin(annotation) is dict else []


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [one for member in get_args(annotation) for one in _alternatives(member)]
    return [annotation]


def _models(types: list[Any]) -> list[type[Options]]:
    return [one for one in types if _is_model(one)]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Options)


def _tag(model: type[Options]) -> Any:
    kind = model.model_fields.get("kind")
    return kind.default if kind else None
