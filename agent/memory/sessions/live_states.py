"""What only this process knows of the sessions used last, since it is stored masked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from agent.types import FormProgress, Pending, SlotValue

__all__ = ["LiveStates", "RawState"]

_MAX_LIVE = 10_000


@dataclass(frozen=True)
class RawState:
    """What of a session only this process knows, since it is stored masked.

    Attributes:
        version: The stored session that it belongs to.
        slots: Raw.
        forms: Raw.
        pending: Raw.
        said: What was said since this process knows the session, raw; kept only where
            the configuration hands over personal data.
    """

    version: int
    slots: Mapping[str, SlotValue]
    forms: tuple[FormProgress, ...]
    pending: Pending | None
    said: tuple[tuple[str, str], ...] = ()


class LiveStates:
    """The states of the sessions used last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[tuple[str, str], RawState] = OrderedDict()

    def of(self, key: tuple[str, str], version: int) -> RawState | None:
        """Return the state that belongs to this version of a session, or None."""
        with self._lock:
            state = self._states.get(key)
            return state if state is not None and state.version == version else None

    def keep(self, key: tuple[str, str], state: RawState) -> None:
        """Remember a state, and forget the one that was used longest ago."""
        with self._lock:
            self._states[key] = state
            self._states.move_to_end(key)
            if len(self._states) > _MAX_LIVE:
                self._states.popitem(last=False)

    def forget(self, key: tuple[str, str]) -> None:
        """Forget a session."""
        with self._lock:
            self._states.pop(key, None)
