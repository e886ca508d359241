"""The server's settings: one frozen value from a file, the environment and the command line.

What is given later wins: defaults, then the TOML file, then `FRONTDESK_*` variables, then
flags. A key that doesn't exist is refused with the nearest one that does, since a misspelt
limit is no limit. Secrets come from the environment alone and are never printed.
`docs/api.md` lists every key.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from agent.errors import ServerError

__all__ = [
    "ASYMMETRIC_ALGORITHMS",
    "PREFIX",
    "SECRET_PREFIX",
    "Limits",
    "Secret",
    "Settings",
    "TokenSettings",
    "WebhookSettings",
    "load_settings",
]

PREFIX = "FRONTDESK_"
"""Starts the name of every variable that is read; tables and keys follow, joined by `_`."""

SECRET_PREFIX = "FRONTDESK_WEBHOOK_SECRET_"  # noqa: S105 - a name, not a secret
"""The name of a webhook in capitals follows."""

ASYMMETRIC_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""What tokens may be signed with: never `none`, never a shared secret."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Secret:
    """A text that doesn't print itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; the only way to it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    __str__ = __repr__


@dataclass(frozen=True)
class Limits:
    """How much the server takes on.

    Attributes:
        body_bytes: Largest request body.
        message_chars: Longest chat message, question or correction (code points).
        requests_per_minute: For each key, token subject, or address of an anonymous
            asker; 0 sets no limit.
        burst: How many requests may come at once before that rate counts.
        workers: Messages that are worked on at the same time.
        queue: Messages that may wait for a worker; one more gets 503.
        timeout_s: A request that waits and works longer gets 503.
        drain_s: How long a shutdown waits for what is under way.
    """

    body_bytes: int = 65_536
    message_chars: int = 4_000
    requests_per_minute: float = 1_200.0
    burst: int = 240
    workers: int = 4
    queue: int = 64
    timeout_s: float = 30.0
    drain_s: float = 20.0

    def __post_init__(self) -> None:
        for name in ("body_bytes", "message_chars", "burst", "workers", "timeout_s"):
            _at_least(f"limits.{name}", getattr(self, name), 1)
        for name in ("requests_per_minute", "queue", "drain_s"):
            _at_least(f"limits.{name}", getattr(self, name), 0)


