"""A webhook that signs its messages with a shared secret, as the second channel.

`POST /webhooks/signed/<name>` with `X-Frontdesk-Timestamp` (Unix seconds; with a fraction,
the same message may be sent twice in one second) and
`X-Frontdesk-Signature: v1=<hex>`, the HMAC-SHA256 of `<timestamp>.<body>` under the secret
of that name. A time too far from ours is refused, and so is a signature seen before, also
after a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from agent.errors import ServerError
from agent.server.asker import Asker, AskerKind
from agent.server.channels.bodies import MESSAGE_SCHEMA, read_message
from agent.server.channels.types import Message, NotSigned, WebhookRequest
from agent.server.settings import Settings, WebhookSettings
from agent.types import Reply
from qa.wire import answer_to_json

__all__ = ["SIGNATURE", "TIMESTAMP", "SignedChannel", "make", "signature"]

TIMESTAMP = "x-frontdesk-timestamp"
SIGNATURE = "x-frontdesk-signature"

_NO_SECRET = SecretStr("-" * 64)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what `X-Frontdesk-Signature` must be."""
    signed = timestamp.encode("utf-8") + b"." + body
    return "v1=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


class SignedChannel:
    """Takes messages from callers that share a secret with the server.

    Args:
        callers: By name.
        seen: Remembers signatures.
        clock: Unix time.
    """

    name = "signed"
    path = "{caller}"
    request_schema: Mapping[str, Any] = MESSAGE_SCHEMA
    reply_schema: Mapping[str, Any] = {
        "type": "object",
        "required": ["recipient", "text", "route", "choices", "citations", "decision_id"],
        "properties": {
            "recipient": {"type": "string"},
            "text": {"type": "string"},
            "route": {"type": "string"},
            "choices": {"type": "array", "items": {"type": "string"}},
            "citations": {"type": "array", "items": {"type": "object"}},
            "decision_id": {"type": "string"},
        },
    }

    def __init__(
        self,
        callers: Mapping[str, WebhookSettings],
        seen: SeenOnce,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._callers = callers
        self._seen = seen
        self._clock = clock

    def asker(self, request: WebhookRequest) -> Asker:
        """Return the caller, if time and signature hold and are new."""
        caller = self._callers.get(request.caller)
        # Worked out for unknown callers too: its time says nothing about who there is.
        secret = (caller.secret if caller else _NO_SECRET).get_secret_value()
        timestamp = request.headers.get(TIMESTAMP, "")
        given = request.headers.get(SIGNATURE, "")
        expected = signature(secret, timestamp, request.body)
        holds = hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8"))
        if (
            caller is None
            or not holds
            or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", timestamp)
        ):
            raise NotSigned("the signature doesn't hold")
        now = self._clock()
        if abs(now - float(timestamp)) > caller.window_s:
            raise NotSigned("the timestamp is too far from the server's time")
        if not self._seen.first(
            f"{request.caller} {given}", now, float(timestamp) + caller.window_s
        ):
            raise NotSigned("the signature was used before: sign every message anew")
        name = f"webhook:{request.caller}"
        return Asker(name, frozenset(caller.roles), AskerKind.WEBHOOK, name)

    def read(self, request: WebhookRequest) -> Message:
        """Return sender and message."""
        return read_message(request.body)

    def write(self, message: Message, reply: Reply) -> dict[str, Any]:
        """Return the reply."""
        return {
            "recipient": message.sender,
            "text": reply.text,
            "route": reply.route.value,
            "choices": list(reply.choices),
            "citations": [answer_to_json(answer) for answer in reply.citations],
            "decision_id": reply.decision_id,
        }


class SeenOnce:
    """Remembers texts until they would be refused anyhow, across restarts.

    Args:
        path: A small SQLite file; None remembers in memory.

    Raises:
        ServerError: The file can't be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
            if path is not None:
                path.chmod(0o600)
            with closing(self._connection.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute("PRAGMA synchronous = NORMAL")
                cursor.execute(
                    "CREATE TABLE IF NOT EXISTS seen "
                    "(text BLOB PRIMARY KEY, until REAL NOT NULL) STRICT, WITHOUT ROWID"
                )
        except (sqlite3.Error, OSError) as error:
            raise ServerError(
                f"the file of signatures seen {str(path)!r} can't be used ({error}): check the "
                "folder's permissions, or delete the file"
            ) from error

    def first(self, text: str, now: float, until: float) -> bool:
        """Remember a text; return whether it is new.

        Args:
            text: Any.
            now: Unix time; what had to be remembered until before is forgotten.
            until: Unix time after which it needn't be remembered.
        """
        digest = hashlib.sha256(text.encode("utf-8")).digest()
        with self._lock, closing(self._connection.cursor()) as cursor:
            cursor.execute("DELETE FROM seen WHERE until < ?", (now,))
            cursor.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, until))
            return cursor.rowcount == 1

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def make(settings: Settings) -> SignedChannel:
    """Return the channel, with the callers that the settings name."""
    path = None
    if settings.webhooks:
        path = settings.sessions_file.with_name(f"{settings.sessions_file.name}.seen")
        path.parent.mkdir(parents=True, exist_ok=True)
    return SignedChannel(settings.webhooks, SeenOnce(path))
