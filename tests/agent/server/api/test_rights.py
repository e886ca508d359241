"""Another role's article can't be had through any endpoint, and another's session neither."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from agent.server.api.auth.keys import KeyFile
from agent.server.channels.signed import signature
from agent.server.settings import WebhookSettings

SECRETS = (
    "ninety crowns",
    "Salary bands",
    "hr/bands",
    "vault",
    "room 4",
    "Server keys",
    "Draft",
    "Nobody",
)
WEBHOOK_SECRET = "w" * 40


@pytest.fixture
def running(serve: Any, tmp_path: Any) -> Any:
    webhooks = {
        "plain": WebhookSettings(secret=SecretStr(WEBHOOK_SECRET)),
        "people": WebhookSettings(roles=("hr",), secret=SecretStr(WEBHOOK_SECRET)),
    }
    return serve(
        allow_anonymous=True,
        webhooks=webhooks,
        sessions=tmp_path / "sessions.sqlite3",
        keys=tmp_path / "keys.json",
    )


def make_key(tmp_path: Any, *roles: str) -> str:
    return KeyFile(tmp_path / "keys.json").create("test", roles, now=datetime.now(UTC)).secret


def signed(client: httpx.Client, name: str, message: dict[str, Any]) -> httpx.Response:
    body = json.dumps(message).encode()
    at = f"{datetime.now(UTC).timestamp():.6f}"
    headers = {
        "X-Frontdesk-Timestamp": at,
        "X-Frontdesk-Signature": signature(WEBHOOK_SECRET, at, body),
    }
    return client.post(f"/webhooks/signed/{name}", content=body, headers=headers)


QUESTIONS = ("salary bands top", "server keys vault", "draft nobody reads")
BODY = {"roles": ["hr", "it"], "owner": "key:other", "asker": {"roles": ["hr"]}, "role": "hr"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_endpoint_shows_what_the_asker_may_not_read(
    running: Any, tmp_path: Any, question: str
) -> None:
    for key in (None, make_key(tmp_path), make_key(tmp_path, "HR", "guests")):
        with running.client(key) as client:
            headers = {"X-Roles": "hr,it", "X-Frontdesk-Roles": "hr", "Roles": "hr"}
            client.headers.update(headers)
            params = {"roles": "hr", "role": "it"}
            chat = client.post("/v1/chat", json={"message": question, **BODY}, params=params)
            stream = client.post(
                "/v1/chat",
                json={"message": question, **BODY},
                headers={"Accept": "text/event-stream"},
            )
            asked = client.post("/v1/ask", json={"question": question, **BODY}, params=params)
            sender = {"sender": "someone", "message": question, **BODY}
            rest = client.post("/webhooks/rest/webhook", json=sender, params=params)
            hook = signed(client, "plain", sender)
            session = client.get(f"/v1/sessions/{chat.json()['session']}")
            answered = (chat, stream, asked, rest, hook, session)
            assert [each.status_code for each in answered] == [200] * 6
            missing = [
                client.get(f"/v1/articles/{name}", params={**params, "start": 0, "end": 3})
                for name in ("hr/bands", "it/keys", "nobody", "hr%2Fbands", "absent")
            ]
            assert [each.status_code for each in missing] == [404] * 5
            # What isn't theirs looks exactly like what isn't there.
            assert len({_less_id(each) for each in missing}) == 1
            opened = [client.get(path) for path in ("/metrics", "/openapi.json", "/readyz")]
        for response in (*answered, *missing, *opened):
            shown = response.text.replace(question, "").lower()
            found = [secret for secret in SECRETS if secret.lower() in shown]
            assert not found, (response.request.url, found)


def test_roles_of_key_and_webhook_open_what_they_may_read(running: Any, tmp_path: Any) -> None:
    with running.client(make_key(tmp_path, "hr")) as client:
        chat = client.post("/v1/chat", json={"message": "salary bands"}).json()
        assert chat["citations"][0]["article_id"] == "hr/bands"
        asked = client.post("/v1/ask", json={"question": "salary bands"}).json()
        assert asked["answers"][0]["article_id"] == "hr/bands"
        assert client.get("/v1/articles/hr/bands").json()["title"] == "Salary bands"
        assert client.get("/v1/articles/it/keys").status_code == 404
        hook = signed(client, "people", {"sender": "a", "message": "salary bands"}).json()
        assert hook["citations"][0]["article_id"] == "hr/bands"


def test_another_askers_session_is_not_there(running: Any, tmp_path: Any) -> None:
    mine, other = make_key(tmp_path), make_key(tmp_path, "hr")
    with running.client(mine) as client:
        chat = client.post("/v1/chat", json={"message": "vpn"}).json()
    session, decision = chat["session"], chat["decision_id"]
    for key in (other, None):
        with running.client(key) as client:
            tries = (
                client.post("/v1/chat", json={"message": "vpn", "session": session}),
                client.post(
                    "/v1/chat",
                    json={"message": "vpn", "session": session},
                    headers={"Accept": "text/event-stream"},
                ),
                client.get(f"/v1/sessions/{session}"),
                client.delete(f"/v1/sessions/{session}"),
                client.post("/v1/feedback", json={"decision_id": decision, "thumb": "up"}),
            )
            assert [each.status_code for each in tries] == [404] * 5
            for each in tries:
                assert each.headers["content-type"] == "application/problem+json"
    with running.client(mine) as client:
        kept = client.get(f"/v1/sessions/{session}").json()["session"]
        assert len(kept["turns"]) == 1
        assert client.delete(f"/v1/sessions/{session}").status_code == 204
        assert client.get(f"/v1/sessions/{session}").status_code == 404


def test_one_sender_under_two_keys_is_two_people(running: Any, tmp_path: Any) -> None:
    sessions = set()
    for key in (make_key(tmp_path), make_key(tmp_path), None):
        with running.client(key) as client:
            for _ in range(2):
                client.post("/webhooks/rest/webhook", json={"sender": "me", "message": "vpn"})
    for summary in running.sessions.sessions(None):
        assert summary.turns == 2
        sessions.add((summary.owner, summary.id))
    assert len(sessions) == 3


def _less_id(response: httpx.Response) -> str:
    body = response.json()
    del body["request_id"]
    return json.dumps(body)
