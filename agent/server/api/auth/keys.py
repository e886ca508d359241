"""API keys: made here, shown once, kept as hashes in one small file.

A key is `fd_<id>_<secret>`: the id finds the record and may be told to anyone, the secret
has 256 random bits. Of such a secret a plain SHA-256 is enough: there is nothing to guess
that a slow hash would protect. The file is JSON, readable by its owner alone, and always
replaced as a whole; a running server sees a change within a second.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from filelock import FileLock, Timeout
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ServerError
from agent.server.api.logs import ERRORS
from agent.server.asker import Asker, AskerKind
from retrieval.errors import AccessError
from retrieval.search.access import checked_roles
from retrieval.system.durable import replace_file
from retrieval.system.untrusted import worded

__all__ = ["PREFIX", "Key", "KeyFile", "NewKey"]

PREFIX = "fd_"
"""Starts every key, so that secret scanners can find one that got away."""

_SHAPE = re.compile(r"fd_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LOOK_AGAIN_S = 1.0
_LOCK_WAIT_S = 10.0


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"is {text!r}, expected a moment with its offset, such as …+00:00")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""ISO 8601 with offset."""


class Key(BaseModel):
    """What is kept of a key.

    Attributes:
        id: Names it, in lists and logs.
        name: Who or what it is for.
        roles: What it may read.
        sha256: Hex SHA-256 of the secret part.
        created: When it was made.
        expires: When it ends counting, or None.
        revoked: When it was, or None.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: str
    name: str
    roles: tuple[str, ...]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", repr=False)]
    created: Moment
    expires: Moment | None = None
    revoked: Moment | None = None

    def state(self, now: datetime) -> str:
        """Return "active", "expired" or "revoked"."""
        if self.revoked is not None:
            return "revoked"
        if self.expires is not None and datetime.fromisoformat(self.expires) <= now:
            return "expired"
        return "active"

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return what a list of keys shows: everything but the hash."""
        return self.model_dump(mode="json", exclude={"sha256"}) | {"state": self.state(now)}


class _Kept(BaseModel):
    """The file."""

    version: int = 1
    keys: list[Key]


@dataclass(frozen=True)
class NewKey:
    """A key just made: the only moment at which its secret is known."""

    key: Key
    secret: str

    def __repr__(self) -> str:
        return f"NewKey(key={self.key!r}, secret='…')"


class KeyFile:
    """The file of keys.

    Args:
        path: Made when the first key is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[str, Key] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._looked = -_LOOK_AGAIN_S
        self._lock = threading.Lock()

    def create(
        self, name: str, roles: Sequence[str], *, now: datetime, expires: datetime | None = None
    ) -> NewKey:
        """Make a key and store its hash.

        Raises:
            ServerError: The name is empty, a role makes no sense, it would be expired
                already, or the file can't be written.
        """
        if not name.strip():
            raise ServerError("the key's name is empty: say who or what will use it")
        try:
            checked_roles(set(roles))
        except AccessError as error:
            raise ServerError(str(error)) from error
        if expires is not None and expires <= now:
            raise ServerError(
                f"the key would expire at {expires.isoformat()!r}, which is past: "
                "expected a moment to come"
            )
        secret = secrets.token_urlsafe(32)
        with self._writing() as keys:
            key_id = _new_id(keys)
            key = Key(
                id=key_id,
                name=name.strip(),
                roles=tuple(dict.fromkeys(roles)),
                sha256=_hashed(secret),
                created=now.isoformat(timespec="seconds"),
                expires=None if expires is None else expires.isoformat(timespec="seconds"),
            )
            keys[key_id] = key
        return NewKey(key, f"{PREFIX}{key_id}_{secret}")

    def list(self) -> tuple[Key, ...]:
        """Return every key, oldest first.

        Raises:
            ServerError: The file is damaged.
        """
        return tuple(sorted(self._read().values(), key=lambda key: (key.created, key.id)))

    def revoke(self, key_id: str, *, now: datetime) -> Key:
        """Make a key worthless, for good.

        Raises:
            ServerError: There is no such key, or the file can't be written.
        """
        with self._writing() as keys:
            if key_id not in keys:
                raise ServerError(
                    f"there is no key {key_id!r} in {str(self.path)!r}, expected an id that "
                    "`frontdesk keys list` shows"
                )
            if keys[key_id].revoked is None:
                revoked = now.isoformat(timespec="seconds")
                keys[key_id] = keys[key_id].model_copy(update={"revoked": revoked})
            return keys[key_id]

    def asker(self, secret: str, *, now: datetime) -> Asker | None:
        """Return whose key this is, or None if it isn't one that counts."""
        match = _SHAPE.fullmatch(secret)
        key = self._current().get(match[1]) if match else None
        # The comparison is made for unknown ids too: its time says nothing.
        expected = key.sha256 if key is not None else "0" * 64
        same = hmac.compare_digest(_hashed(match[2] if match else ""), expected)
        if key is None or not same or key.state(now) != "active":
            return None
        return Asker(f"key:{key.id}", frozenset(key.roles), AskerKind.KEY, f"key:{key.id}")

    def load(self) -> None:
        """Read the file now.

        Raises:
            ServerError: It is damaged: better told at the start than to the first who asks.
        """
        with self._lock:
            self._stamp = _stamp(self.path)
            self._keys = self._read()

    def _current(self) -> dict[str, Key]:
        """Return the keys, read again if the file changed.

        A file that vanished, or can't be read any more, opens and closes nothing: the keys
        read last go on, and the log says so, once for each such state of the file.
        """
        with self._lock:
            now = time.monotonic()
            if now - self._looked < _LOOK_AGAIN_S:
                return self._keys
            self._looked = now
            stamp = _stamp(self.path)
            if stamp == self._stamp:
                return self._keys
            try:
                if stamp is None:
                    raise ServerError(f"the keys {str(self.path)!r} are gone")
                self._keys = self._read()
            except ServerError as error:
                ERRORS.error("the keys read last go on: %s", error)
            self._stamp = stamp
            return self._keys

    def _read(self) -> dict[str, Key]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ServerError(
                f"the keys {str(self.path)!r} can't be read ({error}): check path and permissions"
            ) from error
        try:
            return {key.id: key for key in _Kept.model_validate_json(content).keys}
        except ValidationError as error:
            raise ServerError(
                f"the keys {str(self.path)!r} are damaged ({worded(error)}): restore them from a "
                "backup, or move the file away and make new keys"
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[dict[str, Key]]:
        """Hold the file, and store what becomes of the keys."""
        folder = self.path.absolute().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_LOCK_WAIT_S, mode=0o600):
                keys = self._read()
                yield keys
                self._write(keys)
        except Timeout as error:
            raise ServerError(
                f"the keys {str(self.path)!r} are held by another process: try again"
            ) from error
        except OSError as error:
            raise ServerError(
                f"the keys {str(self.path)!r} can't be written ({error.strerror or error}): "
                "check the folder's permissions"
            ) from error

    def _write(self, keys: dict[str, Key]) -> None:
        content = _Kept(keys=list(keys.values())).model_dump_json(indent=2) + "\n"
        replace_file(self.path, content.encode("utf-8"), mode=0o600)


def _new_id(taken: dict[str, Key]) -> str:
    while True:
        found = "".join(secrets.choice(_ID_LETTERS) for _ in range(8))
        if found not in taken:
            return found


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
