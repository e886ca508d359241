"""What happens at the door while things go wrong around it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.server.api.auth import keys as keys_module
from agent.server.api.auth.keys import KeyFile
from agent.server.settings import Limits

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def ask(running: Any, key: str | None = None) -> int:
    with running.client(key) as client:
        status: int = client.post("/v1/ask", json={"question": "vpn"}).status_code
        return status


@pytest.mark.parametrize("content", [None, b"", b"{"])
def test_a_closed_server_stays_closed_when_its_keys_are_lost(
    serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.setattr(keys_module, "_LOOK_AGAIN_S", 0.0)
    file = KeyFile(tmp_path / "keys.json")
    key = file.create("a", [], now=NOW).secret
    running = serve()
    assert ask(running) == 401
    if content is None:
        file.path.unlink()
    else:
        file.path.write_bytes(content)
    assert ask(running) == 401
    assert ask(running, key) == 200


def test_an_open_server_closes_with_the_first_key_and_stays_closed(
    serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_module, "_LOOK_AGAIN_S", 0.0)
    running = serve()
    assert ask(running) == 200
    file = KeyFile(tmp_path / "keys.json")
    key = file.create("a", [], now=NOW).secret
    assert ask(running) == 401
    assert ask(running, key) == 200
    file.path.unlink()
    assert ask(running) == 401
    assert ask(running, key) == 200


def test_wrong_keys_are_limited_and_right_ones_from_there_are_not(
    serve: Any, tmp_path: Path
) -> None:
    key = KeyFile(tmp_path / "keys.json").create("a", [], now=NOW).secret
    running = serve(limits=Limits(requests_per_minute=0, wrong_keys_per_minute=1))
    wrong = [f"fd_aaaaaaaa_{'x' * 43}", "fd_short", "a.b.c", "e30.e30.e30"]
    seen = [ask(running, wrong[place % 4]) for place in range(24)]
    assert seen == [401] * 20 + [429] * 4
    assert ask(running, key) == 200
    with running.client(wrong[0]) as client:
        response = client.post("/v1/ask", json={"question": "vpn"})
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_no_limit_for_wrong_keys_where_it_is_switched_off(serve: Any, tmp_path: Path) -> None:
    KeyFile(tmp_path / "keys.json").create("a", [], now=NOW)
    running = serve(limits=Limits(requests_per_minute=0, wrong_keys_per_minute=0))
    assert {ask(running, "fd_wrong") for _ in range(40)} == {401}
