"""What every channel keeps to, and what each adds."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agent.errors import ServerError
from agent.server.channels.bodies import read_message
from agent.server.channels.registry import CHANNELS, open_channel
from agent.server.channels.signed import SeenOnce, SignedChannel, signature
from agent.server.channels.types import Message, NotSigned, Unreadable, WebhookRequest
from agent.server.settings import Settings, WebhookSettings
from agent.types import Reply, Route

SECRET = "s" * 40
REPLY = Reply("s-1", "Pick one 🙂", Route.CLARIFY, None, 0.4, "d-1", choices=("VPN", "Wi-Fi"))


@pytest.fixture(params=sorted(CHANNELS))
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return open_channel(request.param, Settings(kb=tmp_path / "kb"))


def test_channel_reads_sender_and_message(channel: Any) -> None:
    body = json.dumps({"sender": "me", "message": "hé 🙂", "metadata": {}}).encode()
    assert channel.read(WebhookRequest({}, body)) == Message("me", "hé 🙂")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"3",
        b"{}",
        b'{"sender": "a"}',
        b'{"message": "a"}',
        b'{"sender": "", "message": "a"}',
        b'{"sender": " ", "message": "a"}',
        b'{"sender": "\\u001c\\ufeff\\u2003\\u0085", "message": "a"}',
        b'{"sender": 3, "message": "a"}',
        b'{"sender": "a", "message": null}',
        b'{"sender": "a", "message": "\\ud800"}',
        b'{"sender": "' + b"a" * 257 + b'", "message": "a"}',
        b"[" * 100_000,
    ],
)
def test_channel_refuses_what_is_no_message(channel: Any, body: bytes) -> None:
    with pytest.raises(Unreadable):
        channel.read(WebhookRequest({}, body))


def test_channel_writes_text_and_choices_for_the_sender(channel: Any) -> None:
    written = json.dumps(channel.write(Message("me", "hi"), REPLY), ensure_ascii=False)
    for part in ("me", "Pick one 🙂", "VPN", "Wi-Fi"):
        assert part in written
    # What the medium isn't meant to see stays here.
    assert "s-1" not in written


def test_channel_has_a_name_and_schemas(channel: Any) -> None:
    assert channel.name in CHANNELS
    assert channel.request_schema["type"] == "object"
    assert "type" in channel.reply_schema


@given(st.binary(max_size=200))
def test_read_message_never_fails_otherwise(body: bytes) -> None:
    try:
        found = read_message(body)
    except Unreadable:
        return
    assert found.sender


def test_open_channel_refuses_unknown_names(tmp_path: Path) -> None:
    settings = Settings(kb=tmp_path)
    with pytest.raises(ServerError, match="did you mean 'rest'"):
        open_channel("rset", settings)
    with pytest.raises(ServerError, match="there are: rest, signed"):
        open_channel("carrier-pigeon", settings)


def test_rest_speaks_as_rasa_does(tmp_path: Path) -> None:
    rest = open_channel("rest", Settings(kb=tmp_path))
    assert rest.write(Message("me", "hi"), REPLY) == [
        {
            "recipient_id": "me",
            "text": "Pick one 🙂",
            "buttons": [
                {"title": "VPN", "payload": "VPN"},
                {"title": "Wi-Fi", "payload": "Wi-Fi"},
            ],
        }
    ]


BODY = b'{"sender": "a", "message": "b"}'


def signed(clock: float = 1_000.0, seen: SeenOnce | None = None) -> SignedChannel:
    callers = {"bridge": WebhookSettings(roles=("staff",), window_s=300, secret=SecretStr(SECRET))}
    return SignedChannel(callers, seen or SeenOnce(), clock=lambda: clock)


def request(
    at: str = "1000", secret: str = SECRET, body: bytes = BODY, caller: str = "bridge"
) -> WebhookRequest:
    headers = {
        "x-frontdesk-timestamp": at,
        "x-frontdesk-signature": signature(secret, at, body),
    }
    return WebhookRequest(headers, body, caller)


def test_signature_is_hmac_sha256_of_timestamp_and_body() -> None:
    by_hand = hmac.new(SECRET.encode(), b"1000." + BODY, hashlib.sha256).hexdigest()
    assert signature(SECRET, "1000", BODY) == f"v1={by_hand}"


def test_signed_tells_the_caller(tmp_path: Path) -> None:
    asker = signed().asker(request())
    assert asker.owner == "webhook:bridge"
    assert asker.roles == {"staff"}


@pytest.mark.parametrize(
    "wrong",
    [
        request(secret="t" * 40),
        request(caller="nobody"),
        request(at=""),
        request(at="-1000"),
        request(at="1e3"),
        request(at="nan"),
        WebhookRequest({}, BODY, "bridge"),
        WebhookRequest(request().headers, BODY + b" ", "bridge"),
        WebhookRequest({**request().headers, "x-frontdesk-timestamp": "1001"}, BODY, "bridge"),
        WebhookRequest({**request().headers, "x-frontdesk-signature": "v1=é"}, BODY, "bridge"),
        request(secret="", caller="nobody"),
    ],
)
def test_signed_refuses_signatures_that_do_not_hold(wrong: WebhookRequest) -> None:
    with pytest.raises(NotSigned, match="the signature doesn't hold"):
        signed().asker(wrong)


@pytest.mark.parametrize("clock", [600.0, 1_400.0])
def test_signed_refuses_times_outside_the_window(clock: float) -> None:
    with pytest.raises(NotSigned, match="too far from the server's time"):
        signed(clock).asker(request())


def test_signed_refuses_a_replay_also_after_a_restart(tmp_path: Path) -> None:
    seen = SeenOnce(tmp_path / "seen")
    channel = signed(seen=seen)
    channel.asker(request())
    with pytest.raises(NotSigned, match="used before"):
        channel.asker(request())
    channel.asker(request(at="1000.5"))
    seen.close()
    with pytest.raises(NotSigned, match="used before"):
        signed(seen=SeenOnce(tmp_path / "seen")).asker(request())


def test_seen_once_forgets_what_is_past() -> None:
    seen = SeenOnce()
    assert seen.first("a", now=0.0, until=10.0)
    assert not seen.first("a", now=10.0, until=20.0)
    assert seen.first("a", now=10.5, until=20.0)


def test_seen_once_tells_of_a_file_it_cannot_use(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="can't be used"):
        SeenOnce(tmp_path)
