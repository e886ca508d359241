from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ServerError
from agent.server.api.auth import keys as keys_module
from agent.server.api.auth.keys import KeyFile

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "inner" / "keys.json")


def test_create_stores_a_hash_and_never_the_secret(file: KeyFile) -> None:
    new = file.create("intranet", ["staff"], now=NOW)
    stored = file.path.read_text()
    assert new.secret.startswith(f"fd_{new.key.id}_")
    assert new.secret.rpartition("_")[2] not in stored
    assert new.key.sha256 in stored
    assert "secret" not in repr(new).replace("secret='…'", "")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [each.name for each in file.path.parent.glob(".*.partial")] == []


def test_asker_has_the_keys_roles_and_an_owner_of_its_own(file: KeyFile) -> None:
    one, other = file.create("a", ["staff", "hr"], now=NOW), file.create("a", [], now=NOW)
    found = file.asker(one.secret, now=NOW)
    assert found is not None
    assert found.roles == {"staff", "hr"}
    assert found.owner == f"key:{one.key.id}"
    second = file.asker(other.secret, now=NOW)
    assert second is not None
    assert second.owner != found.owner


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "A",
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.replace("fd_", "fd_x"),
        lambda secret: "fd_aaaaaaaa_" + secret.rpartition("_")[2],
        lambda secret: "",
        lambda secret: "fd_" + "é" * 50,
    ],
)
def test_asker_refuses_what_is_almost_a_key(file: KeyFile, spoil: Any) -> None:
    new = file.create("a", [], now=NOW)
    assert file.asker(spoil(new.secret), now=NOW) is None


def test_expired_and_revoked_keys_do_not_count(file: KeyFile) -> None:
    new = file.create("a", [], now=NOW, expires=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    assert file.asker(new.secret, now=NOW) is not None
    assert file.asker(new.secret, now=later) is None
    assert new.key.state(later) == "expired"
    revoked = file.revoke(new.key.id, now=NOW)
    assert revoked.state(NOW) == "revoked"
    assert KeyFile(file.path).asker(new.secret, now=NOW) is None


def test_a_running_server_sees_a_revocation(file: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    new = file.create("a", [], now=NOW)
    running = KeyFile(file.path)
    assert running.asker(new.secret, now=NOW) is not None
    monkeypatch.setattr(keys_module, "_LOOK_AGAIN_S", 0.0)
    file.revoke(new.key.id, now=NOW)
    assert running.asker(new.secret, now=NOW) is None


def test_create_from_many_threads_loses_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: KeyFile(path).create(f"k{i}", [], now=NOW), range(24)))
    assert {new.key.id for new in made} == {key.id for key in KeyFile(path).list()}


def test_create_refuses_what_makes_no_sense(file: KeyFile) -> None:
    with pytest.raises(ServerError, match="the key's name is empty"):
        file.create("  ", [], now=NOW)
    with pytest.raises(ServerError, match="a role is ' '"):
        file.create("a", [" "], now=NOW)
    with pytest.raises(ServerError, match="which is past"):
        file.create("a", [], now=NOW, expires=NOW)
    with pytest.raises(ServerError, match="there is no key 'nope'"):
        file.revoke("nope", now=NOW)


@pytest.mark.parametrize("content", ["", "[]", '{"keys": [{}]}', '{"keys": 3}', "\x00"])
def test_a_damaged_file_is_told(file: KeyFile, content: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content)
    with pytest.raises(ServerError, match="are damaged"):
        file.list()


def spoilt(file: KeyFile, **changes: Any) -> str:
    """Return what is said about a file with one key changed by hand."""
    new = file.create("a", ["hr"], now=NOW)
    kept = json.loads(file.path.read_text())
    assert kept["keys"][0]["id"] == new.key.id
    kept["keys"][0] |= changes
    file.path.write_text(json.dumps(kept))
    with pytest.raises(ServerError, match="are damaged") as caught:
        KeyFile(file.path).load()
    return str(caught.value)


def test_what_makes_no_sense_in_the_file_is_named(file: KeyFile) -> None:
    assert "keys.0.roles is 'hr', expected a list of texts" in spoilt(file, roles="hr")
    # A date without offset can't be held against the clock: a 500 for whoever showed that key.
    file.path.unlink()
    said = spoilt(file, expires="2027-01-31")
    assert "keys.0.expires is '2027-01-31', expected a moment with its offset" in said
    file.path.unlink()
    assert "keys.0.sha256 is 'x', expected a text that matches" in spoilt(file, sha256="x")


@pytest.mark.parametrize(
    "content", [None, b"", b'{"version": 1, "keys": [{"id": "abc', b"\x00\xff"]
)
def test_the_last_good_keys_go_on_when_the_file_is_lost(
    file: KeyFile,
    content: bytes | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(keys_module, "_LOOK_AGAIN_S", 0.0)
    new = file.create("a", ["hr"], now=NOW)
    running = KeyFile(file.path)
    running.load()
    whole = file.path.read_bytes()
    if content is None:
        file.path.unlink()
    else:
        file.path.write_bytes(content)
    for _ in range(3):
        asker = running.asker(new.secret, now=NOW)
        assert asker is not None
        assert asker.roles == {"hr"}
        assert running.asker(new.secret[:-1] + "!", now=NOW) is None
    assert caplog.text.count("the keys read last go on") == 1
    # Put back with that key revoked, it counts again as it stands.
    file.path.write_bytes(whole)
    file.revoke(new.key.id, now=NOW)
    assert running.asker(new.secret, now=NOW) is None


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys.json").mkdir()
    with pytest.raises(ServerError, match="can't be read"):
        KeyFile(tmp_path / "keys.json").list()
    (tmp_path / "flat").write_text("")
    with pytest.raises(ServerError, match="can't be written"):
        KeyFile(tmp_path / "flat" / "keys.json").create("a", [], now=NOW)


def test_list_shows_everything_but_the_hash(file: KeyFile) -> None:
    new = file.create("a", ["x"], now=NOW)
    (key,) = file.list()
    shown = key.to_json(NOW)
    assert shown["id"] == new.key.id
    assert shown["state"] == "active"
    assert key.sha256 not in json.dumps(shown)
