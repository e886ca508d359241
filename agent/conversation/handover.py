"""The packet for the person who takes over: everything that was said, tried and found.

Pure. It is put together from the turns as they are stored, so it is masked as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.types import (
    Handover,
    HandoverReason,
    IntentRanking,
    IntentScore,
    Session,
    SlotValue,
    Turn,
)

__all__ = ["make_packet", "packet_to_json", "said_in"]


def make_packet(
    session: Session,
    *,
    reason: HandoverReason,
    detail: str = "",
    ranking: IntentRanking | None = None,
    slots: Mapping[str, SlotValue] | None = None,
    form: str | None = None,
    transcript: Sequence[tuple[str, str]] | None = None,
    created: str = "",
) -> Handover:
    """Put a packet together.

    Args:
        session: With the turn that hands over already in it.
        reason: Why a person takes over.
        detail: The rule, action or form behind it.
        ranking: Of the last message.
        slots: What was gathered, masked unless the configuration says otherwise.
        form: The form that was open, or None.
        transcript: Instead of what the session's turns say.
        created: ISO 8601 UTC.
    """
    return Handover(
        session=session.id,
        reason=reason,
        detail=detail,
        transcript=tuple(said_in(session.turns) if transcript is None else transcript),
        intents=_intents(ranking),
        searched=tuple(_searched(session.turns)),
        slots=dict(slots or {}),
        form=form,
        created=created,
    )


def packet_to_json(packet: Handover) -> dict[str, Any]:
    """Return a packet as a help-desk ticket takes it."""
    fields = asdict(packet)
    fields["reason"] = packet.reason.value
    fields["transcript"] = [
        {"speaker": speaker, "text": text} for speaker, text in packet.transcript
    ]
    fields["intents"] = [asdict(score) for score in packet.intents]
    fields["searched"] = [dict(search) for search in packet.searched]
    return fields


def said_in(turns: Sequence[Turn]) -> Iterator[tuple[str, str]]:
    """Give (speaker "user" or "agent", text) of some turns, oldest first."""
    for turn in turns:
        if turn.message or turn.decision.rule != "colleague":
            yield ("user", turn.message)
        yield ("agent", turn.reply)


def _intents(ranking: IntentRanking | None) -> tuple[IntentScore, ...]:
    """Return labels with the probability that they are meant, being in scope included."""
    if ranking is None:
        return ()
    return tuple(
        IntentScore(score.intent, score.confidence * ranking.in_scope) for score in ranking.scores
    )


def _searched(turns: Sequence[Turn]) -> Iterator[dict[str, Any]]:
    for turn in turns:
        verdict = turn.decision.inputs.get("verdict")
        if turn.question is None or not isinstance(verdict, Mapping):
            continue
        yield {
            "question": turn.question,
            "status": verdict["status"],
            "reason": verdict["reason"],
            "confidence": verdict["confidence"],
            "found": [
                {
                    "article_id": found["article_id"],
                    "title": found["title"],
                    "confidence": found["confidence"],
                }
                for found in verdict["found"]
            ],
        }
