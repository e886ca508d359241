"""The REST webhook that users of Rasa already call, as the first channel.

`POST /webhooks/rest/webhook` with `{"sender", "message"}` gives a list of messages, each
with `recipient_id` and `text`, `buttons` (`title`, `payload`) or `custom`. Follows Rasa's
`RestInput` and `CollectingOutputChannel`, without their default sender and without their
200 for a failure. Who asks is said by a key or token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.server.asker import Asker
from agent.server.channels.bodies import MESSAGE_SCHEMA, read_message
from agent.server.channels.types import Message, WebhookRequest
from agent.server.settings import Settings
from agent.types import Reply
from qa.wire import answer_to_json

__all__ = ["RestChannel", "make"]


class RestChannel:
    """Speaks as Rasa's REST channel does."""

    name = "rest"
    path = "webhook"
    request_schema: Mapping[str, Any] = MESSAGE_SCHEMA
    reply_schema: Mapping[str, Any] = {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["recipient_id"],
            "properties": {
                "recipient_id": {"type": "string"},
                "text": {"type": "string"},
                "buttons": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["title", "payload"],
                        "properties": {"title": {"type": "string"}, "payload": {"type": "string"}},
                    },
                },
                "custom": {"type": "object"},
            },
        },
    }

    def asker(self, request: WebhookRequest) -> Asker | None:
        """Leave it to keys and tokens."""
        del request
        return None

    def read(self, request: WebhookRequest) -> Message:
        """Return sender and message; `metadata` and the like are left aside."""
        return read_message(request.body)

    def write(self, message: Message, reply: Reply) -> list[dict[str, Any]]:
        """Return the text with its buttons, then the quotes as a custom message."""
        first: dict[str, Any] = {"recipient_id": message.sender, "text": reply.text}
        if reply.choices:
            first["buttons"] = [{"title": each, "payload": each} for each in reply.choices]
        if not reply.citations:
            return [first]
        citations = [answer_to_json(answer) for answer in reply.citations]
        return [first, {"recipient_id": message.sender, "custom": {"citations": citations}}]


def make(settings: Settings) -> RestChannel:
    """Return the channel; it has no settings of its own."""
    del settings
    return RestChannel()
