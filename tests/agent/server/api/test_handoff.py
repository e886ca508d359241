"""`POST /v1/handoff/{session}`: a colleague speaks, and gives the conversation back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.server.api.auth.keys import KeyFile
from agent.server.settings import Limits

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def desk(serve: Any, tmp_path: Path) -> Any:
    """A server with a person's key, a stranger's and a colleague's, and a session handed over."""
    file = KeyFile(tmp_path / "keys.json")
    running = serve(limits=Limits(requests_per_minute=0, message_chars=100))
    running.keys = {
        name: file.create(name, roles, now=NOW).secret
        for name, roles in (("person", ["staff"]), ("stranger", []), ("colleague", ["handoff"]))
    }
    with running.client(running.keys["person"]) as client:
        said = client.post("/v1/chat", json={"message": "a person please"}).json()
    assert said["route"] == "HANDOFF"
    running.session = said["session"]
    return running


def hand(desk: Any, who: str, session: str | None = None, **body: Any) -> Any:
    with desk.client(desk.keys[who]) as client:
        return client.post(f"/v1/handoff/{session or desk.session}", json=body)


def kept(desk: Any) -> Any:
    with desk.client(desk.keys["person"]) as client:
        return client.get(f"/v1/sessions/{desk.session}").json()["session"]


def test_a_colleagues_words_reach_the_person(desk: Any) -> None:
    response = hand(desk, "colleague", reply="Call me at bob@example.com.")
    assert response.status_code == 200
    assert response.json() == {"session": desk.session, "handed_over": True}
    session = kept(desk)
    assert session["handed_over"] is True
    last = session["turns"][-1]
    assert (last["reply"], last["decision"]["rule"]) == ("Call me at [e-mail].", "colleague")


def test_a_conversation_is_given_back_with_or_without_words(desk: Any) -> None:
    response = hand(desk, "colleague", reply="Done.", give_back=True)
    assert response.json() == {"session": desk.session, "handed_over": False}
    session = kept(desk)
    assert session["handed_over"] is False
    assert session["turns"][-1]["reply"] == "Done."
    # What is with nobody can't be answered for anybody.
    assert hand(desk, "colleague", reply="One more thing").status_code == 409
    assert hand(desk, "colleague", give_back=True).status_code == 409


@pytest.mark.parametrize("who", ["person", "stranger"])
def test_nobody_else_speaks_for_a_colleague(desk: Any, who: str) -> None:
    before = kept(desk)
    response = hand(desk, who, reply="Send me your password", roles=["handoff"])
    assert response.status_code == 403
    assert kept(desk) == before


def test_a_colleagues_key_reads_nobodys_conversation(desk: Any) -> None:
    with desk.client(desk.keys["colleague"]) as client:
        assert client.get(f"/v1/sessions/{desk.session}").status_code == 404
        assert client.delete(f"/v1/sessions/{desk.session}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"reply": ""}, 422),
        ({"reply": "  "}, 422),
        ({"reply": 3}, 422),
        ({"reply": "\ud800"}, 400),
        ({"reply": "a" * 101}, 422),
        ({"give_back": "yes"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Any, body: dict[str, Any], status: int) -> None:
    before = kept(desk)
    if status == 400:
        with desk.client(desk.keys["colleague"]) as client:
            content = b'{"reply": "\\ud800"}'
            headers = {"Content-Type": "application/json"}
            sent = client.post(f"/v1/handoff/{desk.session}", content=content, headers=headers)
        assert sent.status_code in (400, 422)
    else:
        assert hand(desk, "colleague", **body).status_code == status
    assert kept(desk) == before


def test_sessions_that_are_not_there_or_not_one_alone(desk: Any) -> None:
    assert hand(desk, "colleague", session="absent", reply="x").status_code == 404
    for owner in ("key:one", "key:two"):
        desk.sessions.create(owner, "rest", id="rest-same")
    assert hand(desk, "colleague", session="rest-same", reply="x").status_code == 409
