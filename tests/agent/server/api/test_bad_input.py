"""What bad input gets: the right status as problem details, and the server lives."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from agent.server.settings import Limits

PERSONAL = "my card is 4111 1111 1111 1111"


def check_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:frontdesk:problem:")
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"message": ', 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b"[]", 422),
        (b"3", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"message": 3}', 422),
        (b'{"message": null}', 422),
        (b'{"message": "a", "session": 3}', 422),
        (b'{"message": "\\ud800"}', 422),
        (b'{"message": "' + b"a" * 4_001 + b'"}', 422),
        (b'{"message": "a", "session": "' + b"a" * 201 + b'"}', 422),
    ],
)
def test_chat_refuses_broken_bodies(serve: Any, content: bytes, status: int) -> None:
    with serve().client() as client:
        headers = {"Content-Type": "application/json"}
        problem = check_problem(client.post("/v1/chat", content=content, headers=headers), status)
    if status == 422:
        assert problem["errors"]


def test_problems_do_not_quote_what_was_sent(serve: Any) -> None:
    with serve().client() as client:
        for body in ({"message": [PERSONAL]}, {"message": "a", "session": PERSONAL * 20}):
            response = client.post("/v1/chat", json=body)
            check_problem(response, 422)
            assert "4111" not in response.text


def test_unknown_routes_and_methods(serve: Any) -> None:
    with serve().client() as client:
        for path in ("/nowhere", "/v1", "/v1/chat/", "/v1/../etc/passwd", "/docs", "/%00"):
            check_problem(client.get(path), 404)
        wrong = client.get("/v1/chat")
        check_problem(wrong, 405)
        assert wrong.headers["allow"] == "POST"
        check_problem(client.request("BREW", "/healthz"), 405)
        check_problem(client.get("/v1/articles/absent"), 404)
        check_problem(client.get("/v1/sessions/absent"), 404)
        absent = {"decision_id": "absent", "thumb": "up"}
        check_problem(client.post("/v1/feedback", json=absent), 404)
        check_problem(client.post("/v1/chat", json={"message": "a", "session": "absent"}), 404)
        check_problem(client.post("/v1/ask", json={"question": "a", "reader": "/etc"}), 422)
        for budget in (-1, False, "5"):
            check_problem(client.post("/v1/ask", json={"question": "a", "budget_ms": budget}), 422)
        json_type = {"Content-Type": "application/json"}
        broken = client.post("/webhooks/rest/webhook", content=b"{", headers=json_type)
        check_problem(broken, 422)
        check_problem(client.post("/webhooks/rest/webhook", json={"message": "a"}), 422)
        check_problem(client.post("/webhooks/signed/nobody", json={"sender": "a"}), 401)
        assert client.get("/healthz").json() == {"status": "ok"}


def test_a_body_of_ten_megabytes_is_refused(serve: Any) -> None:
    with serve().client() as client:
        large = json.dumps({"message": "a" * 10_000_000})
        headers = {"Content-Type": "application/json"}
        check_problem(client.post("/v1/chat", content=large, headers=headers), 413)

        def parts() -> Any:
            for _ in range(100):
                yield b"a" * 100_000

        # Without a length announced.
        check_problem(client.post("/v1/chat", content=parts(), headers=headers), 413)
        check_problem(client.post("/webhooks/rest/webhook", content=parts()), 413)
        assert client.post("/v1/chat", json={"message": "vpn"}).status_code == 200


def test_unexpected_errors_tell_nothing_and_log_no_words(
    serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    running = serve()
    with caplog.at_level(logging.INFO), running.client() as client:
        problem = check_problem(
            client.post("/v1/chat", json={"message": f"explode {PERSONAL}"}), 500
        )
        assert "RuntimeError" not in json.dumps(problem)
        assert client.get("/healthz").status_code == 200
    from agent.server.api.logs import JsonLines

    lines = [JsonLines().format(record) for record in caplog.records]
    assert any("RuntimeError" in line and problem["request_id"] in line for line in lines)
    assert not any("4111" in line for line in lines)


def test_a_failure_while_streaming_is_an_event(serve: Any) -> None:
    with serve().client() as client:
        response = client.post(
            "/v1/chat", json={"message": "explode"}, headers={"Accept": "text/event-stream"}
        )
    *_, last = response.text.strip().split("\n\n")
    assert last.startswith("event: error\n")
    problem = json.loads(last.split("data: ")[1])
    assert problem["status"] == 500
    assert "RuntimeError" not in response.text


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_client_that_hangs_up_stops_the_work(serve: Any, accept: str) -> None:
    running = serve()
    with running.client() as client:
        hang_up(running.url, accept)
        assert running.agent.started.acquire(timeout=10)
        wait_until(lambda: running.agent.stopped == ["Stopped"])
        assert client.post("/v1/chat", json={"message": "vpn"}).status_code == 200


def test_a_full_queue_answers_503_with_retry_after(serve: Any) -> None:
    running = serve(limits=Limits(workers=1, queue=1))
    with running.client() as client, ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(client.post, "/v1/chat", json={"message": "wait"}) for _ in range(2)]
        assert running.agent.started.acquire(timeout=10)
        wait_until(lambda: gauge(client, "frontdesk_waiting") == 1)
        for headers in ({}, {"Accept": "text/event-stream"}):
            busy = client.post("/v1/chat", json={"message": "vpn"}, headers=headers)
            check_problem(busy, 503)
            assert int(busy.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        running.agent.go_on.set()
        assert [each.result().status_code for each in taken] == [200, 200]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_turn_that_takes_too_long_is_stopped(serve: Any, accept: str) -> None:
    running = serve(limits=Limits(timeout_s=1))
    with running.client() as client:
        response = client.post("/v1/chat", json={"message": "wait"}, headers={"Accept": accept})
        if accept == "application/json":
            check_problem(response, 503)
        else:
            assert '"status": 503' in response.text.strip().split("\n\n")[-1]
        wait_until(lambda: running.agent.stopped == ["Stopped"])


def test_rates_are_kept_per_asker(serve: Any) -> None:
    running = serve(limits=Limits(requests_per_minute=1, burst=3))
    with running.client() as client:
        answered = [client.post("/v1/ask", json={"question": "vpn"}) for _ in range(4)]
        assert [each.status_code for each in answered] == [200, 200, 200, 429]
        check_problem(answered[-1], 429)
        assert 1 <= int(answered[-1].headers["retry-after"]) <= 60
        assert client.get("/healthz").status_code == 200


def test_headers_cors_and_hosts(serve: Any) -> None:
    with serve().client() as client:
        response = client.get("/healthz", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "server" not in response.headers or "uvicorn" in response.headers["server"]
        check_problem(client.get("/healthz", headers={"Host": "evil.example"}), 421)
        given = client.get("/healthz", headers={"X-Request-ID": "abc-1"})
        assert given.headers["x-request-id"] == "abc-1"
        given = client.get("/healthz", headers={"X-Request-ID": "a b\tc" * 30})
        assert len(given.headers["x-request-id"]) == 16
    origin = "https://intranet.example"
    with serve(cors_origins=(origin,), frame_ancestors=(origin,)).client() as client:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        allowed = client.options("/v1/chat", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == origin
        refused = client.options("/v1/chat", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in refused.headers
        framed = client.get("/healthz")
        assert f"frame-ancestors {origin}" in framed.headers["content-security-policy"]


def test_a_thousand_connections_and_the_server_lives(serve: Any) -> None:
    running = serve()
    host, port = running.url.removeprefix("http://").split(":")
    opened: list[socket.socket] = []
    try:
        while len(opened) < 1_000:
            opened.append(socket.create_connection((host, int(port)), timeout=10))
        with running.client() as client:
            assert client.post("/v1/chat", json={"message": "vpn"}).status_code == 200
        # Those that have waited longest were ended to make room.
        for half in opened[-10:]:
            half.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        opened[-11].sendall(b"nonsense\r\n\r\n")
        assert opened[-11].recv(100).startswith(b"HTTP/1.1 400")
    finally:
        for each in opened:
            each.close()


def test_shutdown_lets_what_is_under_way_finish(serve: Any) -> None:
    running = serve()
    with running.client() as client, ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(client.post, "/v1/chat", json={"message": "wait"})
        assert running.agent.started.acquire(timeout=10)
        running.server.should_exit = True
        threading.Timer(0.3, running.agent.go_on.set).start()
        assert under_way.result().status_code == 200
    assert running.sessions.sessions("anonymous")[0].turns == 1


def hang_up(url: str, accept: str) -> None:
    """Send a message that makes the agent wait, read a little, and go away."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"message": "wait"}).encode()
    head = (
        f"POST /v1/chat HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        if accept == "text/event-stream":
            assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
        else:
            time.sleep(0.3)


def wait_until(holds: Any) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.01)


