from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.server.settings import Settings, TokenSettings


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"algorithms": ("HS256",)}, "RS256.*input_value='HS256'"),
        ({"algorithms": ("none",)}, "RS256.*input_value='none'"),
        ({"algorithms": ()}, "at least 1 item"),
        ({"jwks_url": "http://login.example.com/keys"}, "expected https"),
        ({"jwks_url": "file:///etc/passwd"}, "expected https"),
        ({"jwks_file": Path("a")}, "both jwks_url and jwks_file"),
        ({"leeway_s": -1}, "greater than or equal to 0"),
        ({"issuer": ""}, "at least 1 character"),
    ],
)
def test_token_settings_refuse_what_is_unsafe(settings: dict[str, Any], match: str) -> None:
    given = {"issuer": "i", "audience": "a", "jwks_url": "https://x.example/keys", **settings}
    with pytest.raises(ValidationError, match=match):
        TokenSettings(**given)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)],  # noqa: S104
)
def test_only_loopback_is_open_to_all_by_itself(tmp_path: Path, host: str, loopback: bool) -> None:
    settings = Settings(kb=tmp_path / "kb", host=host, keys=tmp_path / "keys.json")
    assert settings.anonymous_allowed is loopback
    assert settings.metrics_are_open is loopback
    assert bool(settings.hosts) is loopback
    settings.keys.write_text('{"keys": []}')
    assert not settings.anonymous_allowed
    assert Settings(kb=tmp_path, host=host, allow_anonymous=True).anonymous_allowed


def test_sessions_stand_beside_the_knowledge_base(tmp_path: Path) -> None:
    assert Settings(kb=tmp_path / "kb").sessions_file == tmp_path / "kb.sessions.sqlite3"
    assert Settings(kb=tmp_path / "kb", sessions=tmp_path / "s").sessions_file == tmp_path / "s"
