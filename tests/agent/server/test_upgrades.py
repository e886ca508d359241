"""Keys and settings that the first version wrote (`upgrades/`) go on as they are."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import ServerError
from agent.server.api.auth.keys import KeyFile
from agent.server.settings import Limits, load_settings

OLD = Path(__file__).parent / "upgrades"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = "fd_a36p7g4t_QwnK8FpHhTeo8_vHS2io07Z0JTco7ibMhJUjuNq8DRg"
SECRET = {"FRONTDESK_WEBHOOK_SECRET_BRIDGE": "0123456789abcdef" * 4}


def test_older_keys_count_as_before(tmp_path: Path) -> None:
    file = KeyFile(Path(shutil.copy(OLD / "keys.json", tmp_path)))
    asker = file.asker(KEY, now=NOON)
    assert asker is not None
    assert asker.roles == {"staff", "hr"}
    assert asker.owner == "key:a36p7g4t"
    assert [(key.name, key.state(NOON)) for key in file.list()] == [
        ("old", "revoked"),
        ("intranet", "active"),
    ]


def test_older_keys_outlive_a_new_one(tmp_path: Path) -> None:
    file = KeyFile(Path(shutil.copy(OLD / "keys.json", tmp_path)))
    before = file.list()
    new = file.create("new", [], now=NOON)
    assert set(file.list()) == {*before, new.key}
    assert KeyFile(file.path).asker(KEY, now=NOON) is not None


@pytest.mark.parametrize("cut", [1, 10, 200, 600])
def test_a_file_cut_short_is_refused_and_left_as_it_is(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes((OLD / "keys.json").read_bytes()[:cut])
    with pytest.raises(ServerError, match="restore them from a backup"):
        KeyFile(path).create("new", [], now=NOON)
    assert path.stat().st_size == cut


def test_older_settings_mean_what_they_meant() -> None:
    settings = load_settings(OLD / "server.toml", environment=SECRET)
    assert settings.kb == OLD / "kb"
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)  # noqa: S104
    assert settings.readers == ("bert", "bidaf")
    assert settings.session_days == 7.0
    assert settings.limits == Limits(workers=8, timeout_s=5.0)
    assert settings.token is not None
    assert settings.token.jwks_file == OLD / "jwks.json"
    assert settings.token.role_map == {"grp-people": "hr"}
    assert settings.webhooks["bridge"].roles == ("staff",)
    assert settings.trusted_proxies == ("127.0.0.1",)
    assert settings.cors_origins == ("https://intranet.example.com",)
    assert not settings.anonymous_allowed
