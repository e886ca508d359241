"""Starts `frontdesk serve` as a process of its own, and clients in another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = ROOT / "data" / "questions.jsonl"
_START_S = 180.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def public_questions() -> list[str]:
    """Return the sample questions that anyone may ask."""
    records = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    return [each["question"] for each in records if not each["roles"] and each["answerable"]]


def index(articles: Path, kb: Path) -> None:
    """Bring an index up to date by the command line."""
    subprocess.run(
        [sys.executable, "-m", "agent", "index", str(articles), "--kb", str(kb), "--yes"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class ServerProcess:
    """A server on loopback.

    Args:
        kb: The knowledge base.
        folder: For conversations, keys and the log.
        port: A fixed one, or 0 for any.
        environment: Settings as variables.
    """

    def __init__(
        self, kb: Path, folder: Path, *, port: int = 0, environment: Mapping[str, str] | None = None
    ) -> None:
        self._log = (folder / "server.log").open("a")
        arguments = ["--kb", str(kb), "--port", str(port), "--agent", str(ROOT / "data/agent.yaml")]
        arguments += ["--sessions", str(folder / "sessions.sqlite3")]
        arguments += ["--keys", str(folder / "keys.json")]
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "agent", "serve", *arguments],
            cwd=ROOT,
            env={**os.environ, "FRONTDESK_LIMITS_REQUESTS_PER_MINUTE": "0", **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if "listens at" not in first:
            raise RuntimeError(f"the server didn't start: see {self._log.name}")
        self.url = first.split()[-1]
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _START_S
        while True:
            try:
                self.get("/readyz")
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as response:  # noqa: S310
            return json.load(response)

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
            return json.load(response)

    @property
    def memory_mb(self) -> float:
        """What the process holds in memory for itself: mapped files aside."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return int(lines["RssAnon"].split()[0]) / 1024

    def stop(self) -> float:
        """Tell it to end, as systemd does; return after how many seconds it had."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(120)
        if status:
            raise RuntimeError(f"the server ended with status {status}: see {self._log.name}")
        self._log.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return time.monotonic() - began

    def kill(self) -> None:
        """End it if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def start_clients(
    kind: str, url: str, *, clients: int, seconds: float, material: object = None
) -> subprocess.Popen[str]:
    """Start clients in a process of their own; `finish` gets what they found."""
    arguments = [kind, "--url", url, "--clients", str(clients), "--seconds", str(seconds)]
    if material is not None:
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(material, file)
        arguments += ["--material", file.name]
    script = str(Path(__file__).with_name("load_clients.py"))
    return subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)


def finish(clients: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for clients and return what they found."""
    out, _ = clients.communicate()
    if clients.returncode:
        raise RuntimeError(f"the clients failed: {clients.args!r}")
    material = _material(clients.args)
    if material is not None:
        material.unlink()
    found: dict[str, Any] = json.loads(out)
    return found


def _material(arguments: object) -> Path | None:
    words: Sequence[str] = arguments if isinstance(arguments, list) else []
    return Path(words[words.index("--material") + 1]) if "--material" in words else None
