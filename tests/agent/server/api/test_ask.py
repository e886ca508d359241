from __future__ import annotations

from typing import Any

from agent.server.settings import Limits


def test_ask_returns_the_json_of_the_command(serve: Any) -> None:
    with serve().client() as client:
        answered = client.post("/v1/ask", json={"question": "vpn"}).json()
        refused = client.post("/v1/ask", json={"question": "xyzzy"}).json()
        empty = client.post("/v1/ask", json={"question": ""}).json()
    keys = {
        "question", "status", "refusal", "answers", "calibration", "generation", "timings_ms",
    }  # fmt: skip
    assert set(answered) == set(refused) == set(empty) == keys
    answer = answered["answers"][0]
    assert set(answer) == {
        "text", "confidence", "reader", "article_id", "title", "url", "article_sha256", "start",
        "end", "passage_id", "snippet",
    }  # fmt: skip
    assert set(answer["snippet"]) == {"text", "start", "end", "kind", "header"}
    assert refused["status"] == "refused"
    assert refused["refusal"]["reason"] == "not_found"
    assert set(refused["refusal"]["nearest"][0]) == {"article_id", "title"}


def test_ask_passes_reader_and_budget_on(serve: Any) -> None:
    running = serve(limits=Limits(timeout_s=5))
    with running.client() as client:
        client.post("/v1/ask", json={"question": "vpn", "reader": "bidaf", "budget_ms": 100})
        client.post("/v1/ask", json={"question": "vpn", "budget_ms": 1e12})
        client.post("/v1/ask", json={"question": "vpn"})
    (_, _, reader, budget), (_, _, usual, bounded), (_, _, _, unbounded) = (
        running.knowledge_base.asked
    )
    assert (reader, budget, usual) == ("bidaf", 100, None)
    # Nobody reads on after the server has given up.
    assert 0 < bounded <= 5_000
    assert 0 < unbounded <= 5_000


def test_ask_passes_conditions_on_and_refuses_what_is_none(serve: Any) -> None:
    running = serve()
    with running.client() as client:
        where = ["product=aero3", "updated>=2025-01-01"]
        asked = client.post("/v1/ask", json={"question": "vpn", "where": where})
        assert asked.status_code == 200
        assert running.knowledge_base.where == tuple(where)
        client.post("/v1/ask", json={"question": "vpn"})
        assert running.knowledge_base.where == ()
        for wrong in (["secret of bob"], ["price>cheap"], "product=aero3", [3], ["a=b"] * 21):
            refused = client.post("/v1/ask", json={"question": "vpn", "where": wrong})
            assert refused.status_code == 422, wrong
            assert refused.json()["errors"][0]["pointer"].startswith("/where")
            assert "bob" not in refused.text
