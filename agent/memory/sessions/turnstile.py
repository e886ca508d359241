"""Lets one thread at a time through for a key, in the order in which they came.

A plain lock may let the second overtake the first; two messages of one session must be
taken in the order in which they were sent.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

__all__ = ["Turnstile"]


class Turnstile:
    """One queue a key; keys that nobody waits for take no memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Hashable, deque[threading.Event]] = {}

    @contextmanager
    def through(self, key: Hashable) -> Iterator[None]:
        """Wait until everyone who came before for this key has gone."""
        mine = threading.Event()
        with self._lock:
            queue = self._queues.setdefault(key, deque())
            queue.append(mine)
            if len(queue) == 1:
                mine.set()
        try:
            mine.wait()
            yield
        finally:
            with self._lock:
                queue.remove(mine)
                if queue:
                    queue[0].set()
                else:
                    del self._queues[key]
