from __future__ import annotations

import pytest

from agent.memory.sessions import live_states
from agent.memory.sessions.live_states import LiveStates, RawState


def state(version: int) -> RawState:
    return RawState(version, {"item": "mouse"}, (), None)


def test_memory_knows_the_version_that_it_was_given_alone() -> None:
    memory = LiveStates()
    memory.keep(("ann", "s"), state(2))
    assert memory.of(("ann", "s"), 2) == state(2)
    assert memory.of(("ann", "s"), 3) is None
    assert memory.of(("bob", "s"), 2) is None


def test_memory_forgets_what_it_is_told_to() -> None:
    memory = LiveStates()
    memory.keep(("ann", "s"), state(1))
    memory.forget(("ann", "s"))
    memory.forget(("ann", "s"))
    assert memory.of(("ann", "s"), 1) is None


def test_memory_forgets_what_was_used_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_states, "_MAX_LIVE", 2)
    memory = LiveStates()
    for name in ("a", "b", "a", "c"):
        memory.keep(("ann", name), state(1))
    assert [memory.of(("ann", name), 1) is None for name in "abc"] == [False, True, False]
