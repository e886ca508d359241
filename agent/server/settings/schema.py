"""What a server is told, and what it refuses to be told."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    SecretStr,
    model_validator,
)

from qa.reading.defaults import DEFAULT_READER

__all__ = [
    "Limits",
    "Settings",
    "TokenSettings",
    "WebhookSettings",
]

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
]  # fmt: skip
"""What tokens may be signed with: never `none`, never a shared secret, which others know."""

# A TOML array is a list; what stands in it is as strict as everything else.
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=1)]
Given = Annotated[str, Field(min_length=1)]


def _origins(sources: tuple[str, ...]) -> tuple[str, ...]:
    for source in sources:
        if not re.fullmatch(r"https?://[^\s;,/*]+|'self'", source):
            raise ValueError(
                f"holds {source!r}, expected an origin such as "
                "'https://intranet.example.com', without a path or a *"
            )
    return sources


def _safe_url(url: str) -> str:
    if not re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/", url):
        raise ValueError(
            f"is {url!r}, expected https://…: keys fetched in the clear could be anyone's "
            "(http is taken on loopback alone)"
        )
    return url


def _url_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
        raise ValueError(
            "has a name that can't stand in a URL, expected lower-case letters, digits, - and _, "
            "starting with a letter"
        )
    return name


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    for each in given:
        try:
            if each != "*":
                ipaddress.ip_network(each, strict=False)
        except ValueError as error:
            raise ValueError(
                f"holds {each!r}, expected addresses such as '127.0.0.1' or networks such as "
                "'10.0.0.0/8'"
            ) from error
    return given


Origins = Annotated[Texts, AfterValidator(_origins)]


class _Table(BaseModel):
    # Strict: true is no number, and "9000" isn't either.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Limits(_Table):
    """How much the server takes on.

    Attributes:
        body_bytes: Largest request body.
        message_chars: Longest chat message, question or correction (code points).
        requests_per_minute: For each key, token subject, or address of an anonymous
            asker; 0 sets no limit.
        burst: How many requests may come at once before that rate counts.
        wrong_keys_per_minute: Keys, tokens and signatures that don't count, for each
            address, after the first few; 0 sets no limit.
        connections: Connections held at once, as far as the limit of open files allows; one
            more ends the one that has waited longest to be heard.
        connections_per_address: The same for one address that isn't a trusted proxy.
        head_s: How long a request's first line and headers may take to come in.
        body_s: How long its body may take, and how long a client may leave an answer unread.
        workers: Messages that are worked on at the same time.
        queue: Messages that may wait for a worker; one more gets 503.
        timeout_s: A request that waits and works longer gets 503.
        drain_s: How long a shutdown waits for what is under way.
    """

    body_bytes: Count = 65_536
    message_chars: Count = 4_000
    requests_per_minute: NonNegativeFloat = 1_200.0
    burst: Count = 240
    wrong_keys_per_minute: NonNegativeFloat = 30.0
    connections: Count = 2_000
    connections_per_address: Count = 200
    head_s: Annotated[float, Field(gt=0)] = 10.0
    body_s: Annotated[float, Field(gt=0)] = 20.0
    workers: Count = 4
    queue: NonNegativeInt = 64
    timeout_s: Seconds = 30.0
    drain_s: NonNegativeFloat = 20.0


class TokenSettings(_Table):
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

    issuer: Given
    audience: Given
    jwks_url: Annotated[str, AfterValidator(_safe_url)] | None = None
    jwks_file: Path | None = None
    algorithms: Annotated[tuple[Algorithm, ...], Field(strict=False, min_length=1)] = (
        *("RS256", "PS256", "ES256", "EdDSA"),
    )
    roles_claim: Given = "roles"
    role_map: Mapping[str, str] = {}
    leeway_s: NonNegativeInt = 60
    refresh_s: Count = 3_600

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.jwks_url is None) == (self.jwks_file is None):
            has = "both jwks_url and jwks_file" if self.jwks_url else "no jwks_url or jwks_file"
            raise ValueError(
                f"has {has}, expected one of the two: it is where the provider's public keys "
                "come from"
            )
        return self


class WebhookSettings(_Table):
    """One caller of the signed webhook.

    Attributes:
        roles: What its messages may read.
        window_s: How far a signature's time may be from ours.
        secret: Shared with the caller; from `FRONTDESK_WEBHOOK_SECRET_<NAME>`.
    """

    roles: Texts = ()
    window_s: Count = 300
    secret: SecretStr = Field(default=SecretStr(""), exclude=True, repr=False)


class Settings(_Table):
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
        metrics_open: Whether `/metrics` needs no key. Not set: only on loopback, for
            requests that came through no proxy. Otherwise a key with the role `metrics`
            opens it.
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
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    readers: Annotated[Texts, Field(min_length=1)] = (DEFAULT_READER,)
    keys: Path = Path("frontdesk-keys.json")
    sessions: Path | None = None
    session_days: NonNegativeFloat = 30.0
    allow_anonymous: bool | None = None
    metrics_open: bool | None = None
    page: bool = True
    allowed_hosts: Texts = ()
    trusted_proxies: Annotated[Texts, AfterValidator(_networks)] = ()
    cors_origins: Origins = ()
    frame_ancestors: Origins = ()
    channels: Texts = ("rest", "signed")
    limits: Limits = Limits()
    token: TokenSettings | None = None
    webhooks: Mapping[Annotated[str, AfterValidator(_url_name)], WebhookSettings] = {}

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
        """Whether `/metrics` needs no key; by itself only where no proxy can stand in front."""
        if self.metrics_open is not None:
            return self.metrics_open
        return self.on_loopback and not self.trusted_proxies and not self.allowed_hosts

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names the server may be called by; empty is any.

        A page of another site can make a browser call 127.0.0.1 under a name of its own
        (DNS rebinding); on loopback only loopback's names are taken, therefore.
        """
        if self.allowed_hosts or not self.on_loopback:
            return self.allowed_hosts
        return ("localhost", "127.0.0.1", "[::1]", self.host)