def gauge(client: httpx.Client, name: str) -> float:
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(name)


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_page_of_another_site_cannot_send_to_the_rest_webhook(
    serve: Any, kind: str | None
) -> None:
    """What browsers send across origins without asking first is never JSON by its type."""
    body = json.dumps({"sender": "me", "message": "vpn"}).encode()
    running = serve()
    with running.client() as client:
        headers = {"Origin": "https://evil.example"} | (
            {} if kind is None else {"Content-Type": kind}
        )
        sent = client.post("/webhooks/rest/webhook", content=body, headers=headers)
        check_problem(sent, 415)
        assert running.sessions.sessions(None) == ()
        for good in ("application/json", "Application/JSON; charset=utf-8"):
            headers = {"Content-Type": good}
            sent = client.post("/webhooks/rest/webhook", content=body, headers=headers)
            assert sent.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/chat", "/nowhere", "/"])
def test_a_body_of_two_lengths_is_refused_and_its_connection_ends(serve: Any, path: str) -> None:
    host, port = serve().url.removeprefix("http://").split(":")
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        connection.sendall(
            head.encode() + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled
        )
        received = b""
        while part := connection.recv(65_536):
            received += part
    assert received.startswith(b"HTTP/1.1 400")
    assert received.count(b"HTTP/1.1") == 1
    assert b"connection: close" in received.lower()


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_metrics_are_not_open_to_who_comes_through_a_proxy(serve: Any, name: str) -> None:
    running = serve()
    with running.client() as client:
        assert client.get("/metrics").status_code == 200
        check_problem(client.get("/metrics", headers={name: "198.51.100.7"}), 403)
    for settings in ({"trusted_proxies": ("127.0.0.1",)}, {"allowed_hosts": ("127.0.0.1",)}):
        with serve(**settings).client() as client:
            check_problem(client.get("/metrics"), 403)
    with serve(metrics_open=True, trusted_proxies=("127.0.0.1",)).client() as client:
        assert client.get("/metrics", headers={name: "198.51.100.7"}).status_code == 200


def test_requests_that_never_come_whole_do_not_fill_the_log(
    serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    running = serve()
    host, port = running.url.removeprefix("http://").split(":")
    head = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

    def routes() -> list[str]:
        return [str(getattr(record, "fields", {}).get("route")) for record in caplog.records]

    until = time.monotonic() + 30
    with caplog.at_level(logging.INFO, "frontdesk"), running.client() as client:
        for _ in range(5):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(head + b"Content-Length: 500\r\n\r\n{")
        while "frontdesk_hang_ups_total 5.0" not in client.get("/metrics").text:
            assert time.monotonic() < until
        client.post("/v1/chat", json={"message": "vpn"})
        while "/v1/chat" not in routes():  # written after the answer has gone
            assert time.monotonic() < until
    assert routes().count("/v1/chat") == 1
