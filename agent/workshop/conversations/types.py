"""Test conversations as values: what is said, what must come back, what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

__all__ = ["DEFAULT_TODAY", "Check", "Conversation", "Endpoint", "Step", "Suite"]

DEFAULT_TODAY = date(2026, 3, 2)
"""A Monday; what day it is in a conversation that doesn't say."""


@dataclass(frozen=True)
class Check:
    """One expectation of a step.

    Attributes:
        key: One of `KEYS`.
        texts: What is wanted, for all keys but `slots` and `sent`; empty means none.
        values: What is wanted by name, for `slots` and `sent`; None for the other keys,
            and for `none`.
        line: In its file, from 1.
    """

    key: str
    texts: tuple[str, ...] = ()
    values: Mapping[str, Any] | None = None
    line: int = 0


@dataclass(frozen=True)
class Step:
    """One message and what must come back.

    Attributes:
        say: The message.
        checks: In the order in which they are written.
        line: In its file, from 1.
    """

    say: str
    checks: tuple[Check, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Endpoint:
    """How one of the company's own endpoints behaves in a conversation.

    Attributes:
        url: As the action calls it, without the query.
        method: Of the calls that it takes.
        status: Of its response.
        json: Its response's body.
        text: The body in place of `json`, for an endpoint that doesn't send JSON.
        delay_s: How long it lets a caller wait.
        closed: Nobody listens there: every call is refused.
    """

    url: str
    method: str = "GET"
    status: int = 200
    json: Any = None
    text: str | None = None
    delay_s: float = 0.0
    closed: bool = False


@dataclass(frozen=True)
class Conversation:
    """A whole test conversation.

    Attributes:
        name: Unique in the suite.
        steps: At least one.
        path: The file, as the user named it.
        line: Where it starts there, from 1.
        today: What day it is.
        roles: The person's roles.
        endpoints: What answers the agent's actions; any other address is closed.
        environment: Variables that the configuration's `${NAME}` finds.
    """

    name: str
    steps: tuple[Step, ...]
    path: str = ""
    line: int = 0
    today: date = DEFAULT_TODAY
    roles: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """Every conversation of some files.

    Attributes:
        conversations: In file order, files by name.
        files: What was read.
    """

    conversations: tuple[Conversation, ...]
    files: tuple[Path, ...]
