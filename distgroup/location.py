"""Where files lie: a folder on this machine or a prefix of an object store, read and written alike.

Endpoint, region and credentials of an object store come from where its own tools look: for ``s3://`` the environment
(``AWS_ENDPOINT_URL``, ``AWS_REGION``, ``AWS_ACCESS_KEY_ID``, …), ``~/.aws`` or the machine's role; for ``gs://`` the
application's default credentials. The rest may be options of pyarrow's in the URI, ``s3://bucket/run?region=eu-west-1``.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from distgroup.errors import RequestError
from distgroup.place import checked, is_uri

OPTIONS = {"s3": ("allow_delayed_open=true",), "gs": ("retry_limit_seconds=60",)}
"""Of pyarrow's file systems: a small object is put in one request; a store that does not answer is given up."""


@dataclass(frozen=True)
class Location:
    """A file or folder. Small, and picklable: the file system is found again where it is used.

    Methods raise FileNotFoundError for what is missing, and OSError where the file system refuses or does not answer.
    """

    root: str
    """An absolute path, or the URI that a user gave."""
    inside: str = ""
    """What follows, with slashes."""

    @classmethod
    def of(cls, place: "str | Path | Location") -> "Location":
        """Raises RequestError for a URI that cannot be used."""
        if isinstance(place, Location):
            return place
        try:
            text = checked(str(place))
        except ValueError as error:
            raise RequestError(f"found {str(place)!r}; {error}") from None
        if text.startswith("file://"):
            text = unquote(urlsplit(text).path)
        return cls(text if is_uri(text) else str(Path(text).absolute()))

    def __truediv__(self, name: str) -> "Location":
        return Location(self.root, f"{self.inside}/{name}".lstrip("/"))

    def __str__(self) -> str:
        """Without the options of a URI."""
        return (
            f"{self.root.partition('?')[0]}/{self.inside}".rstrip("/") if self.inside else self.root.partition("?")[0]
        )

    @property
    def local(self) -> Path | None:
        """The path, of a location on this machine."""
        return None if is_uri(self.root) else Path(self.root, self.inside)

    @property
    def name(self) -> PurePosixPath:
        """The last part, with `stem` and `suffix`."""
        return PurePosixPath(str(self))

    def exists(self) -> bool:
        """Is it a file?"""
        if self.local is not None:
            return self.local.is_file()
        with self._opened() as (system, path):
            return bool(system.get_file_info(path).type == fs.FileType.File)

    def read(self) -> bytes:
        """The whole file."""
        if self.local is not None:
            return self.local.read_bytes()
        with self._opened() as (system, path), system.open_input_stream(path) as stream:
            return bytes(stream.read())

    def write(self, content: bytes | pa.Buffer) -> None:
        """Replace the file, whole or not at all: what reads it meanwhile sees the old one or the new one."""
        if self.local is not None:
            _write_beside(self.local, content)
            return
        with self._opened() as (system, path), system.open_output_stream(path) as stream:
            stream.write(content)

    def remove(self) -> None:
        """Delete the file."""
        if self.local is not None:
            self.local.unlink()
            return
        with self._opened() as (system, path):
            system.delete_file(path)

    def remove_folder(self) -> None:
        """Delete the folder and all that is in it."""
        with self._opened() as (system, path):
            system.delete_dir(path)

    def move(self, to: "Location") -> None:
        """Rename the file; in an object store, copy and delete it."""
        if self.local is not None and to.local is not None:
            to.local.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.local, to.local)
            return
        to.write(self.read())
        self.remove()

    def entries(self) -> dict[str, bool]:
        """Names directly below, in order, and whether each is a file; none if there is no such folder. One listing."""
        with self._opened() as (system, path):
            found = system.get_file_info(fs.FileSelector(path, allow_not_found=True))
            return {info.base_name: info.type == fs.FileType.File for info in sorted(found, key=lambda i: i.base_name)}

    def check_folder(self) -> None:
        """Raises RequestError if a file stands where the folder, or one that it lies in, is to be."""
        if self.local is not None and any(path.is_file() for path in (self.local, *self.local.parents)):
            raise RequestError(f"{self}: a file stands where a folder is to be; choose another")

    @contextmanager
    def stream(self) -> Iterator[Any]:
        """The file, opened for reading from any place in it."""
        with self._opened() as (system, path), system.open_input_file(path) as opened:
            yield opened

    @contextmanager
    def _opened(self) -> Iterator[tuple[fs.FileSystem, str]]:
        try:
            system, path = _file_system(self.root)
            yield system, f"{path}/{self.inside}".rstrip("/") if self.inside else path
        except FileNotFoundError:
            raise FileNotFoundError(f"{self}: there is no such file") from None
        except OSError as error:
            if self.local is not None:
                raise
            raise OSError(f"{self}: {' '.join(str(error).split())}") from None


@lru_cache(maxsize=64)
def _file_system(root: str) -> tuple[fs.FileSystem, str]:
    if not is_uri(root):
        return fs.LocalFileSystem(), root
    base, _, query = root.partition("?")
    given = {option.partition("=")[0] for option in query.split("&")}
    extra = [option for option in OPTIONS[urlsplit(root).scheme] if option.partition("=")[0] not in given]
    try:
        system, path = fs.FileSystem.from_uri(f"{base}?{'&'.join([*filter(None, [query]), *extra])}")
    except pa.ArrowInvalid as error:
        raise RequestError(f"{root}: {' '.join(str(error).split())}") from None
    return system, path.rstrip("/")


def is_unfinished(name: str) -> bool:
    """Is it what a process that was killed while it wrote leaves behind?"""
    return name.startswith(".") and name.endswith(".tmp")


def _write_beside(path: Path, content: bytes | pa.Buffer) -> None:
    """Write under a name that readers ignore and that no other writer uses, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        hidden.write_bytes(content)
        os.replace(hidden, path)
    finally:
        hidden.unlink(missing_ok=True)
