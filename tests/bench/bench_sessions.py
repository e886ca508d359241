"""Storing turns: one writer, four writers, and the masking before it.

    python tests/bench/bench_sessions.py [--turns N] [--check]

A turn is what the agent stores: message, reply, and a decision with five intents and three
articles found. "save" is the whole of `SessionStore.save`, masking included; "SQLite alone"
appends the same JSON with one plain INSERT a transaction, as one would do first. Times are
wall-clock; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agent.memory.privacy.masking import Masker
from agent.memory.sessions import SessionStore
from agent.memory.sessions.records import turn_to_json
from agent.types import Decision, Route, Turn

WRITERS = 4
TURNS_A_SESSION = 10
MAX_SAVE_MS, MAX_MASK_MS = 1.0, 0.1
MESSAGE = "How do I reset my password for the expenses portal when I'm abroad?"
REPLY = (
    "You can reset your own password day or night, as long as MFA is set up.\n\n"
    "1. Go to https://passport.example.com and choose Forgot password?\n"
    "2. Enter your e-mail address.\n3. Approve the prompt on your phone.\n"
)


def turn(number: int) -> Turn:
    """Return a turn as the agent makes them."""
    inputs = {
        "message": "words",
        "scores": [
            {"intent": f"intent_{place}", "confidence": 0.9 / 2**place} for place in range(5)
        ],
        "in_scope": 0.912345678901,
        "verdict": {
            "status": "answered",
            "confidence": 0.8123456789,
            "found": [
                {"article_id": f"it-{place}", "title": "Passwords", "quote": REPLY[:80]}
                for place in range(3)
            ],
        },
        "thresholds": {"handle": 0.5, "consider": 0.25, "tie": 0.1, "unsure_turns": 2},
    }
    decision = Decision(
        f"d{number}", Route.ANSWER, "answered", None, 0.81, inputs, "The knowledge base is sure."
    )
    at = "2026-03-02T09:00:00.000+00:00"
    return Turn(MESSAGE, REPLY, Route.ANSWER, None, decision, at, MESSAGE, ("it-0",), ("Pass",))


def each_ms(n: int, step: Callable[[int], object]) -> list[float]:
    """Return milliseconds for each of `n` steps."""
    times = []
    for number in range(n):
        began = time.perf_counter()
        step(number)
        times.append(1000.0 * (time.perf_counter() - began))
    return times


def saver(path: Path) -> Callable[[int], object]:
    """Return a step that adds a turn; a new session every ten turns."""
    store = SessionStore(path)
    session = store.create()

    def step(number: int) -> None:
        nonlocal session
        if len(session.turns) == TURNS_A_SESSION:
            session = store.create()
        session = store.save(replace(session, turns=(*session.turns, turn(number))))

    return step


def plain(path: Path) -> Callable[[int], object]:
    """Return a step that inserts the turn's JSON and does nothing else."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE turns (number INTEGER PRIMARY KEY, turn TEXT)")

    def step(number: int) -> None:
        connection.execute(
            "INSERT INTO turns (turn) VALUES (?)", (json.dumps(turn_to_json(turn(number))),)
        )

    return step


def show(name: str, times: list[float]) -> float:
    """Print median and 95th percentile; return the median."""
    median = statistics.median(times)
    p95 = sorted(times)[int(0.95 * (len(times) - 1))]
    sys.stdout.write(f"{name:<34} {median:8.3f} {p95:8.3f}\n")
    return median


def main() -> int:
    """Measure, print, and with --check compare with the marks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=2_000)
    parser.add_argument("--check", action="store_true", help="exit 1 above the marks")
    parser.add_argument("--write-to", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write_to is not None:
        each_ms(options.turns, saver(options.write_to))
        return 0
    masker = Masker()
    sys.stdout.write(f"{'milliseconds':<34} {'p50':>8} {'p95':>8}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        masked = show(
            "mask a usual message", each_ms(options.turns, lambda _: masker.mask(MESSAGE))
        )
        personal = "I'm Jo, jo@example.com or 020 7946 0018, about order 4500012345"
        show("mask e-mail, phone, order number", each_ms(500, lambda _: masker.mask(personal)))
        show("SQLite alone, append", each_ms(options.turns, plain(root / "plain.sqlite3")))
        saved = show("save a turn", each_ms(options.turns, saver(root / "one.sqlite3")))
        path = root / "many.sqlite3"
        SessionStore(path).close()
        began = time.perf_counter()
        running = [
            subprocess.Popen(
                [sys.executable, __file__, "--turns", str(options.turns), "--write-to", str(path)]
            )
            for _ in range(WRITERS)
        ]
        codes = [process.wait() for process in running]
        n = WRITERS * options.turns
        rate = n / (time.perf_counter() - began)
        with SessionStore(path) as store:
            kept = sum(item.turns for item in store.sessions(None, limit=n))
    sys.stdout.write(
        f"{WRITERS} processes: {rate:.0f} turns/s, start-up included; {kept} of {n} kept\n"
    )
    if any(codes) or kept != n:
        return 1
    return int(options.check and (saved > MAX_SAVE_MS or masked > MAX_MASK_MS))


if __name__ == "__main__":
    raise SystemExit(main())
