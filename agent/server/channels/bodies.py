"""Reads `{"sender": …, "message": …}`, the body that simple webhooks share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.server.channels.types import Message, Unreadable
from retrieval.system.untrusted import parse_json

__all__ = ["MESSAGE_SCHEMA", "read_message"]

_MAX_SENDER = 256
# Neither space nor control character; languages differ in which of these \s counts.
_VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f\ufeff]"


class _Body(BaseModel):
    """One message."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "example": {"sender": "employee-4711", "message": "How do I reset my password?"}
        },
    )

    sender: Annotated[
        str,
        Field(
            min_length=1,
            max_length=_MAX_SENDER,
            pattern=_VISIBLE,
            description="Whose message it is; each sender has a conversation.",
        ),
    ]
    message: Annotated[str, Field(description="What they wrote.")]


MESSAGE_SCHEMA: Mapping[str, Any] = _Body.model_json_schema()


def read_message(body: bytes) -> Message:
    """Return the message of a JSON body; other members are left aside.

    Raises:
        Unreadable: It isn't JSON, or sender or message is missing or makes no sense.
    """
    try:
        given = _Body.model_validate(parse_json(body, max_bytes=len(body)))
    except ValidationError as error:
        raise Unreadable(
            'expected {"sender": "…", "message": "…"}, each a text, the sender of 1 to '
            f"{_MAX_SENDER} characters that aren't all blank: nobody's conversation is anybody's"
        ) from error
    except ValueError as error:
        raise Unreadable("the body isn't JSON in UTF-8, or is nested too deeply") from error
    return Message(given.sender, given.message)
