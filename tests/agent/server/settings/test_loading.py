from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.errors import ServerError
from agent.server.settings import Limits, Settings, load_settings

SECRET = "0123456789abcdef" * 4

WHOLE = """
kb = "build/kb"
host = "0.0.0.0"
port = 9000
readers = ["bert", "bidaf"]
allow_anonymous = false
cors_origins = ["https://intranet.example.com"]

[limits]
workers = 8
timeout_s = 5

[token]
issuer = "https://login.example.com/"
audience = "frontdesk"
jwks_file = "jwks.json"
roles_claim = "realm_access.roles"

[token.role_map]
"grp-people" = "hr"

[webhooks.bridge]
roles = ["staff"]
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return path


def test_load_settings_joins_file_environment_and_flags(tmp_path: Path) -> None:
    settings = load_settings(
        write(tmp_path, WHOLE),
        environment={
            "FRONTDESK_PORT": "9001",
            "FRONTDESK_LIMITS_QUEUE": "7",
            "FRONTDESK_ALLOWED_HOSTS": "a.example, b.example",
            "FRONTDESK_WEBHOOK_SECRET_BRIDGE": SECRET,
            "FRONTDESK_CACHE_DIR": "/elsewhere",
            "HOME": "/root",
        },
        flags={"port": 9002, "host": None, "agent": Path("agent.yaml")},
    )
    assert settings.kb == tmp_path / "build/kb"
    assert settings.agent == Path("agent.yaml")
    assert (settings.host, settings.port) == ("0.0.0.0", 9002)  # noqa: S104
    assert settings.readers == ("bert", "bidaf")
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.limits == Limits(workers=8, timeout_s=5.0, queue=7)
    assert settings.token is not None
    assert settings.token.jwks_file == tmp_path / "jwks.json"
    assert settings.token.role_map == {"grp-people": "hr"}
    assert settings.webhooks["bridge"].secret.get_secret_value() == SECRET
    assert settings.webhooks["bridge"].roles == ("staff",)


def test_settings_are_shown_without_secrets(tmp_path: Path) -> None:
    settings = load_settings(
        write(tmp_path, WHOLE), environment={"FRONTDESK_WEBHOOK_SECRET_BRIDGE": SECRET}
    )
    shown = settings.model_dump(mode="json")
    assert SECRET not in repr(settings) + str(shown) + str(settings.webhooks["bridge"].secret)
    assert shown["webhooks"] == {"bridge": {"roles": ["staff"], "window_s": 300}}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("hots = 'a'", "there is no setting 'hots': did you mean 'host'"),
        ("[limits]\nworker = 3", "no setting 'limits.worker': did you mean 'limits.workers'"),
        ("[webhooks.a]\nrole = ['x']", "no setting 'webhooks.a.role': did you mean"),
        ("xyzzy = 1", "there is no setting 'xyzzy': known: kb"),
        ("port = 'http'", "port is 'http', expected a whole number"),
        ("port = true", "port is True, expected a whole number"),
        ("port = '80'", "port is '80', expected a whole number"),
        ("port = 70000", "port is 70000, expected at most 65535"),
        ("kb = 3", "kb is 3, expected a path"),
        ("host = 3", "host is 3, expected a text"),
        ("page = 1", "page is 1, expected true or false"),
        ("readers = 'bert'", "readers is 'bert', expected a list of texts"),
        ("readers = []", "readers is empty"),
        ("limits = 3", "limits is 3, expected a table"),
        ("webhooks = 3", "webhooks is 3, expected a table"),
        ("[limits]\nworkers = 0", "limits.workers is 0, expected at least 1"),
        ("[limits]\nqueue = -1", "limits.queue is -1, expected at least 0"),
        ("session_days = -1", "session_days is -1, expected at least 0"),
        ("cors_origins = ['*']", "cors_origins holds '\\*', expected an origin"),
        ("frame_ancestors = ['a; b']", "frame_ancestors holds"),
        ("[webhooks.a]\nsecret = 'x'", "webhooks.a.secret stands in a file"),
        ("[webhooks.a]", "the webhook 'a' has no secret: set FRONTDESK_WEBHOOK_SECRET_A"),
        ("[token]\nissuer = 'i'", "token.audience is missing"),
        ("[token]\nissuer = ''\naudience = 'a'\njwks_file = 'a'", "token.issuer is empty"),
        ("[token]\naudience = 'a'\nissuer = 'i'", "token has no jwks_url or jwks_file"),
        ("[token]\nrole_map = 3", "token.role_map is 3, expected a table of texts"),
        ("readers = ['bert', 3]", "readers holds 3, expected a text"),
        (
            "[limits]\nworker = 3\nqueue = 1.5",
            "limits.queue is 1.5, expected a whole number; .* did you mean 'limits.workers'",
        ),
        ("= 3", "aren't TOML"),
    ],
)
def test_load_settings_refuses_what_makes_no_sense(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(ServerError, match=match):
        load_settings(write(tmp_path, text), environment={}, flags={"kb": Path("kb")} | _less(text))


def _less(text: str) -> dict[str, Any]:
    return {"kb": None} if text.startswith("kb") else {}


@pytest.mark.parametrize(
    ("environment", "match"),
    [
        ({"FRONTDESK_ALOW_ANONYMOUS": "1"}, "did you mean 'FRONTDESK_ALLOW_ANONYMOUS'"),
        ({"FRONTDESK_PORT": "http"}, "FRONTDESK_PORT is 'http', expected a whole number"),
        ({"FRONTDESK_PAGE": "perhaps"}, "FRONTDESK_PAGE is 'perhaps', expected true or false"),
        ({"FRONTDESK_WEBHOOK_SECRET_X": SECRET}, "there is no such webhook"),
    ],
)
def test_load_settings_refuses_a_wrong_environment(environment: dict[str, str], match: str) -> None:
    with pytest.raises(ServerError, match=match):
        load_settings(environment=environment, flags={"kb": Path("kb")})


def test_load_settings_names_all_mistakes_at_once(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "port = 'http'\nhots = 'a'\n[limits]\nworkers = 0\n[webhooks.a]\n[token]\naudience = 'x'",
    )
    environment = {"FRONTDESK_PAGE": "perhaps", "FRONTDESK_LIMITS_QEUE": "7"}
    with pytest.raises(ServerError) as caught:
        load_settings(file, environment=environment)
    message = str(caught.value)
    assert message.startswith(f"{str(file)!r}: ")
    for mistake in (
        "there is no knowledge base: say --kb DIR",
        "port is 'http', expected a whole number",
        "there is no setting 'hots': did you mean 'host'?",
        "limits.workers is 0, expected at least 1",
        "the webhook 'a' has no secret",
        "token.issuer is missing",
        "FRONTDESK_PAGE is 'perhaps', expected true or false",
        "there is no variable 'FRONTDESK_LIMITS_QEUE': did you mean 'FRONTDESK_LIMITS_QUEUE'?",
    ):
        assert message.count(mistake) == 1, mistake


def test_every_setting_can_be_a_variable(tmp_path: Path) -> None:
    texts = {"host": "::1", "page": "false", "readers": "bert,bidaf", "session_days": "1.5"}
    environment = {f"FRONTDESK_{name.upper()}": text for name, text in texts.items()}
    environment |= {f"FRONTDESK_LIMITS_{name.upper()}": "3" for name in Limits.model_fields}
    environment |= {
        "FRONTDESK_TOKEN_ISSUER": "i",
        "FRONTDESK_TOKEN_AUDIENCE": "a",
        "FRONTDESK_TOKEN_JWKS_FILE": "keys.json",
        "FRONTDESK_TOKEN_ALGORITHMS": "RS256, EdDSA",
    }
    settings = load_settings(environment=environment, flags={"kb": tmp_path})
    assert settings.host == "::1"
    assert settings.page is False
    assert settings.readers == ("bert", "bidaf")
    assert settings.session_days == 1.5
    assert set(settings.limits.model_dump().values()) == {3}
    assert settings.token is not None
    assert settings.token.jwks_file == Path("keys.json")
    assert settings.token.algorithms == ("RS256", "EdDSA")


def test_settings_read_no_variables_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_PORT", "1")
    assert Settings(kb=tmp_path).port == 8080
    assert load_settings(environment={}, flags={"kb": tmp_path}).port == 8080


def test_load_settings_needs_a_knowledge_base_and_a_readable_file(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="there is no knowledge base"):
        load_settings(environment={})
    with pytest.raises(ServerError, match="can't be read"):
        load_settings(tmp_path / "absent.toml", environment={})
    short = {"FRONTDESK_WEBHOOK_SECRET_A": "short"}
    with pytest.raises(ServerError, match="fewer than 32 characters"):
        load_settings(write(tmp_path, "kb = 'k'\n[webhooks.a]"), environment=short)
    named = "kb = 'k'\n[webhooks.'A b']"
    with pytest.raises(ServerError, match="can't stand in a URL"):
        load_settings(write(tmp_path, named), environment={"FRONTDESK_WEBHOOK_SECRET_A B": SECRET})
