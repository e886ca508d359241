from __future__ import annotations

import json
from typing import Any

import pytest

from agent.server.api.schemas.v1 import ChatReply, chat_json
from agent.server.api.sse import encode_event
from agent.types import Handover, HandoverReason, Reply, Route, Verdict
from qa.types import NearestArticle


def test_chat_returns_the_contracts_json(serve: Any) -> None:
    running = serve()
    with running.client() as client:
        response = client.post("/v1/chat", json={"message": "vpn"})
    assert response.status_code == 200
    reply = response.json()
    assert set(reply) == {
        "session", "reply", "route", "intent", "citations", "choices", "confidence", "decision_id",
        "handoff", "parts",
    }  # fmt: skip
    assert (reply["handoff"], reply["parts"]) == (None, [])
    assert reply["route"] == "ANSWER"
    quote = reply["citations"][0]
    assert quote["article_id"] == "it/vpn"
    assert quote["text"] == "Connect."


def test_chat_json_holds_the_packet_and_the_parts_of_a_reply() -> None:
    packet = Handover("s", HandoverReason.ASKED, transcript=(("user", "a person"),))
    parts = (
        Verdict("vpn?", "answered", confidence=0.9),
        Verdict("tea?", "refused", "not_found", nearest=(NearestArticle("it/vpn", "VPN"),)),
    )
    reply = Reply("s", "Hm.", Route.HANDOFF, None, 0.5, "d", handover=packet, parts=parts)
    written = chat_json(reply)
    assert written["handoff"]["reason"] == "asked"
    assert written["handoff"]["transcript"] == [{"speaker": "user", "text": "a person"}]
    assert [part["question"] for part in written["parts"]] == ["vpn?", "tea?"]
    assert [part["refusal"] for part in written["parts"]] == [
        None,
        {
            "reason": "not_found",
            "message": "not found",
            "nearest": [{"article_id": "it/vpn", "title": "VPN"}],
        },
    ]
    assert ChatReply.model_validate_json(json.dumps(written), strict=False).parts[1].refusal


def test_chat_goes_on_with_its_session(serve: Any) -> None:
    running = serve()
    with running.client() as client:
        first = client.post("/v1/chat", json={"message": "vpn"}).json()
        again = client.post("/v1/chat", json={"message": "vpn", "session": first["session"]})
    assert again.json()["session"] == first["session"]
    assert len(running.sessions.sessions("anonymous")) == 1


def test_chat_streams_events_and_ends_with_the_same_json(serve: Any) -> None:
    running = serve()
    with (
        running.client() as client,
        client.stream(
            "POST", "/v1/chat", json={"message": "vpn"}, headers={"Accept": "text/event-stream"}
        ) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        events = _events(response.read().decode())
    kinds = [kind for kind, _ in events]
    assert kinds == ["status", "delta", "delta", "citation", "done"]
    text = "".join(event["text"] for kind, event in events if kind == "delta")
    assert events[-1][1]["reply"] == text
    assert events[-1][1]["citations"] == [events[3][1]]


def _events(text: str) -> list[tuple[str, Any]]:
    import json

    found = []
    for block in text.strip().split("\n\n"):
        name, value = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(value.removeprefix("data: "))))
    return found


@pytest.mark.parametrize("text", ["a\nb", "a\r\n\r\nb", "\u2028", "é🙂"])
def test_encode_event_keeps_every_text_on_one_line(text: str) -> None:
    encoded = encode_event("delta", {"text": text}).decode()
    assert encoded.count("\n") == 3
    assert _events(encoded) == [("delta", {"text": text})]
