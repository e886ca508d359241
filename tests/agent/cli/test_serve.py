"""`frontdesk serve`, as it is typed: a real index, a real process, a real restart."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from agent.cli.entry import app

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    (folder / "articles").mkdir()
    (folder / "articles" / "vpn.md").write_text(
        "# VPN\n\nThe VPN client is called Passage. Start Passage and choose Connect.\n"
    )
    done = CliRunner().invoke(app, ["index", str(folder / "articles"), "--kb", str(folder / "kb")])
    assert done.exit_code == 0, done.output
    return folder / "kb"


@contextmanager
def serving(*arguments: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `frontdesk serve` on a free port; yield its address and process."""
    errors = folder / "stderr.txt"
    with errors.open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "agent", "serve", "--port", "0", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("Frontdesk listens at http://127.0.0.1:"), errors.read_text()
        yield first.split()[-1], process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_serve_answers_and_a_session_survives_a_restart(kb: Path, tmp_path: Path) -> None:
    with serving("--kb", str(kb), folder=tmp_path) as (url, process):
        with httpx.Client(base_url=url, timeout=60) as client:
            said = {"message": "what is the VPN client called?"}
            first = client.post("/v1/chat", json=said).json()
            assert first["route"] in {"ANSWER", "CLARIFY", "HANDOFF"}
            assert client.get("/readyz").json()["status"] == "ready"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with (
        serving("--kb", str(kb), folder=tmp_path) as (url, _),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        kept = client.get(f"/v1/sessions/{first['session']}").json()["session"]
        assert [turn["message"] for turn in kept["turns"]] == [said["message"]]
        said = {"message": "thanks", "session": first["session"]}
        assert client.post("/v1/chat", json=said).json()["session"] == first["session"]
    for line in (tmp_path / "stderr.txt").read_text().splitlines():
        assert "Passage" not in line
        assert first["session"] not in line
        json.loads(line)


def test_serve_refuses_to_be_open_to_all_unasked(tmp_path: Path) -> None:
    arguments = ["serve", "--kb", str(tmp_path / "kb"), "--host", "0.0.0.0", "--port", "0"]  # noqa: S104
    done = CliRunner().invoke(app, [*arguments, "--keys", str(tmp_path / "keys.json")])
    assert done.exit_code == 1
    assert "nobody could ask: make a key" in done.output


def test_serve_tells_of_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["serve", "--kb", str(tmp_path / "kb"), "--port", port])
    assert done.exit_code == 1
    assert "the server can't listen at '127.0.0.1'" in done.output


def test_serve_tells_of_a_missing_index(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", "--kb", str(tmp_path / "kb"), "--port", "0"])
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert "Traceback" not in done.output


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    keys = ["--keys", str(tmp_path / "keys.json")]
    made = CliRunner().invoke(
        app, ["keys", "create", "intranet", "--role", "staff", "--expires", "90d", *keys, "--json"]
    )
    assert made.exit_code == 0, made.output
    key = json.loads(made.stdout)
    assert key["key"].startswith(f"fd_{key['id']}_")
    assert key["roles"] == ["staff"]
    listed = CliRunner().invoke(app, ["keys", "list", *keys])
    assert key["id"] in listed.stdout
    assert key["key"] not in listed.stdout
    shown = CliRunner().invoke(app, ["keys", "revoke", key["id"], *keys, "--json"])
    assert json.loads(shown.stdout)["state"] == "revoked"
    for wrong in (["keys", "revoke", "absent", *keys], ["keys", "create", " ", *keys]):
        assert CliRunner().invoke(app, wrong).exit_code == 1
    soon = CliRunner().invoke(app, ["keys", "create", "a", "--expires", "soon", *keys])
    assert soon.exit_code == 1
    assert "--expires is 'soon'" in soon.output
    plain = CliRunner().invoke(app, ["keys", "create", "a", "--expires", "2099-01-31", *keys])
    assert plain.stdout.splitlines()[0].startswith("fd_")
