"""Encodings kept between evaluations, by encoder and text.

One SQLite file an encoder: atomic, safe with two processes, and a lookup costs far less than
the encoding. It is a cache and no more: a file that is damaged is thrown away, and where
nothing can be written the work is done without it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Encoder, Matrix

__all__ = ["CACHE_VARIABLE", "CachedEncoder", "default_cache_folder"]

CACHE_VARIABLE = "FRONTDESK_CACHE_DIR"

_TEXTS_AT_ONCE = 512
_BUSY_TIMEOUT_S = 30.0


def default_cache_folder() -> Path:
    """Return `$FRONTDESK_CACHE_DIR`, or `frontdesk` in the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "frontdesk"


class CachedEncoder:
    """An encoder that encodes each text once, ever.

    Args:
        encoder: What encodes the texts that aren't known.
        folder: Where the file is kept; made if absent. None keeps encodings in memory alone.
        progress: Called with (texts done, texts in all) while passages are encoded.
    """

    def __init__(
        self,
        encoder: Encoder,
        folder: Path | None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._encoder = encoder
        self._progress = progress
        self._memory: dict[bytes, NDArray[np.float32]] = {}
        self._path: Path | None = None
        if folder is not None:
            name = sha256(encoder.id.encode("utf-8", "surrogatepass")).hexdigest()[:24]
            self._path = folder / "encodings" / f"{name}.sqlite3"

    @property
    def id(self) -> str:
        """See types.Encoder."""
        return self._encoder.id

    @property
    def dim(self) -> int:
        """See types.Encoder."""
        return self._encoder.dim

    def knows(self, word: str) -> bool:
        """See `retrieval.search.spelling`."""
        return bool(getattr(self._encoder, "knows", lambda _: True)(word))

    def encode_queries(self, texts: Sequence[str]) -> Matrix:
        """See types.Encoder; remembered in memory too, since queries come one by one."""
        keys = [_key(b"query", text) for text in texts]
        if any(key not in self._memory for key in keys):
            rows = self._encoded(keys, texts, self._encoder.encode_queries, None)
            self._memory.update(zip(keys, rows, strict=True))
        if not keys:
            return np.zeros((0, self.dim), np.float32)
        return np.stack([self._memory[key] for key in keys])

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        """See types.Encoder."""
        keys = [_key(b"passage", text) for text in texts]
        return self._encoded(keys, texts, self._encoder.encode_passages, self._progress)

    def _encoded(
        self,
        keys: Sequence[bytes],
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], Matrix],
        progress: Callable[[int, int], None] | None,
    ) -> Matrix:
        rows = np.empty((len(texts), self.dim), np.float32)
        known = self._read(keys)
        missing: dict[bytes, list[int]] = {}
        for place, key in enumerate(keys):
            if key in known:
                rows[place] = known[key]
            else:
                missing.setdefault(key, []).append(place)
        # Texts of like length together: an encoder wastes least on them.
        order = sorted(missing, key=lambda key: len(texts[missing[key][0]]))
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            part = order[start : start + _TEXTS_AT_ONCE]
            vectors = encode([texts[missing[key][0]] for key in part])
            self._write(part, vectors)
            for key, vector in zip(part, vectors, strict=True):
                rows[missing[key]] = vector
            if progress is not None:
                progress(start + len(part), len(order))
        return rows

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found: dict[bytes, NDArray[np.float32]] = {}
        try:
            with closing(self._open()) as connection:
                for start in range(0, len(keys), _TEXTS_AT_ONCE):
                    part = keys[start : start + _TEXTS_AT_ONCE]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT key, vector FROM encodings WHERE key IN ({marks})"  # noqa: S608
                    for key, vector in connection.execute(query, part):
                        if len(vector) == 4 * self.dim:
                            found[key] = np.frombuffer(vector, "<f4")
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)
        return found

    def _write(self, keys: Sequence[bytes], vectors: Matrix) -> None:
        try:
            with closing(self._open()) as connection, connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO encodings VALUES (?, ?)", _blobs(keys, vectors)
                )
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            # Nothing is kept: an empty database costs less than a branch at every step.
            connection = sqlite3.connect(":memory:")
        else:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S)
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS encodings "
                "(key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _give_up(self, error: Exception) -> None:
        """Drop a damaged file; go on in memory where nothing can be read or written."""
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        if damaged and self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
                return
        self._path = None


def _key(kind: bytes, text: str) -> bytes:
    return sha256(kind + b"\0" + text.encode("utf-8", "surrogatepass")).digest()


def _blobs(keys: Sequence[bytes], vectors: Matrix) -> Iterator[tuple[bytes, bytes]]:
    for key, vector in zip(keys, vectors, strict=True):
        yield key, np.ascontiguousarray(vector, "<f4").tobytes()
