"""Clients of the server, in a process of their own: what a load run and the bench start.

    python tests/bench/load_clients.py asks|turns|conversations --url URL --clients N
        --seconds S [--material FILE]

Prints one JSON object. It speaks HTTP/1.1 over asyncio's streams itself: client and server
share the machine, and what a client library takes would be missing on the other side.

`conversations` is the careful one. Every client leads conversations of its own, with values
that no other client says, and knows what has to come back. A server that is away or full is
asked again, as a client should; where a connection broke before the reply came, the client
looks up whether its turn was kept: a turn that was, without its reply, is a lost one. In the
end it compares the transcript that is kept with what it sent and got.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SCRIPTED = "what's on the menu in the canteen"
_PATIENCE_S = 240.0


class Away(Exception):
    """Nobody listens at the address: nothing was sent."""


class Broken(Exception):
    """The connection ended before the reply had come."""


class Connection:
    """One kept-alive connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        return await self._request("POST", path, json.dumps(body).encode())

    async def get(self, path: str) -> tuple[int, dict[str, str], Any]:
        return await self._request("GET", path, b"")

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _request(
        self, method: str, path: str, body: bytes
    ) -> tuple[int, dict[str, str], Any]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection(*self._address)
            except OSError as error:
                raise Away from error
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._address[0]}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        try:
            writer.write(f"{head}\r\n".encode() + body)
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            named = (line.split(": ", 1) for line in lines if line)
            headers = {name.lower(): value for name, value in named}
            content = await reader.readexactly(int(headers["content-length"]))
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise Broken from error
        if headers.get("connection") == "close":
            self.close()
        return int(first.split()[1]), headers, json.loads(content)


def percentile(values: list[float], part: float) -> float:
    """Return the smallest value that so large a part of the values doesn't exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def spread(seconds: list[float]) -> dict[str, float]:
    """Return percentiles in milliseconds."""
    return {f"p{round(100 * p)}_ms": round(1000 * percentile(seconds, p), 2) for p in (0.5, 0.95)}


async def asks(options: argparse.Namespace) -> dict[str, Any]:
    """Put questions to `/v1/ask`, one behind the other from each client."""
    questions = itertools.cycle(json.loads(options.material.read_text()))
    took: list[float] = []
    statuses: Counter[int] = Counter()
    began = time.perf_counter()
    until = began + options.seconds

    async def client() -> None:
        connection = Connection(options.url)
        while time.perf_counter() < until:
            question = next(questions)
            sent = time.perf_counter()
            status, headers, reply = await connection.post("/v1/ask", {"question": question})
            took.append(time.perf_counter() - sent)
            statuses[status] += 1
            if status == 503:
                await asyncio.sleep(float(headers["retry-after"]))
            elif status != 200 or reply["question"] != question:
                raise SystemExit(f"{question!r} got {status}: {reply!r}")
        connection.close()

    await asyncio.gather(*(client() for _ in range(options.clients)))
    spent = time.perf_counter() - began
    return {
        "clients": options.clients,
        "answered": statuses[200],
        "refused": statuses[503],
        "per_second": round(statuses[200] / spent, 3),
        **spread(took),
    }


async def turns(options: argparse.Namespace) -> dict[str, Any]:
    """Send a message with a scripted reply, one behind the other from each client."""
    took: list[float] = []
    until = time.perf_counter() + options.seconds

    async def client() -> None:
        connection = Connection(options.url)
        session = None
        for number in itertools.count():
            if time.perf_counter() > until:
                break
            # A new conversation now and then, as people come and go.
            body: dict[str, Any] = {"message": SCRIPTED}
            if number % 10:
                body["session"] = session
            sent = time.perf_counter()
            status, _, reply = await connection.post("/v1/chat", body)
            took.append(time.perf_counter() - sent)
            if status != 200 or reply["route"] != "HANDLE":
                raise SystemExit(f"a scripted turn got {status}: {reply!r}")
            session = reply["session"]
        connection.close()

    await asyncio.gather(*(client() for _ in range(options.clients)))
    return {"clients": options.clients, "turns": len(took), **spread(took)}


@dataclass
class Tally:
    """What the clients of a load run saw."""

    turns: int = 0
    conversations: int = 0
    waited_while_away: int = 0
    waited_while_full: int = 0
    looked_up: int = 0
    resent: int = 0
    gave_up: int = 0
    lost: int = 0
    wrong_session: int = 0
    unlike_alone: int = 0
    complaints: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def complain(self, what: str) -> None:
        if len(self.complaints) < 20:
            self.complaints.append(what)


@dataclass
class Material:
    """What is asked, and the replies that it may get: of the index in either state."""

    replies: dict[str, list[str]]

    @property
    def questions(self) -> list[str]:
        return list(self.replies)

    def is_anothers(self, question: str, reply: str) -> bool:
        """Tell whether a reply answers somebody else's question and not this one."""
        if reply in self.replies[question]:
            return False
        return any(reply in known for other, known in self.replies.items() if other != question)


