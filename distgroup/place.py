"""A place as a user names it: a path, or a URI."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

SCHEMES = ("file", "s3", "gs")


def is_uri(text: str) -> bool:
    """Does ``text`` begin with a scheme and ``://``?"""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def checked(text: str) -> str:
    """``text``, if it is a path, or a URI that can be used. Raises ValueError."""
    if not is_uri(text):
        return text
    parts = urlsplit(text)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"a path, or a URI whose scheme is one of {', '.join(SCHEMES)}, is needed")
    if parts.scheme == "file" and (parts.netloc or not parts.path):
        raise ValueError("a file URI has three slashes and an absolute path, file:///folder")
    if parts.scheme != "file" and not parts.netloc:
        raise ValueError(f"a bucket is needed after {parts.scheme}://")
    if "@" in parts.netloc:
        raise ValueError("credentials in a URI would stand in every copy of the spec; put them in the environment")
    return text


def _text(place: object) -> object:
    return str(place) if isinstance(place, Path) else place


Place = Annotated[str, BeforeValidator(_text), Field(min_length=1), AfterValidator(checked)]
"""A path or a URI, as a field of a spec; from Python a `Path` will do."""


def anchored(place: str, folder: Path) -> str:
    """``place``, a path made absolute from ``folder``; a URI is left as it is."""
    return place if is_uri(place) else str((folder / place).absolute())
