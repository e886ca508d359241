"""Plays test conversations against an agent, each in a session of its own.

Nothing depends on the day or the network: the clock stands still on the conversation's day,
and actions reach nothing but its endpoints on loopback. A conversation ends at its first
step that differs, since what comes after would differ for that reason alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from agent.types import Conversations, Session
from agent.workshop.conversations.checks import Difference, Observed, differences, observe
from agent.workshop.conversations.endpoints import LoopbackEndpoints
from agent.workshop.conversations.types import DEFAULT_TODAY, Conversation, Step, Suite

__all__ = [
    "OWNER",
    "Played",
    "PlayedStep",
    "Results",
    "Stage",
    "SuiteClock",
    "play",
    "run",
]

OWNER = "evaluation"
"""Whose sessions the conversations are."""

_NINE = time(9, tzinfo=UTC)
_BETWEEN_STEPS = timedelta(seconds=20)


class SuiteClock:
    """A clock that stands where it is put: nine o'clock UTC on the conversation's day."""

    def __init__(self) -> None:
        self.now = datetime.combine(DEFAULT_TODAY, _NINE)

    def put(self, day: date) -> None:
        """Put it on a day."""
        self.now = datetime.combine(day, _NINE)

    def go_on(self) -> None:
        """Let the time between two messages pass."""
        self.now += _BETWEEN_STEPS

    def __call__(self) -> datetime:
        """Return what time it is."""
        return self.now


@dataclass(frozen=True)
class Stage:
    """What conversations are played on.

    Attributes:
        agent: Who replies; it must go by `clock` and call out by `endpoints.client`.
        clock: The agent's clock.
        endpoints: Where the agent's actions arrive; running.
        session: Looks up a session as it is stored.
        stored: Looks up everything stored of a session, as JSON text.
    """

    agent: Conversations
    clock: SuiteClock
    endpoints: LoopbackEndpoints
    session: Callable[[str], Session | None]
    stored: Callable[[str], str]


@dataclass(frozen=True)
class PlayedStep:
    """One step as it was played.

    Attributes:
        step: What was said and expected.
        observed: What came back; None if the agent raised.
        differences: Expectations that weren't met.
    """

    step: Step
    observed: Observed | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Played:
    """A conversation as it was played, up to the first step that differs."""

    conversation: Conversation
    steps: tuple[PlayedStep, ...]

    @property
    def failed(self) -> PlayedStep | None:
        """The step that differs, or None if all went as expected."""
        return self.steps[-1] if self.steps and self.steps[-1].differences else None


@dataclass(frozen=True)
class Results:
    """What came of a suite.

    Attributes:
        played: One a conversation, in order.
        signature: What was run, with what.
    """

    played: tuple[Played, ...]
    signature: Mapping[str, Any]

    @property
    def failures(self) -> tuple[Played, ...]:
        """Conversations that differ."""
        return tuple(one for one in self.played if one.failed is not None)

    @property
    def steps(self) -> int:
        """How many steps were played."""
        return sum(len(one.steps) for one in self.played)


def run(
    suite: Suite,
    stage: Stage,
    *,
    signature: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Play every conversation of a suite.

    Args:
        suite: The conversations.
        stage: What they are played on.
        signature: Kept beside the results.
        progress: Called with (done, total) conversations.
    """
    played: list[Played] = []
    for number, conversation in enumerate(suite.conversations, 1):
        played.append(play(conversation, stage))
        if progress is not None:
            progress(number, len(suite.conversations))
    return Results(tuple(played), signature or {})


def play(conversation: Conversation, stage: Stage) -> Played:
    """Play one conversation in a new session; what the agent raises is a difference."""
    stage.clock.put(conversation.today)
    stage.endpoints.use(conversation.endpoints)
    session: str | None = None
    played: list[PlayedStep] = []
    with _environment(conversation.environment):
        for step in conversation.steps:
            one = _play_step(step, conversation, stage, session)
            played.append(one)
            if one.differences:
                break
            session = one.observed.reply.session if one.observed else session
            stage.clock.go_on()
    return Played(conversation, tuple(played))


def _play_step(
    step: Step, conversation: Conversation, stage: Stage, session: str | None
) -> PlayedStep:
    n_calls = len(stage.endpoints.calls)
    try:
        reply = stage.agent.reply(
            step.say,
            session=session,
            roles=conversation.roles,
            owner=OWNER,
            channel=OWNER,
        )
        decision = stage.agent.decision(reply.decision_id, owner=OWNER)
    except Exception as error:
        # Whatever it is: one broken conversation mustn't hide how the others went.
        got = f"{type(error).__name__}: {error}"
        return PlayedStep(step, None, (Difference("reply", "a reply", got, step.line),))
    calls = stage.endpoints.calls[n_calls:]
    observed = observe(
        reply,
        decision,
        stage.session(reply.session),
        sent=calls[-1].json if calls else None,
        stored=stage.stored(reply.session),
    )
    return PlayedStep(step, observed, differences(step, observed))


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
