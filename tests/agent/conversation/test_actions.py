from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration import Action
from agent.conversation.actions import call, reply_text
from agent.errors import ActionError

Answer = Callable[[BaseHTTPRequestHandler], None]


class Endpoint:
    """A real server on loopback whose answers a test sets."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.requests.append(
                    (self.command, self.path, headers, self.rfile.read(length))
                )
                turn = min(len(endpoint.requests), len(endpoint.answers)) - 1
                try:
                    endpoint.answers[turn](self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _take  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint()
    yield served
    served.close()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def sends(
    body: bytes | str | dict[str, Any] | list[Any],
    *,
    status: int = 200,
    kind: str | None = "application/json",
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else None
    content = json.dumps(body).encode() if raw is None else raw

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if kind is not None:
            handler.send_header("Content-Type", kind)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def trickles(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def trickles_headers(handler: BaseHTTPRequestHandler, sent: list[int]) -> None:
    """Send a header now and then, each in time, for up to a minute."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000):
        try:
            handler.wfile.write(b"X-A: 1\r\n")
            handler.wfile.flush()
        except OSError:
            return
        sent.append(number)
        time.sleep(0.06)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def act(endpoint: Endpoint, path: str = "/", **options: Any) -> Action:
    options.setdefault("backoff_s", 0.0)
    return Action("order", endpoint.url + path, **options)


def test_call_sends_the_values_and_returns_the_object(
    endpoint: Endpoint, http: httpx.Client
) -> None:
    endpoint.answers = [sends({"number": 42})]
    action = act(
        endpoint,
        method="POST",
        json={"item": "{item}", "count": "{count}", "note": "for {who}", "none": "{left_out}"},
        reply="Order {response.number}: {item}.",
    )
    values: dict[str, str | float] = {"item": 'a "big" {monitor}\n', "count": 2, "who": "Ann"}
    response = call(action, values, http=http)
    assert response == {"number": 42}
    method, path, headers, body = endpoint.requests[0]
    assert (method, path) == ("POST", "/")
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {
        "item": 'a "big" {monitor}\n',
        "count": 2,
        "note": "for Ann",
        "none": None,
    }
    assert reply_text(action, {"item": "mouse"}, response) == "Order 42: mouse."


