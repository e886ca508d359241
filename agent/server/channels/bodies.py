"""Reads `{"sender": …, "message": …}`, the body that simple webhooks share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agent.server.channels.types import Message, Unreadable

__all__ = ["MESSAGE_SCHEMA", "read_message"]

_MAX_SENDER = 256
# Neither space nor control character; languages differ in which of these \s counts.
_VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f\ufeff]"

MESSAGE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["sender", "message"],
    "properties": {
        "sender": {
            "type": "string",
            "minLength": 1,
            "maxLength": _MAX_SENDER,
            "pattern": _VISIBLE,
            "description": "Whose message it is; each sender has a conversation.",
        },
        "message": {"type": "string", "description": "What they wrote."},
    },
    "example": {"sender": "employee-4711", "message": "How do I reset my password?"},
}


def read_message(body: bytes) -> Message:
    """Return the message of a JSON body; other members are left aside.

    Raises:
        Unreadable: It isn't JSON, or sender or message is missing.
    """
    try:
        given = json.loads(body.decode("utf-8"))
        sender, text = given["sender"], given["message"]
    except (ValueError, RecursionError) as error:
        raise Unreadable("the body isn't JSON in UTF-8") from error
    except (KeyError, TypeError) as error:
        raise Unreadable('expected {"sender": "…", "message": "…"}, each a text') from error
    if not isinstance(sender, str) or not isinstance(text, str):
        raise Unreadable("expected sender and message to be texts")
    if re.search(_VISIBLE, sender) is None or len(sender) > _MAX_SENDER:
        raise Unreadable(
            f"expected a sender of 1 to {_MAX_SENDER} characters, not all of them blank: "
            "nobody's conversation is anybody's"
        )
    try:
        (sender + text).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unreadable("the texts hold half a surrogate pair") from error
    return Message(sender, text)
