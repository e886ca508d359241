from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.server.api.auth.keys import KeyFile


def test_feedback_is_kept_masked_and_the_last_word_counts(serve: Any) -> None:
    with serve().client() as client:
        chat = client.post("/v1/chat", json={"message": "vpn"}).json()
        body = {"decision_id": chat["decision_id"], "thumb": "up"}
        assert client.post("/v1/feedback", json=body).status_code == 201
        body |= {"thumb": "down", "correction": "ask ada@example.com"}
        assert client.post("/v1/feedback", json=body).json()["thumb"] == "down"
        kept = client.get(f"/v1/sessions/{chat['session']}").json()["session"]["feedback"]
        wrong = client.post("/v1/feedback", json={**body, "thumb": "sideways"})
        long = client.post("/v1/feedback", json={**body, "correction": "a" * 4_001})
    assert [each["helpful"] for each in kept] == [False]
    assert "ada@" not in kept[0]["comment"]
    assert (wrong.status_code, long.status_code) == (422, 422)


def test_a_deleted_session_is_gone(serve: Any) -> None:
    with serve().client() as client:
        session = client.post("/v1/chat", json={"message": "vpn"}).json()["session"]
        deleted = client.delete(f"/v1/sessions/{session}")
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert client.delete(f"/v1/sessions/{session}").status_code == 404
        again = client.post("/v1/chat", json={"message": "vpn", "session": session})
        assert again.status_code == 404


def test_metrics_are_for_who_may_see_them(serve: Any, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    file = KeyFile(tmp_path / "keys.json")
    plain = file.create("a", [], now=now).secret
    seeing = file.create("b", ["metrics"], now=now).secret
    running = serve(metrics_open=False)
    for key, status in ((None, 401), (plain, 403), (seeing, 200)):
        with running.client(key) as client:
            assert client.get("/metrics").status_code == status
    with serve(metrics_open=True).client(plain) as client:
        client.post("/v1/chat", json={"message": "ada@example.com"})
        shown = client.get("/metrics").text
    assert 'frontdesk_turns_total{channel="web",route="ANSWER"} 1.0' in shown
    assert "ada" not in shown
    assert plain not in shown