class Talker:
    """A client with a number of its own."""

    def __init__(self, number: int, url: str, material: Material, tally: Tally) -> None:
        self._number = number
        self._connection = Connection(url)
        self._material = material
        self._tally = tally
        self._random = random.Random(number)
        self._session: str | None = None
        self._said: list[tuple[str, str]] = []

    async def talk(self) -> None:
        """Lead one conversation: questions, an order with values of its own, the transcript."""
        self._session, self._said = None, []
        people = str(2 + self._number)
        # With the number of people it tells conversations of one client apart, too.
        wishes = f"table {self._number} of {self._random.randrange(10**6)}"
        day = (date.today() + timedelta(days=self._random.randrange(20, 200))).isoformat()
        await self._ask()
        await self._say("I want to order food for a meeting")
        await self._say("Dublin")
        await self._say(day)
        await self._say(people)
        await self._say(wishes, f"Food for {people} people in Dublin")
        await self._say("yes", f"{people} people")
        await self._ask()
        await self._look_up()
        self._tally.conversations += 1

    async def _ask(self) -> None:
        question = self._random.choice(self._material.questions)
        reply = await self._say(question)
        if self._material.is_anothers(question, reply):
            self._tally.wrong_session += 1
            self._tally.complain(f"{question!r} got another's reply: {reply!r}")
        elif reply not in self._material.replies[question]:
            self._tally.unlike_alone += 1

    async def _say(self, message: str, expected: str = "") -> str:
        body = {"message": message}
        if self._session is not None:
            body["session"] = self._session
        began = time.perf_counter()
        reply = await self._sent(body)
        self._tally.seconds.append(time.perf_counter() - began)
        self._tally.turns += 1
        if reply is None:
            self._tally.lost += 1
            self._tally.complain(f"no reply to {message!r}")
            self._said.append((message, ""))
            return ""
        if self._session not in (None, reply["session"]) or expected not in reply["reply"]:
            self._tally.wrong_session += 1
            self._tally.complain(f"{message!r} got {reply['reply']!r}, expected {expected!r}")
        self._session = reply["session"]
        self._said.append((message, reply["reply"]))
        return str(reply["reply"])

    async def _sent(self, body: dict[str, str]) -> dict[str, Any] | None:
        """Send a message until it has a reply; None where the reply is lost."""
        until = time.perf_counter() + _PATIENCE_S
        while time.perf_counter() < until:
            try:
                status, headers, reply = await self._connection.post("/v1/chat", body)
            except Away:
                self._tally.waited_while_away += 1
                await asyncio.sleep(0.25)
                continue
            except Broken:
                if self._session is not None and len(await self._kept()) > len(self._said):
                    return None
                self._tally.resent += 1
                continue
            if status == 200:
                return dict(reply)
            if status != 503:
                self._tally.complain(f"status {status}: {reply!r}")
                return None
            self._tally.waited_while_full += 1
            if self._session is not None and len(kept := await self._kept()) > len(self._said):
                # Too late for an answer, not for the turn: it is read where it is kept.
                self._tally.looked_up += 1
                return {"session": self._session, "reply": kept[-1]["reply"]}
            await asyncio.sleep(float(headers.get("retry-after", 1)))
        self._tally.gave_up += 1
        return None

    async def _kept(self) -> list[dict[str, Any]]:
        """Return the turns that the server keeps of this conversation."""
        until = time.perf_counter() + _PATIENCE_S
        while time.perf_counter() < until:
            try:
                status, _, found = await self._connection.get(f"/v1/sessions/{self._session}")
            except (Away, Broken):
                await asyncio.sleep(0.25)
                continue
            return list(found["session"]["turns"]) if status == 200 else []
        return []

    async def _look_up(self) -> None:
        kept = [(turn["message"], turn["reply"]) for turn in await self._kept()]
        if any(not reply for _, reply in self._said):
            return  # counted already
        if kept != self._said:
            self._tally.wrong_session += 1
            self._tally.complain(f"kept {kept!r}, said {self._said!r}")


async def conversations(options: argparse.Namespace) -> dict[str, Any]:
    """Lead conversations until the time is up."""
    material = Material(json.loads(options.material.read_text()))
    tally = Tally()
    until = time.perf_counter() + options.seconds

    async def client(number: int) -> None:
        talker = Talker(number, options.url, material, tally)
        while time.perf_counter() < until:
            await talker.talk()

    await asyncio.gather(*(client(number) for number in range(options.clients)))
    counted = {name: value for name, value in vars(tally).items() if name != "seconds"}
    return {**counted, **spread(tally.seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("asks", "turns", "conversations"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--material", type=Path)
    options = parser.parse_args()
    kinds = {"asks": asks, "turns": turns, "conversations": conversations}
    sys.stdout.write(json.dumps(asyncio.run(kinds[options.kind](options))) + "\n")


if __name__ == "__main__":
    main()
