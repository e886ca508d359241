"""The real server is told to end while many wait: each gets an answer or a clean refusal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from retrieval import bring_up_to_date
from retrieval.index.store import IndexStore

ROOT = Path(__file__).parents[4]
COLOURS = ("blue", "green", "red")
N_CLIENTS = 8


@dataclass
class Serving:
    """A server process and where it listens."""

    url: str
    process: subprocess.Popen[str]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=120)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shutdown")
    index(folder / "kb", "blue")
    return folder / "kb"


def index(kb: Path, colour: str) -> None:
    articles = kb.parent / "articles"
    articles.mkdir(exist_ok=True)
    text = f"# The door\n\nThe code of the door is {colour}. Say it twice and wait for the bell.\n"
    (articles / "door.md").write_text(text, "utf-8")
    bring_up_to_date([articles], kb)


@contextmanager
def serving(kb: Path, folder: Path, **limits: str) -> Iterator[Serving]:
    settings = {f"FRONTDESK_LIMITS_{name.upper()}": value for name, value in limits.items()}
    with (folder / "stderr.txt").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "agent", "serve", "--kb", str(kb), "--port", "0"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert "listens at" in first, (folder / "stderr.txt").read_text()
        yield Serving(first.split()[-1], process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def waiting(client: httpx.Client) -> int:
    """Return how many messages wait or are worked on."""
    lines = client.get("/metrics").text.splitlines()
    return sum(
        int(float(line.split()[1]))
        for line in lines
        if line.startswith(("frontdesk_waiting ", "frontdesk_working "))
    )


def wait_until_taken(server: Serving, asking: Sequence[Future[httpx.Response]]) -> None:
    """Wait until the server has every request, answered or not."""
    until = time.monotonic() + 120
    with server.client() as client:
        while sum(each.done() for each in asking) + waiting(client) < len(asking):
            assert time.monotonic() < until


def ask(server: Serving, message: str) -> httpx.Response:
    with server.client() as client:
        return client.post("/v1/chat", json={"message": message})


def test_requests_under_way_are_answered_and_their_sessions_go_on(kb: Path, tmp_path: Path) -> None:
    kept = {}
    with ThreadPoolExecutor(N_CLIENTS) as pool, serving(kb, tmp_path, workers="1") as server:
        ask(server, "warm up")
        asking = [
            pool.submit(ask, server, f"What is the code of the door? ({number})")
            for number in range(N_CLIENTS)
        ]
        wait_until_taken(server, asking)
        server.end()
        for number, each in enumerate(asking):
            response = each.result()
            assert response.status_code == 200, response.text
            kept[number] = response.json()
        assert server.process.wait(60) == 0
    assert len({reply["session"] for reply in kept.values()}) == N_CLIENTS
    with serving(kb, tmp_path) as server, server.client() as client:
        for number, reply in kept.items():
            found = client.get(f"/v1/sessions/{reply['session']}").json()["session"]
            assert [(turn["message"], turn["reply"]) for turn in found["turns"]] == [
                (f"What is the code of the door? ({number})", reply["reply"])
            ]
        said = {"message": "thanks", "session": kept[0]["session"]}
        assert client.post("/v1/chat", json=said).json()["session"] == kept[0]["session"]


def test_requests_that_a_shutdown_does_not_wait_for_are_refused_cleanly(
    kb: Path, tmp_path: Path
) -> None:
    with (
        ThreadPoolExecutor(4 * N_CLIENTS) as pool,
        serving(kb, tmp_path, workers="1", drain_s="0") as server,
    ):
        ask(server, "warm up")
        asking = [
            pool.submit(ask, server, f"What is the code of the door? ({number})")
            for number in range(4 * N_CLIENTS)
        ]
        wait_until_taken(server, asking)
        server.end()
        statuses = set()
        for each in asking:
            response = each.result()
            statuses.add(response.status_code)
            if response.status_code != 200:
                assert response.headers["content-type"] == "application/problem+json"
                assert int(response.headers["retry-after"]) >= 1
        assert statuses <= {200, 503}
        assert 503 in statuses
        assert server.process.wait(60) == 0


def test_a_new_index_answers_without_a_lost_request(tmp_path: Path) -> None:
    kb = tmp_path / "kb"
    index(kb, "blue")
    stop = threading.Event()
    replies: list[httpx.Response] = []

    def ask_on() -> None:
        with server.client() as client:
            while not stop.is_set():
                said = {"question": "What is the code of the door?"}
                replies.append(client.post("/v1/ask", json=said))

    with ThreadPoolExecutor(4) as pool, serving(kb, tmp_path) as server:
        asking = [pool.submit(ask_on) for _ in range(4)]
        try:
            for colour in COLOURS[1:]:
                index(kb, colour)
                with server.client() as client:
                    until = time.monotonic() + 60
                    current = IndexStore(kb).current()
                    while client.get("/readyz").json()["generation"] != current:
                        assert time.monotonic() < until
                        time.sleep(0.02)
                    seen = len(replies)
                    while len(replies) < seen + 8:
                        time.sleep(0.02)
        finally:
            stop.set()
        for each in asking:
            each.result()
        server.end()
        assert server.process.wait(60) == 0
    by_generation: dict[str, set[str]] = {}
    for reply in replies:
        assert reply.status_code == 200, reply.text
        result = reply.json()
        by_generation.setdefault(result["generation"], set()).add(result["answers"][0]["text"])
    assert len(by_generation) == len(COLOURS)
    for answers, colour in zip(by_generation.values(), COLOURS, strict=True):
        assert len(answers) == 1
        assert colour in answers.pop(), "the answer is its own generation's"
