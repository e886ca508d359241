"""Looks after something again and again, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Poller"]


class Poller:
    """Calls `look` every so often until it is closed.

    Args:
        look: Raises nothing, and is quick where nothing has changed.
        every_s: Rest between two calls.
    """

    def __init__(self, look: Callable[[], object], *, every_s: float) -> None:
        self._look = look
        self._every_s = every_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="frontdesk-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, after the call under way."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            self._look()
