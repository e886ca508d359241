"""Telling a channel what happens, and the reply in parts."""

from __future__ import annotations

from collections.abc import Callable

from agent.conversation.dialogue.wording import pieces
from agent.conversation.turn.failures import log_failure
from agent.types import Event, Reply

__all__ = ["Listener", "OnEvent"]

OnEvent = Callable[[Event], None]
"""What a channel is told by."""


class Listener:
    """Tells a channel what happens; a channel that fails doesn't stop the turn."""

    def __init__(self, on_event: OnEvent | None) -> None:
        self._on_event = on_event

    def status(self, text: str) -> None:
        """Say what is being done."""
        self._tell(Event("status", text))

    def all_of(self, reply: Reply) -> None:
        """Give the reply in parts, then what supports it."""
        if self._on_event is None:
            return
        for piece in pieces(reply.text):
            self._tell(Event("delta", piece))
        for quote in reply.citations:
            self._tell(Event("citation", answer=quote))

    def _tell(self, event: Event) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception as error:
            log_failure(error)
            self._on_event = None
