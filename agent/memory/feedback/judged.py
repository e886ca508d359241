"""The turns that somebody judged, or that were refused, out of the stored conversations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.memory.sessions import SessionStore
from agent.types import Turn

__all__ = ["Judged", "judged_turns"]

_PAGE = 200


@dataclass(frozen=True)
class Judged:
    """A turn that somebody judged, or that was refused.

    Attributes:
        id: Of its decision.
        at: ISO 8601 UTC.
        channel: Where it was.
        route: Where the turn went.
        question: What was searched, or else the message.
        status: "answered", "refused", or empty where no article was asked for.
        reason: The refusal's.
        article_id: The article quoted, or the nearest.
        quote: The answer's own text, or the best candidate's.
        confidence: That the quote is right, 0 to 1.
        thumb: "up", "down", or empty where nobody said.
        correction: In the person's words.
    """

    id: str
    at: str
    channel: str
    route: str
    question: str
    status: str = ""
    reason: str = ""
    article_id: str = ""
    quote: str = ""
    confidence: float = 0.0
    thumb: str = ""
    correction: str = ""

    @property
    def has_answer(self) -> bool | None:
        """Whether there is an answer, as far as a person has said so; None if none has."""
        if self.correction or (self.thumb == "up" and self.status == "answered"):
            return True
        return False if self.thumb == "up" and self.status == "refused" else None


def judged_turns(sessions: SessionStore) -> Iterator[Judged]:
    """Yield every turn that was judged or refused, of every conversation.

    Raises:
        SessionError: The file can't be read.
    """
    offset = 0
    while page := sessions.sessions(None, limit=_PAGE, offset=offset):
        for summary in page:
            session = sessions.load(summary.id, summary.owner)
            if session is None:
                continue  # deleted meanwhile
            given = {each.decision: each for each in sessions.feedback(summary.id, summary.owner)}
            for turn in session.turns:
                said = given.get(turn.decision.id)
                thumb = "" if said is None else "up" if said.helpful else "down"
                judged = _judged(turn, summary.channel, thumb, said.comment if said else "")
                if judged.thumb or judged.status == "refused":
                    yield judged
        offset += len(page)


def _judged(turn: Turn, channel: str, thumb: str, correction: str) -> Judged:
    verdict = turn.decision.inputs.get("verdict") or {}
    found = (verdict.get("found") or [{}])[0]
    return Judged(
        id=turn.decision.id,
        at=turn.at,
        channel=channel,
        route=turn.route.value,
        question=turn.question or turn.message,
        status=verdict.get("status", ""),
        reason=verdict.get("reason") or "",
        article_id=found.get("article_id", ""),
        quote=found.get("quote", ""),
        confidence=found.get("confidence", 0.0),
        thumb=thumb,
        correction=correction,
    )
