"""Minutes of many clients, while the index is rebuilt twice and the server restarted once.

    python tests/bench/load_server.py [--clients 32] [--seconds 300] [--questions 40] [--check]

First every question is asked alone, of the index in either state, so that what clients get
later can be told from another's. Then the clients lead conversations of their own (see
`load_clients.py`); at a fifth and at four fifths of the time the index is rebuilt with an
article more and without it again, and in the middle the server is told to end and started
anew. Nothing may be lost, nothing may reach the wrong session, and memory stays flat.
Not part of `make bench`: it takes minutes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from serving import ROOT, ServerProcess, finish, index, public_questions, say, start_clients

MAX_GROWTH = 1.10

_EXTRA = """---
title: Seagull feeding rota
---

The gulls on the roof of the Dublin office are fed by nobody. There is no rota.
"""


class Run:
    """A knowledge base, the server in front of it, and what is done to both."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._articles = folder / "articles"
        shutil.copytree(ROOT / "data" / "articles", self._articles)
        self._kb = folder / "kb"
        index(self._articles, self._kb)
        self.server = ServerProcess(self._kb, folder)
        self._port = int(self.server.url.rpartition(":")[2])

    def rebuild(self, *, extra: bool) -> float:
        """Index again; return after how many seconds the new generation answers."""
        page = self._articles / "gulls.md"
        if extra:
            page.write_text(_EXTRA, "utf-8")
        else:
            page.unlink(missing_ok=True)
        began, before = time.monotonic(), self.generation
        index(self._articles, self._kb)
        while self.generation == before:
            if time.monotonic() - began > 120:
                raise RuntimeError(f"generation {before} still answers")
            time.sleep(0.1)
        return time.monotonic() - began

    @property
    def generation(self) -> str:
        return str(self.server.get("/readyz")["generation"])

    def restart(self) -> dict[str, float]:
        """End the server gracefully and start it anew at the same port."""
        began = time.monotonic()
        stopped_s = self.server.stop()
        self.server = ServerProcess(self._kb, self._folder, port=self._port)
        return {"drained_s": round(stopped_s, 2), "away_s": round(time.monotonic() - began, 2)}

    def replies(self, count: int) -> dict[str, list[str]]:
        """Return the reply that each question gets by itself, as a new conversation."""
        questions = public_questions()
        chosen = questions[:: max(1, len(questions) // count)][:count]
        found = {
            question: self.server.post("/v1/chat", {"message": question}) for question in chosen
        }
        # A question that opens a form would change what the messages after it mean.
        return {
            question: [reply["reply"]]
            for question, reply in found.items()
            if reply["route"] == "ANSWER"
        }


def drive(run: Run, clients: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
    """Rebuild and restart at their moments; watch memory."""
    began = time.monotonic()
    seen: dict[str, Any] = {"memory_mb": []}
    steps = [
        (0.1, lambda: seen.update(before_mb=run.server.memory_mb)),
        (0.2, lambda: seen.update(first_rebuild_s=round(run.rebuild(extra=True), 1))),
        (0.45, lambda: seen.update(before_restart_mb=run.server.memory_mb)),
        (0.5, lambda: seen.update(restart=run.restart())),
        (0.8, lambda: seen.update(second_rebuild_s=round(run.rebuild(extra=False), 1))),
        (0.97, lambda: seen.update(after_mb=run.server.memory_mb)),
    ]
    for share, step in steps:
        while time.monotonic() - began < share * seconds and clients.poll() is None:
            time.sleep(min(2.0, max(0.0, share * seconds - (time.monotonic() - began))))
            seen["memory_mb"].append(round(run.server.memory_mb))
        step()
    return seen


def main() -> None:
    """Run and print; with --check fail below the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        try:
            replies = run.replies(options.questions)
            run.rebuild(extra=True)
            for question, more in run.replies(options.questions).items():
                if question in replies:
                    replies[question] += more
            run.rebuild(extra=False)
            clients = start_clients(
                "conversations",
                run.server.url,
                clients=options.clients,
                seconds=options.seconds,
                material=replies,
            )
            seen = drive(run, clients, options.seconds)
            found = finish(clients)
            run.server.stop()
        finally:
            run.server.kill()
    say(json.dumps({**seen, "clients": found}, indent=2))
    growth = max(seen["before_restart_mb"], seen["after_mb"]) / seen["before_mb"]
    say(f"lost replies: {found['lost']}, of the wrong session: {found['wrong_session']} (0)")
    say(f"memory after against before: {growth:.3f} times (at most {MAX_GROWTH})")
    failed = found["lost"] or found["wrong_session"] or growth > MAX_GROWTH
    if options.check and failed:
        raise SystemExit("below the marks")


if __name__ == "__main__":
    main()