def test_call_percent_encodes_values_in_addresses(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [sends({})]
    action = act(endpoint, "/tickets/{id}/x", query={"q": "{q}"}, reply="ok")
    call(action, {"id": "../../admin?x=1#y", "q": "a&b=c d"}, http=http)
    assert endpoint.requests[0][1] == "/tickets/..%2F..%2Fadmin%3Fx%3D1%23y/x?q=a%26b%3Dc+d"


@pytest.mark.parametrize("climbing", [".", ".."])
def test_call_refuses_values_that_would_climb_the_path(
    endpoint: Endpoint, http: httpx.Client, climbing: str
) -> None:
    with pytest.raises(ActionError, match="value of dots alone"):
        call(act(endpoint, "/tickets/{id}"), {"id": climbing}, http=http)
    assert not endpoint.requests


@given(value=st.text(max_size=30).filter(lambda text: text not in (".", "..")))
def test_call_keeps_whatever_was_written_inside_its_place(value: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    action = Action(
        "order",
        "http://desk.example/a/{v}/b",
        method="POST",
        query={"v": "{v}", "fixed": "1"},
        json={"v": "{v}", "in": "x{v}x"},
    )
    with httpx.Client(transport=httpx.MockTransport(answer), trust_env=False) as client:
        call(action, {"v": value}, http=client)
    request = seen[0]
    assert request.url.host == "desk.example"
    assert request.url.raw_path.split(b"?")[0].count(b"/") == 3
    assert list(request.url.params.keys()) == ["v", "fixed"]
    body = json.loads(request.content)
    assert body == {"v": value, "in": f"x{value}x"}


def test_call_takes_secrets_from_the_environment_and_never_says_them(
    endpoint: Endpoint,
    http: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("ORDER_TOKEN", "hush-hush\n")
    endpoint.answers = [sends("no", status=500)]
    action = act(
        endpoint,
        "/x",
        headers={"Authorization": "Bearer ${ORDER_TOKEN}"},
        query={"key": "${ORDER_TOKEN}", "mail": "{mail}"},
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(ActionError, match="answered 500") as caught:
        call(action, {"mail": "anna@example.org"}, http=http)
    assert endpoint.requests[0][2]["authorization"] == "Bearer hush-hush"
    for text in (str(caught.value), repr(caught.value.__cause__), caplog.text):
        assert "hush" not in text
        assert "anna" not in text


def test_call_names_a_variable_that_is_not_set(
    endpoint: Endpoint, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORDER_TOKEN", raising=False)
    with pytest.raises(ActionError, match="'ORDER_TOKEN', which is not set or empty"):
        call(act(endpoint, headers={"X": "${ORDER_TOKEN}"}), {}, http=http)


def test_call_refuses_line_ends_in_headers(endpoint: Endpoint, http: httpx.Client) -> None:
    with pytest.raises(ActionError, match="header 'X-Who' holds a line end"):
        call(act(endpoint, headers={"X-Who": "{who}"}), {"who": "a\r\nEvil: 1"}, http=http)


def test_call_refuses_an_address_that_is_none(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASE", "ftp://somewhere")
    with pytest.raises(ActionError, match="filled in, is no address") as caught:
        call(Action("order", "${BASE}/x"), {}, http=http)
    assert "somewhere" not in str(caught.value)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_call_tries_a_passing_failure_again(
    endpoint: Endpoint, http: httpx.Client, status: int
) -> None:
    endpoint.answers = [sends("busy", status=status), sends({"ok": True})]
    waits: list[float] = []
    action = act(endpoint, backoff_s=0.3)
    assert call(action, {}, http=http, sleep=waits.append) == {"ok": True}
    assert waits == [0.3]


def test_call_doubles_its_waits_and_gives_up(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [sends("busy", status=503)]
    waits: list[float] = []
    with pytest.raises(ActionError, match=r"answered 503 \(4 attempts\)"):
        call(act(endpoint, retries=3, backoff_s=0.1), {}, http=http, sleep=waits.append)
    assert waits == pytest.approx([0.1, 0.2, 0.4])
    assert len(endpoint.requests) == 4


def test_call_repeats_a_post_only_under_an_idempotency_key(
    endpoint: Endpoint, http: httpx.Client
) -> None:
    endpoint.answers = [sends("busy", status=503)]
    with pytest.raises(ActionError, match=r"answered 503$"):
        call(act(endpoint, method="POST"), {}, http=http)
    assert len(endpoint.requests) == 1
    with pytest.raises(ActionError, match=r"\(3 attempts\)"):
        call(act(endpoint, method="POST", idempotency_key=True), {}, http=http)
    keys = {headers["idempotency-key"] for _, _, headers, _ in endpoint.requests[1:]}
    assert len(endpoint.requests) == 4
    assert len(keys) == 1


def test_call_does_not_repeat_what_will_not_pass(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [sends("no", status=404)]
    with pytest.raises(ActionError, match=r"answered 404$"):
        call(act(endpoint), {}, http=http)
    assert len(endpoint.requests) == 1


def test_call_repeats_a_connection_that_was_not_made(http: httpx.Client) -> None:
    waits: list[float] = []
    closed = Action("order", "http://127.0.0.1:9", method="POST", retries=1)
    with pytest.raises(ActionError, match=r"can't be reached \(2 attempts\)"):
        call(closed, {}, http=http, sleep=waits.append)
    assert len(waits) == 1


def test_call_gives_up_on_an_endpoint_that_hangs(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [hangs]
    with pytest.raises(ActionError, match=r"didn't answer within 0\.2 s"):
        call(act(endpoint, timeout_s=0.2, retries=0), {}, http=http)


def test_call_gives_up_on_a_body_that_trickles(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [trickles]
    with pytest.raises(ActionError, match=r"didn't answer within 0\.3 s"):
        call(act(endpoint, timeout_s=0.3, retries=0), {}, http=http)


def test_call_gives_up_on_headers_that_trickle(endpoint: Endpoint, http: httpx.Client) -> None:
    sent: list[int] = []
    endpoint.answers = [lambda handler: trickles_headers(handler, sent)]
    with pytest.raises(ActionError, match=r"didn't answer within 0\.3 s"):
        call(act(endpoint, timeout_s=0.3, retries=0), {}, http=http)
    assert len(sent) < 1_000


def test_a_reply_nested_too_deeply_is_broken_json(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [sends('{"a":' * 6_000)]
    with pytest.raises(ActionError, match=r"sent broken JSON \(30000 bytes\)"):
        call(act(endpoint, retries=0), {}, http=http)


def test_call_says_that_the_connection_broke(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [hangs_up]
    with pytest.raises(ActionError, match="broke the connection"):
        call(act(endpoint, retries=0), {}, http=http)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (sends("<html>", kind="text/html"), "sent 'text/html' where application/json"),
        (sends(b"\x00\x01", kind=None), "sent 'no content type'"),
        (sends('{"a": '), r"broken JSON \(6 bytes\)"),
        (sends(b'{"a": "\xff"}'), "broken JSON"),
        (sends("[" * 90_000), "broken JSON"),
        (sends("{}", headers=(("Content-Encoding", "gzip"),)), "packed as 'gzip'"),
        (sends("{}", status=302, headers=(("Location", "/other"),)), "302, a redirect"),
        (sends(b'{"a": "' + b"x" * 5_000 + b'"}'), "more than 1000 bytes"),
    ],
)
def test_call_refuses_an_answer_that_lies(
    endpoint: Endpoint, http: httpx.Client, answer: Answer, reason: str
) -> None:
    endpoint.answers = [answer]
    limit = 1_000 if "1000" in reason else 1_000_000
    with pytest.raises(ActionError, match=reason):
        call(act(endpoint, max_bytes=limit, retries=0), {}, http=http)
    assert len(endpoint.requests) == 1


def test_call_stops_reading_ten_megabytes_without_an_announcement(
    endpoint: Endpoint, http: httpx.Client
) -> None:
    def floods(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        for _ in range(160):
            handler.wfile.write(b" " * 65_536)

    endpoint.answers = [floods]
    with pytest.raises(ActionError, match="more than 1000000 bytes"):
        call(act(endpoint, retries=0, timeout_s=10), {}, http=http)


def test_call_takes_no_content_and_lists(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [
        sends(b"", status=204, kind=None),
        sends([1, 2], kind="application/vnd.desk+json; charset=utf-8"),
    ]
    assert call(act(endpoint), {}, http=http) == {}
    listed = act(endpoint, reply="{response.value.0} and {response.value.1}")
    assert reply_text(listed, {}, call(listed, {}, http=http)) == "1 and 2"


def test_call_names_a_key_that_the_reply_needs(endpoint: Endpoint, http: httpx.Client) -> None:
    endpoint.answers = [sends({"id": 7})]
    with pytest.raises(ActionError, match=r"no 'order.number', which the reply names; it has 'id'"):
        call(act(endpoint, reply="{response.order.number}"), {}, http=http)


def test_call_does_not_follow_a_client_that_follows(endpoint: Endpoint) -> None:
    endpoint.answers = [sends("{}", status=307, headers=(("Location", "/other"),))]
    with (
        httpx.Client(trust_env=False, follow_redirects=True) as client,
        pytest.raises(ActionError, match="307, a redirect"),
    ):
        call(act(endpoint, retries=0), {}, http=client)
    assert len(endpoint.requests) == 1
