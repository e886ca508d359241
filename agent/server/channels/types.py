"""What a channel is: it reads a medium's request and writes a medium's reply.

It holds no dialogue and does no I/O of its own: the server receives and sends, finds out
who is asking, keeps their session and runs the agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agent.errors import AgentError
from agent.server.asker import Asker
from agent.types import Reply

__all__ = ["Channel", "Message", "NotSigned", "Unreadable", "WebhookRequest"]


class Unreadable(AgentError):
    """A webhook's body isn't what its channel expects; the message doesn't quote it."""


class NotSigned(AgentError):
    """A webhook's proof of who sent it doesn't hold."""


@dataclass(frozen=True)
class WebhookRequest:
    """What came in.

    Attributes:
        headers: Names in lower case.
        body: As sent.
        caller: The last part of the path, for channels whose path has one.
    """

    headers: Mapping[str, str]
    body: bytes
    caller: str = ""


@dataclass(frozen=True)
class Message:
    """One message from someone.

    Attributes:
        sender: As the medium calls them; never empty, never a default.
        text: What they wrote.
    """

    sender: str
    text: str


class Channel(Protocol):
    """Adapts one medium.

    Attributes:
        name: In the settings, in sessions and metrics.
        path: Where it takes messages, after `/webhooks/<name>/`; `{caller}` is passed on.
        request_schema: JSON Schema of the body, with an example.
        reply_schema: JSON Schema of what goes back.
    """

    name: str
    path: str
    request_schema: Mapping[str, Any]
    reply_schema: Mapping[str, Any]

    def asker(self, request: WebhookRequest) -> Asker | None:
        """Return who sent it, by the channel's own proof; None leaves it to keys and tokens.

        Raises:
            NotSigned: The proof doesn't hold.
        """
        ...

    def read(self, request: WebhookRequest) -> Message:
        """Return the message.

        Raises:
            Unreadable: There is none.
        """
        ...

    def write(self, message: Message, reply: Reply) -> Any:
        """Return the reply as the medium's JSON."""
        ...
