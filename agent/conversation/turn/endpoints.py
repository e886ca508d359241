"""The company's endpoints, called where what was decided needs it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.types import SlotValue

if TYPE_CHECKING:
    import httpx

    from agent.configuration.schema import Action

__all__ = ["Endpoints"]


class Endpoints:
    """Calls endpoints; safe to share between threads."""

    def __init__(self, http: httpx.Client | None = None) -> None:
        """Name the client.

        Args:
            http: Closed by whoever made it; one of our own, made with the first call, if
                not given.
        """
        self._http = http
        self._own_http: httpx.Client | None = None
        self._lock = threading.Lock()

    def call(self, action: Action, values: Mapping[str, SlotValue]) -> Mapping[str, Any]:
        """Return what an endpoint answered.

        Raises:
            ActionError: As `agent.conversation.actions.call`.
        """
        from agent.conversation.actions import call

        return call(action, values, http=self._client())

    def _client(self) -> httpx.Client:
        if self._http is not None:
            return self._http
        with self._lock:
            if self._own_http is None:
                import httpx

                self._own_http = httpx.Client(follow_redirects=False)
            return self._own_http

    def close(self) -> None:
        """Close the client of our own."""
        with self._lock:
            if self._own_http is not None:
                self._own_http.close()
                self._own_http = None
