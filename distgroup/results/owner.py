"""Who holds a lock."""

import getpass
import json
import os
import socket
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from distgroup.errors import RequestError
from distgroup.location import Location


@dataclass(frozen=True)
class Owner:
    """A process, as others are told of it."""

    user: str
    host: str
    pid: int
    since: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    alive: float = 0.0
    """Seconds since 1970 of the last sign of life, by the owner's clock."""

    @classmethod
    def this(cls) -> Self:
        """The process that asks."""
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return cls(_user(), socket.gethostname(), os.getpid(), since)

    def __str__(self) -> str:
        return f"{self.user} on {self.host}, process {self.pid}, since {self.since}"

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of(cls, content: bytes) -> "Owner | None":
        """None if the content says nothing of an owner."""
        try:
            return cls(**json.loads(content))
        except (ValueError, TypeError):
            return None


def taken(folder: Path | Location, owner: Owner | None) -> RequestError:
    """What a second run is told."""
    return RequestError(
        f"{folder}: in use by another run ({owner or 'it has just begun'}); wait, or choose another --output"
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
