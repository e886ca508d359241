"""What a server is told, and what it refuses to be told."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from agent.errors import ServerError
from agent.server.settings.fields import open_fields
from agent.server.settings.secret import Secret

__all__ = [
    "ASYMMETRIC_ALGORITHMS",
    "Limits",
    "Settings",
    "TokenSettings",
    "WebhookSettings",
]

ASYMMETRIC_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""What tokens may be signed with: never `none`, never a shared secret."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


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
        return {each.name: _shown(getattr(self, each.name)) for each in open_fields(Settings)}


def _shown(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _shown(getattr(value, each.name)) for each in open_fields(type(value))}
    if isinstance(value, Mapping):
        return {key: _shown(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise ServerError(f"{name} is {value!r}, expected at least {least}")


def _safe_url(url: str) -> bool:
    return re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/", url) is not None
