"""Silent, dripping and deaf clients, on a real server, and who goes where there are too many."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent.server.api.connections import Connections, protocol_of
from agent.server.api.logs import JsonLines, Seldom
from agent.server.settings import Limits

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
LONG = 60.0


def connect(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=LONG)


@contextmanager
def connected(url: str, first: bytes = b"") -> Iterator[socket.socket]:
    with connect(url) as connection:
        connection.sendall(first)
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Return all that comes until the server ends the connection, however it does."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def drip(connection: socket.socket, content: bytes) -> int:
    """Send a byte at a time until the server ends the connection; return how many it took."""
    for sent in range(len(content)):
        try:
            connection.sendall(content[sent : sent + 1])
            time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            return sent
    return len(content)


@pytest.mark.parametrize("first", [b"", HEAD, b"POST /v1/chat HTTP/1.1\r\nContent-Le"])
def test_a_connection_without_a_whole_head_is_ended(serve: Any, first: bytes) -> None:
    with connected(serve(limits=Limits(head_s=0.1)).url, first) as connection:
        assert answer(connection) == b""


def test_a_head_that_drips_is_ended_however_steadily_it_does(serve: Any) -> None:
    with connected(serve(limits=Limits(head_s=0.3)).url) as connection:
        assert drip(connection, HEAD + b"X-A: " + b"a" * 5_000) < 5_000


def test_a_body_that_drips_is_ended_and_holds_no_worker(serve: Any) -> None:
    running = serve(limits=Limits(body_s=0.3, workers=1, queue=0))
    head = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with connected(running.url, head + b"Content-Length: 5000\r\n\r\n") as connection:
        with running.client() as client:
            assert client.post("/v1/chat", json={"message": "vpn"}).status_code == 200
        assert drip(connection, b" " * 5_000) < 5_000


def test_a_second_request_has_its_time_again(serve: Any) -> None:
    running = serve(limits=Limits(head_s=0.7, body_s=0.7))
    with connected(running.url) as connection:
        until = time.monotonic() + 1.2  # more than one head may take
        while time.monotonic() < until:
            connection.sendall(HEAD + b"\r\n")
            received = b""
            while b'{"status":"ok"}' not in received:
                received += connection.recv(65_536)
                assert received
        connection.sendall(HEAD)
        assert answer(connection) == b""


def test_requests_in_one_go_are_answered_one_after_another(serve: Any) -> None:
    requests = (HEAD + b"\r\n") * 5 + HEAD + b"Connection: close\r\n\r\n"
    with connected(serve(limits=Limits(head_s=0.5)).url, requests) as connection:
        assert answer(connection).count(b'{"status":"ok"}') == 6


def test_a_long_turn_is_no_late_request(serve: Any) -> None:
    running = serve(limits=Limits(head_s=0.1, body_s=0.1))
    threading.Timer(0.4, running.agent.go_on.set).start()
    with running.client() as client:
        assert client.post("/v1/chat", json={"message": "wait"}).status_code == 200


def test_a_client_that_reads_no_answer_is_ended(serve: Any) -> None:
    request = b"GET /widget.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with connected(serve(limits=Limits(body_s=0.2)).url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        # What may be buffered is full at some time; from then on nothing moves.
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(request * 1_000_000)


def test_the_one_that_waited_longest_goes_where_there_are_too_many(serve: Any) -> None:
    running = serve(limits=Limits(connections=8))
    with running.client() as client:
        client.get("/healthz")  # keeps its connection, and has waited longest
        opened = [connect(running.url) for _ in range(20)]
        try:
            assert client.get("/healthz").status_code == 200  # on a new one
            for early in opened[:12]:
                assert answer(early) == b""
            opened[-1].sendall(HEAD + b"\r\n")
            assert opened[-1].recv(15) == b"HTTP/1.1 200 OK"
        finally:
            for each in opened:
                each.close()


def test_one_that_is_being_answered_never_goes(serve: Any) -> None:
    running = serve(limits=Limits(connections=8))
    body = b'{"message": "wait"}'
    head = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    asked = connect(running.url)
    asked.sendall(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    assert running.agent.started.acquire(timeout=LONG)
    silent = [connect(running.url) for _ in range(30)]
    assert answer(silent[0]) == b""
    running.agent.go_on.set()
    assert b'"route":"ANSWER"' in answer(asked)
    for each in (asked, *silent):
        each.close()


@pytest.mark.parametrize(
    ("trusted", "kept"), [((), 3), (("10.0.0.0/8",), 3), (("127.0.0.0/8",), 12), (("*",), 12)]
)
def test_an_address_has_its_bound_and_a_trusted_proxy_has_none(
    serve: Any, trusted: tuple[str, ...], kept: int
) -> None:
    limits = Limits(connections=50, connections_per_address=3)
    running = serve(limits=limits, trusted_proxies=trusted)
    opened = [connect(running.url) for _ in range(12)]
    for each in opened[:-3] if kept == 3 else ():
        assert answer(each) == b""
    for each in opened[-kept:]:
        each.sendall(HEAD + b"\r\n")
        assert each.recv(15) == b"HTTP/1.1 200 OK"
    for each in opened:
        each.close()


def test_the_bound_leaves_files_for_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    for soft, hard, most in ((1_024, 1_024, 832), (1_024, 4_096, 2_000), (100_000, 100_000, 2_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft, hard=hard: (soft, hard))
        assert Connections(Limits()).most == most
    # Raised where the system allows it, and only then.
    assert asked == [(1_024, 1_024), (2_192, 4_096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: (-1, -1))
    assert Connections(Limits(connections=70)).most == 70


def test_servers_have_connections_of_their_own() -> None:
    one, other = protocol_of(Limits(), ()), protocol_of(Limits(), ())
    assert one.guards is not other.guards


def test_what_anyone_can_cause_is_logged_once_a_minute_with_a_count() -> None:
    now = [0.0]
    seldom = Seldom(60, clock=lambda: now[0])

    def record(message: str, level: int = logging.WARNING) -> logging.LogRecord:
        return logging.LogRecord("frontdesk.connections", level, "", 1, message, (), None)

    assert [seldom.filter(record("ended: a")) for _ in range(1_000)] == [True] + [False] * 999
    assert seldom.filter(record("ended: b"))
    assert all(seldom.filter(record("listening", logging.INFO)) for _ in range(3))
    now[0] = 61
    again = record("ended: a")
    assert seldom.filter(again)
    assert '"more_like_it": 999' in JsonLines().format(again)
    # Words without end don't fill the memory.
    assert all(seldom.filter(record(f"word {place}")) for place in range(1_000))