@dataclass(frozen=True)
class TokenSettings:
    """How tokens (JWT) of the company's identity provider are checked.

    Attributes:
        issuer: What `iss` must be.
        audience: What `aud` must hold.
        jwks_url: Where the provider publishes its public keys; https, or http on loopback.
        jwks_file: Or a file with them.
        algorithms: Signatures that are accepted; asymmetric ones only.
        roles_claim: Path to the roles in the claims, parts joined by dots
            (`realm_access.roles`); a text there is split at spaces.
        role_map: Role in the token → role of the articles. Without it, roles are taken as
            they are; with it, a role that isn't listed is dropped.
        leeway_s: Clock skew that is forgiven.
        refresh_s: How long fetched keys are kept before they are fetched again.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    jwks_file: Path | None = None
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    roles_claim: str = "roles"
    role_map: Mapping[str, str] = field(default_factory=dict)
    leeway_s: int = 60
    refresh_s: int = 3_600

    def __post_init__(self) -> None:
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ServerError(
                "[token] has "
                + ("both jwks_url and jwks_file" if self.jwks_url else "no jwks_url or jwks_file")
                + ", expected one of the two: it is where the provider's public keys come from"
            )
        if self.jwks_url is not None and not _safe_url(self.jwks_url):
            raise ServerError(
                f"token.jwks_url is {self.jwks_url!r}, expected https://…: keys fetched in the "
                "clear could be anyone's (http is taken on loopback alone)"
            )
        for name in ("issuer", "audience", "roles_claim"):
            if not getattr(self, name):
                raise ServerError(f"token.{name} is empty, expected a text: set it in [token]")
        if not self.algorithms:
            raise ServerError("token.algorithms is empty, expected at least one, such as 'RS256'")
        for algorithm in self.algorithms:
            if algorithm not in ASYMMETRIC_ALGORITHMS:
                raise ServerError(
                    f"token.algorithms holds {algorithm!r}, expected some of "
                    f"{', '.join(ASYMMETRIC_ALGORITHMS)}: anything else lets others sign"
                )
        _at_least("token.leeway_s", self.leeway_s, 0)
        _at_least("token.refresh_s", self.refresh_s, 1)


@dataclass(frozen=True)
class WebhookSettings:
    """One caller of the signed webhook.

    Attributes:
        roles: What its messages may read.
        window_s: How far a signature's time may be from ours.
        secret: Shared with the caller; from `FRONTDESK_WEBHOOK_SECRET_<NAME>`.
    """

    roles: tuple[str, ...] = ()
    window_s: int = 300
    secret: Secret = field(default_factory=lambda: Secret(""), repr=False)

    _SECRETS: ClassVar[tuple[str, ...]] = ("secret",)

    def __post_init__(self) -> None:
        _at_least("window_s of a webhook", self.window_s, 1)


@dataclass(frozen=True)
class Settings:
    """Everything that a server is told.

    Attributes:
        kb: The knowledge base: the directory that `frontdesk index` wrote.
        agent: The agent's configuration; None runs small talk and the knowledge base.
        host: Address to listen at.
        port: Port to listen at; 0 takes a free one.
        readers: Readers that askers may choose from; the first is the usual one.
        keys: The file of API keys.
        sessions: The file of conversations; beside the knowledge base if not given.
        session_days: Conversations that rested longer are deleted; 0 keeps them.
        allow_anonymous: Whether askers without key or token see what is public. Not set:
            only where the server listens on loopback and has neither keys nor tokens.
        metrics_open: Whether `/metrics` needs no key. Not set: only on loopback.
            Otherwise a key with the role `metrics` opens it.
        page: Whether `/` shows the chat page.
        allowed_hosts: Names that the server may be called by; on loopback those of
            loopback, elsewhere any, unless given.
        trusted_proxies: Addresses whose `X-Forwarded-*` headers are believed.
        cors_origins: Web origins whose pages may call; none unless given.
        frame_ancestors: Web origins that may show the page in a frame; none unless given.
        channels: Webhooks that are open, by name.
        limits: How much the server takes on.
        token: How tokens are checked; None takes none.
        webhooks: Callers of the signed webhook, by name.
    """

    kb: Path
    agent: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    readers: tuple[str, ...] = ("bert",)
    keys: Path = Path("frontdesk-keys.json")
    sessions: Path | None = None
    session_days: float = 30.0
    allow_anonymous: bool | None = None
    metrics_open: bool | None = None
    page: bool = True
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("rest", "signed")
    limits: Limits = field(default_factory=Limits)
    token: TokenSettings | None = None
    webhooks: Mapping[str, WebhookSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise ServerError(f"port is {self.port!r}, expected 0 to 65535")
        if not self.readers:
            raise ServerError("readers is empty, expected at least one, such as 'bert'")
        _at_least("session_days", self.session_days, 0)
        for name in self.webhooks:
            if not _NAME.fullmatch(name):
                raise ServerError(
                    f"the webhook {name!r} has a name that can't stand in a URL, expected "
                    "lower-case letters, digits, - and _, starting with a letter"
                )
        for kind, sources in (
            ("cors_origins", self.cors_origins),
            ("frame_ancestors", self.frame_ancestors),
        ):
            for source in sources:
                if not re.fullmatch(r"https?://[^\s;,/*]+|'self'", source):
                    raise ServerError(
                        f"{kind} holds {source!r}, expected an origin such as "
                        "'https://intranet.example.com', without a path or a *"
                    )

    @property
    def sessions_file(self) -> Path:
        """Where conversations are kept."""
        return self.sessions or self.kb.with_name(f"{self.kb.name}.sessions.sqlite3")

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secures(self) -> bool:
        """Whether there is a way to say who one is: a file of keys, or tokens."""
        return self.token is not None or self.keys.exists()

    @property
    def anonymous_allowed(self) -> bool:
        """Whether someone without key or token may ask, and see what is public."""
        if self.allow_anonymous is not None:
            return self.allow_anonymous
        return self.on_loopback and not self.secures

    @property
    def metrics_are_open(self) -> bool:
        """Whether `/metrics` needs no key."""
        return self.on_loopback if self.metrics_open is None else self.metrics_open

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names the server may be called by; empty is any.

        A page of another site can make a browser call 127.0.0.1 under a name of its own
        (DNS rebinding); on loopback only loopback's names are taken, therefore.
        """
        if self.allowed_hosts or not self.on_loopback:
            return self.allowed_hosts
        return ("localhost", "127.0.0.1", "[::1]", self.host)

    def shown(self) -> dict[str, Any]:
        """Return the settings as plain values, without secrets."""
        return {each.name: _shown(getattr(self, each.name)) for each in _open_fields(Settings)}


