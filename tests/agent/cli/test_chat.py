"""The command: piped, and typed at a real terminal's other end."""

from __future__ import annotations

import json
import os
import pty
import re
import runpy
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.entry import app

TALKER = Path(__file__).parent / "terminal" / "scripted_talker.py"
ROOT = Path(__file__).parents[3]
# A machine that is busy with other things may take this long to start Python.
PATIENCE_S = 60.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "FRONTDESK_STATE_DIR": str(tmp_path / "state"),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "COLUMNS": "80",
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(TALKER), "chat", "--kb", "x", *arguments]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Piped = Callable[..., Done]


@pytest.fixture
def piped(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Piped:
    """Return a function that runs the command on a piped text, in this process."""
    scripted = runpy.run_path(str(TALKER), run_name="scripted_talker")
    monkeypatch.setenv("FRONTDESK_STATE_DIR", environment["FRONTDESK_STATE_DIR"])
    monkeypatch.setattr("agent.agent.Agent", scripted["ScriptedTalker"])

    def run(typed: str, *arguments: str) -> Done:
        done = CliRunner().invoke(app, ["chat", "--kb", "x", *arguments], input=typed)
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


def test_chat_piped_prints_plain_turns(piped: Piped, tmp_path: Path) -> None:
    done = piped("one\n\nhours\n/quit\nnever")
    assert (done.returncode, done.stderr) == (0, "")
    assert "> one\n\n  You said: one\n" in done.stdout
    assert "Leeds" in done.stdout
    assert "never" not in done.stdout
    assert "\x1b" not in done.stdout
    # Only what is typed by hand is kept for the arrow keys.
    assert not (tmp_path / "state").exists()


def test_chat_piped_as_json_prints_one_object_a_turn(piped: Piped) -> None:
    done = piped("one\nreset my password", "--json", "--role", "staff")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["route"] for line in lines] == ["HANDLE", "ANSWER"]


def test_chat_goes_on_with_a_kept_session(piped: Piped, tmp_path: Path) -> None:
    file = str(tmp_path / "kept" / "sessions.sqlite3")
    first = piped("one", "--json", "--sessions", file)
    session = json.loads(first.stdout)["session"]
    again = piped("two", "--sessions", file, "--session", session)
    assert again.returncode == 0
    assert again.stdout.startswith("  > one\n  You said: one\n\n> two\n")


def test_chat_failures_are_told(piped: Piped, tmp_path: Path) -> None:
    done = piped("break\none")
    assert done.returncode == 1
    assert done.stderr == "Error: The session can't be kept: the disk is full.\n"
    assert "You said: one" in done.stdout
    done = piped("one", "--session", "x")
    assert done.returncode == 2
    assert "--sessions" in done.stderr
    done = piped("one", "--sessions", str(tmp_path / "s"), "--session", "x")
    assert done.returncode == 1
    assert "Error: There is no session 'x' to go on with." in done.stderr
    done = piped("one", "--kb", "missing")
    assert done.returncode == 1
    assert done.stderr == "Error: There is no knowledge base in 'missing'.\n"


def _lead_a_session() -> None:
    # The first terminal that a session's leader opens is the one that interrupts it.
    os.close(os.open(os.ttyname(0), os.O_RDWR))
    # Tests that run in the background may have been told to ignore interrupts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Typist:
    """Types at a terminal and reads what appears there."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            command(*arguments),
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environment,
            start_new_session=True,
            preexec_fn=_lead_a_session,
        )
        os.close(inner)
        self.seen = ""
        self._read = 0

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def until(self, text: str) -> str:
        """Wait until `text` appears after what was waited for before; return up to it."""
        deadline = time.monotonic() + PATIENCE_S
        while (at := self.seen.find(text, self._read)) < 0:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            ready, _, _ = select.select([self.fd], [], [], 0.2)
            if ready:
                try:
                    got = os.read(self.fd, 65536)
                except OSError:
                    got = b""
                assert got, f"ended without {text!r}: {self.seen!r}"
                self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", got.decode("utf-8", "replace"))
        before, self._read = self._read, at + len(text)
        return self.seen[before : self._read]

    def code(self) -> int:
        """Wait for the end; return the exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.seen
            ready, _, _ = select.select([self.fd], [], [], 0.2)
            if ready:
                try:
                    self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
                except OSError:
                    time.sleep(0.01)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)


@pytest.fixture
def typist(environment: dict[str, str]) -> Iterator[Typist]:
    made = Typist(environment)
    yield made
    made.close()


def test_chat_typed_knows_arrow_keys_interrupts_and_the_end(
    typist: Typist, environment: dict[str, str], tmp_path: Path
) -> None:
    typist.until("Hello! What can I help you with?")
    typist.until("/help lists what else you can type.")
    typist.until("> ")
    typist.type("mail jo@example.com\r")
    typist.until("You said: mail jo@example.com")
    typist.until("> ")
    # Up brings the line back; the left arrow and a letter change it.
    typist.type("\x1b[A\x1b[DX\r")
    typist.until("You said: mail jo@example.coXm")
    typist.until("> ")
    # Ctrl-C gives a line up, and a reply that takes too long.
    typist.type("half a li")
    # Once it is echoed the line is being read, on a busy machine too.
    typist.until("half a li")
    typist.type("\x03")
    typist.until("Ctrl-D or /quit leaves.")
    typist.until("> ")
    typist.type("slow\r")
    typist.until("Searching the articles")
    typist.type("\x03")
    typist.until("Stopped.")
    typist.until("> ")
    typist.type("/why\r")
    typist.until("It is in the script.")
    typist.until("> ")
    typist.type("\x04")
    assert typist.code() == 0
    assert "Traceback" not in typist.seen
    kept = (tmp_path / "state" / "chat_history").read_text("utf-8").splitlines()
    assert kept[:2] == ["mail [e-mail]", "mail [e-mail]"]
    assert "half a li" not in kept

    again = Typist(environment, "--sessions", str(tmp_path / "s.sqlite3"))
    try:
        again.until("> ")
        # What was typed before is there, masked.
        again.type("\x1b[A\x1b[A\x1b[A\r")
        again.until("You said: mail [e-mail]")
        again.until("> ")
        again.type("/quit\r")
        assert again.code() == 0
        assert "Go on later with --sessions" in again.seen
    finally:
        again.close()
