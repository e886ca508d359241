"""What the store tells of a session besides the session itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Feedback", "SessionSummary"]


@dataclass(frozen=True)
class SessionSummary:
    """A session in a list.

    Attributes:
        id: Its id.
        owner: Who it belongs to.
        channel: Where it runs.
        created: ISO 8601 UTC.
        updated: When it was last saved, ISO 8601 UTC.
        turns: How many it has.
        handed_over: A person has taken over.
    """

    id: str
    owner: str
    channel: str
    created: str
    updated: str
    turns: int
    handed_over: bool


@dataclass(frozen=True)
class Feedback:
    """What a person thought of a reply.

    Attributes:
        decision: The id of the reply's decision.
        helpful: Thumbs up or down.
        comment: In their own words, masked; may be empty.
        at: ISO 8601 UTC.
    """

    decision: str
    helpful: bool
    comment: str
    at: str
