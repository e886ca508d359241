from __future__ import annotations

import json
from typing import Any

from agent.conversation.handover import make_packet, packet_to_json, said_in
from agent.types import (
    Decision,
    HandoverReason,
    IntentRanking,
    IntentScore,
    Route,
    Session,
    Turn,
)

FOUND = {"article_id": "vpn", "title": "VPN", "confidence": 0.3, "quote": "Sign in.", "named": True}
REFUSED = {
    "status": "refused",
    "reason": "low_confidence",
    "confidence": 0.3,
    "found": [FOUND],
}


def turn(message: str, verdict: dict[str, Any] | None = None, question: str | None = None) -> Turn:
    decision = Decision("d", Route.ANSWER, "refused", None, 0.3, {"verdict": verdict}, "No.")
    return Turn(message, f"re {message}", Route.ANSWER, None, decision, "now", question=question)


SESSION = Session("s", turns=(turn("hi"), turn("vpn?", REFUSED, "the vpn?"), turn("odd", REFUSED)))


def test_packet_tells_what_was_said_and_searched() -> None:
    packet = make_packet(SESSION, reason=HandoverReason.UNSURE_TWICE, created="now")
    assert packet.transcript == tuple(said_in(SESSION.turns))
    assert packet.transcript[:2] == (("user", "hi"), ("agent", "re hi"))
    (searched,) = packet.searched
    assert searched == {
        "question": "the vpn?",
        "status": "refused",
        "reason": "low_confidence",
        "confidence": 0.3,
        "found": [{"article_id": "vpn", "title": "VPN", "confidence": 0.3}],
    }
    assert (packet.intents, packet.slots, packet.form) == ((), {}, None)


def test_packet_ranks_intents_by_the_chance_that_they_are_meant() -> None:
    ranking = IntentRanking((IntentScore("order", 0.5), IntentScore("leave", 0.25)), 0.5, 0.4)
    packet = make_packet(SESSION, reason=HandoverReason.ASKED, ranking=ranking)
    assert packet.intents == (IntentScore("order", 0.25), IntentScore("leave", 0.125))


def test_packet_takes_another_transcript_than_the_stored_one() -> None:
    said = (("user", "jo@example.com"),)
    packet = make_packet(SESSION, reason=HandoverReason.ASKED, transcript=said)
    assert packet.transcript == said
    assert make_packet(SESSION, reason=HandoverReason.ASKED, transcript=()).transcript == ()


def test_packet_is_json() -> None:
    packet = make_packet(
        SESSION,
        reason=HandoverReason.RULE,
        detail="legal",
        ranking=IntentRanking((IntentScore("order", 0.5),), 1.0, 0.4),
        slots={"item": "mouse", "days": 2},
        form="order",
        created="2026-03-02T09:00:00Z",
    )
    written = packet_to_json(packet)
    assert json.loads(json.dumps(written)) == written
    assert written["reason"] == "rule"
    assert written["transcript"][0] == {"speaker": "user", "text": "hi"}
    assert written["intents"] == [{"intent": "order", "confidence": 0.5}]
    assert written["slots"] == {"item": "mouse", "days": 2}
    assert (written["session"], written["detail"], written["form"]) == ("s", "legal", "order")
    assert written["searched"][0]["found"][0]["title"] == "VPN"