def load_settings(
    file: Path | None = None,
    *,
    environment: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Join a file, the environment and the command line's flags; later ones win.

    Args:
        file: TOML; relative paths in it are relative to its folder.
        environment: Variables, such as `os.environ`; only `FRONTDESK_*` are looked at.
        flags: Top-level settings; None values are left out.

    Raises:
        ServerError: The file can't be read, a key doesn't exist or a value has the wrong
            type; the message names both.
    """
    given: dict[str, Any] = {}
    if file is not None:
        given = _from_file(file)
    _add_environment(given, environment)
    for name, value in (flags or {}).items():
        if value is not None:
            given[name] = value
    if "kb" not in given:
        raise ServerError("there is no knowledge base: say --kb DIR, or kb in the settings file")
    _add_secrets(given, environment)
    settings = _build(Settings, given, "")
    if not isinstance(settings, Settings):  # pragma: no cover - for the type checker
        raise ServerError("the settings are of the wrong kind")
    return settings


def _from_file(file: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ServerError(
            f"the settings {str(file)!r} can't be read ({error.strerror}): check the path"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the settings {str(file)!r} aren't TOML: {error}") from error
    _refuse_secrets(given, file)
    _check_keys(Settings, given, where=f"{str(file)!r}: ")
    _resolve(Settings, given, file.parent)
    return given


def _refuse_secrets(table: Mapping[str, Any], file: Path) -> None:
    for name, webhook in _table(table.get("webhooks")).items():
        if "secret" in _table(webhook):
            raise ServerError(
                f"{str(file)!r}: webhooks.{name}.secret stands in a file, expected it in the "
                f"environment: set {SECRET_PREFIX}{_shout(name)} and delete it here"
            )


def _check_keys(kind: type, table: Mapping[str, Any], *, where: str, prefix: str = "") -> None:
    """Refuse keys that don't exist, naming the nearest one that does."""
    known = {each.name: each for each in _open_fields(kind)}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {prefix + near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ServerError(f"{where}there is no setting {prefix + key!r}: {hint}")
        inner = _table_kind(kind, key)
        if inner is not None and isinstance(value, dict):
            _check_keys(inner, value, where=where, prefix=f"{prefix}{key}.")
        elif key == "webhooks":
            for name, webhook in _table(value).items():
                _check_keys(
                    WebhookSettings, _table(webhook), where=where, prefix=f"webhooks.{name}."
                )


def _resolve(kind: type, table: dict[str, Any], folder: Path) -> None:
    """Make the paths of a file relative to its folder."""
    for key, hint in _hints(kind).items():
        value = table.get(key)
        if isinstance(value, str) and Path in _options(hint):
            table[key] = folder / Path(value).expanduser()
        elif isinstance(value, dict) and (inner := _table_kind(kind, key)) is not None:
            _resolve(inner, value, folder)


def _add_environment(given: dict[str, Any], environment: Mapping[str, str]) -> None:
    slots = dict(_slots(Settings))
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(SECRET_PREFIX):
            continue
        if variable not in slots:
            # Other rooms have variables of their own (FRONTDESK_CACHE_DIR): only what looks
            # like a slip of the pen is refused.
            near = difflib.get_close_matches(variable, slots, n=1, cutoff=0.9)
            if near:
                raise ServerError(f"there is no variable {variable!r}: did you mean {near[0]!r}?")
            continue
        table, key, hint = slots[variable]
        target = given if table is None else given.setdefault(table, {})
        if not isinstance(target, dict):
            raise ServerError(f"{table!r} is {target!r}, expected a table [{table}]")
        target[key] = _from_text(variable, text, hint)


def _slots(kind: type) -> Iterator[tuple[str, tuple[str | None, str, Any]]]:
    """Yield every variable with the table, key and type that it sets."""
    for key, hint in _hints(kind).items():
        inner = _table_kind(kind, key)
        if inner is not None:
            for deep, deep_hint in _hints(inner).items():
                if get_origin(deep_hint) is not Mapping:
                    yield f"{PREFIX}{key}_{deep}".upper(), (key, deep, deep_hint)
        elif key != "webhooks":
            yield f"{PREFIX}{key}".upper(), (None, key, hint)


def _add_secrets(given: dict[str, Any], environment: Mapping[str, str]) -> None:
    webhooks = _table(given.get("webhooks"))
    named = {f"{SECRET_PREFIX}{_shout(name)}": name for name in webhooks}
    for variable in environment:
        if variable.startswith(SECRET_PREFIX) and variable not in named:
            raise ServerError(
                f"{variable} is set, but there is no such webhook: add a table "
                f"[webhooks.{variable.removeprefix(SECRET_PREFIX).lower()}] to the settings file"
            )
    for variable, name in named.items():
        secret = environment.get(variable, "")
        if len(secret) < 32:
            raise ServerError(
                f"the webhook {name!r} has "
                + ("a secret of fewer than 32 characters" if secret else "no secret")
                + f": set {variable} to a long random text, such as `openssl rand -hex 32` prints"
            )
        webhooks[name] = {**_table(webhooks[name]), "secret": Secret(secret)}
    if webhooks:
        given["webhooks"] = webhooks


def _build(kind: type, table: Mapping[str, Any], prefix: str) -> Any:
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            raise ServerError(f"there is no setting {prefix + key!r}: see docs/api.md for all")
        inner = _table_kind(kind, key)
        if inner is not None and not isinstance(value, inner):
            if not isinstance(value, dict):
                raise ServerError(f"{prefix + key} is {value!r}, expected a table [{key}]")
            values[key] = _build(inner, value, f"{prefix}{key}.")
        elif key == "webhooks":
            values[key] = {
                name: _build(WebhookSettings, _table(each), f"webhooks.{name}.")
                for name, each in _table(value).items()
            }
        else:
            values[key] = _checked(prefix + key, value, hints[key])
    missing = [
        each.name for each in _open_fields(kind) if each.name not in values and _is_required(each)
    ]
    if missing:
        raise ServerError(f"{prefix + missing[0]} is missing: set it in the settings file")
    return kind(**values)


def _checked(name: str, value: object, hint: Any) -> Any:
    """Return a value as its field has it."""
    options = _options(hint)
    if value is None and types.NoneType in options:
        return None
    if bool in options:
        if isinstance(value, bool):
            return value
    elif isinstance(value, bool):
        pass
    elif int in options and isinstance(value, int):
        return value
    elif float in options and isinstance(value, int | float):
        return float(value)
    elif Path in options and isinstance(value, str | Path):
        return Path(value)
    elif str in options and isinstance(value, str):
        return value
    elif get_origin(hint) is tuple and isinstance(value, list | tuple):
        if all(isinstance(each, str) for each in value):
            return tuple(value)
    elif get_origin(hint) is Mapping and isinstance(value, dict):
        if all(isinstance(each, str) for each in value.values()):
            return dict(value)
    elif isinstance(value, Secret):
        return value
    raise ServerError(f"{name} is {value!r}, expected {_wording(hint)}")


def _from_text(variable: str, text: str, hint: Any) -> Any:
    options = _options(hint)
    try:
        if bool in options:
            return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
        if int in options:
            return int(text)
        if float in options:
            return float(text)
    except (ValueError, KeyError) as error:
        raise ServerError(f"{variable} is {text!r}, expected {_wording(hint)}") from error
    if get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _wording(hint: Any) -> str:
    options = _options(hint)
    for kind, words in (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (Path, "a path"),
        (str, "a text"),
    ):
        if kind in options:
            return words
    return "a table of texts" if get_origin(hint) is Mapping else "a list of texts"


def _options(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type alone."""
    return get_args(hint) if get_origin(hint) is types.UnionType else (hint,)


def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _table_kind(kind: type, key: str) -> type | None:
    """Return the dataclass that a key's table is read into, if it is one."""
    return {"limits": Limits, "token": TokenSettings}.get(key) if kind is Settings else None


def _open_fields(kind: type) -> list[Field[Any]]:
    """Return the fields that a file may set."""
    secrets = getattr(kind, "_SECRETS", ())
    return [each for each in fields(kind) if each.name not in secrets]


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _shown(value: Any) -> Any:
    if isinstance(value, Settings | Limits | TokenSettings | WebhookSettings):
        return {each.name: _shown(getattr(value, each.name)) for each in _open_fields(type(value))}
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def _table(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ServerError(f"the settings hold {value!r} where a table is expected")
    return dict(value)


def _shout(name: str) -> str:
    return name.upper().replace("-", "_")


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise ServerError(f"{name} is {value!r}, expected at least {least}")


def _safe_url(url: str) -> bool:
    return re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/", url) is not None
