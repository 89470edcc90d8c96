"""What tells the points of a sweep apart, in words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def labels(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each point, the settings in which not all agree, by the last part of their dotted keys if that is enough."""
    flat = [dict(_leaves(each)) for each in settings]
    keys = list(dict.fromkeys(key for each in flat for key in each))
    varying = [key for key in keys if len({json.dumps(each.get(key)) for each in flat}) > 1]
    last = [key.rsplit(".", 1)[-1] for key in varying]
    names = [short if last.count(short) == 1 else key for short, key in zip(last, varying, strict=True)]
    return [
        " ".join(f"{name}={_text(each[key])}" for name, key in zip(names, varying, strict=True) if key in each)
        for each in flat
    ]


def _leaves(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted keys; data are told apart by their name in the table, not here."""
    found: list[tuple[str, Any]] = []
    for name, value in content.items():
        found += _leaves(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
