"""Tokens (JWT, RFC 7519) of the company's identity provider, checked as RFC 8725 asks.

A token counts if one of the provider's public keys signed it with an algorithm that the
settings name, and issuer, audience and times are right. `alg` in the token only picks
among those; `none`, shared secrets and keys that the token itself brings never count.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agent.errors import ServerError
from agent.server.api.auth.jwks import JwksFile, JwksUrl, KeySource
from agent.server.asker import Asker, AskerKind
from agent.server.settings import TokenSettings
from retrieval.system.untrusted import parse_json

__all__ = ["BadToken", "TokenVerifier", "roles_of"]

_MAX_CHARS = 16_384


class BadToken(ServerError):
    """A token that doesn't count; the message says why, without quoting it."""


class TokenVerifier:
    """Says whose token it is.

    Args:
        settings: Issuer, audience, keys, algorithms, roles.
        source: Of the public keys; the settings' own if not given.
        clock: Unix time.
    """

    def __init__(
        self,
        settings: TokenSettings,
        *,
        source: KeySource | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._source = source or _source(settings)
        self._clock = clock

    def asker(self, token: str) -> Asker:
        """Return whose token this is.

        Raises:
            BadToken: It doesn't count.
        """
        claims = self._claims(token)
        subject = claims["sub"]
        # Subjects are often e-mail addresses: what is stored and logged is a hash.
        named = json.dumps([self._settings.issuer, subject]).encode("utf-8")
        owner = hashlib.sha256(named).hexdigest()[:32]
        roles = roles_of(claims, self._settings.roles_claim, self._settings.role_map)
        return Asker(f"token:{owner}", roles, AskerKind.TOKEN, "token")

    def _claims(self, token: str) -> dict[str, Any]:
        settings = self._settings
        if len(token) > _MAX_CHARS:
            raise BadToken("the token is too long")
        header = _header(token)
        if header.get("alg") not in settings.algorithms:
            raise BadToken("the token is signed with an algorithm that isn't accepted")
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise BadToken("the token's kid isn't a text")
        keys = self._source.keys(kid)
        try:
            decoded = _decode(token, keys, kid, settings)
            rules = jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=settings.leeway_s,
                iss={"essential": True, "value": settings.issuer},
                aud={"essential": True, "value": settings.audience},
                exp={"essential": True},
                sub={"essential": True},
            )
            rules.validate(decoded)
        except JoseError as error:
            raise BadToken(f"the token doesn't count ({error.error})") from error
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise BadToken("the token can't be read") from error
        return decoded


def roles_of(claims: Mapping[str, Any], path: str, role_map: Mapping[str, str]) -> frozenset[str]:
    """Return the roles that claims name; none where the claim is missing or of no use.

    Args:
        claims: Of a token that was checked.
        path: Names joined by dots. A name that holds dots itself (`https://x.org/roles`)
            is tried as a whole first.
        role_map: Token's role → ours; empty takes them as they are.
    """
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        found = found.split()
    if not isinstance(found, list):
        return frozenset()
    named = [role for role in found if isinstance(role, str) and role.strip()]
    if role_map:
        return frozenset(role_map[role] for role in named if role in role_map)
    return frozenset(named)


def _decode(token: str, keys: KeySet, kid: str | None, settings: TokenSettings) -> dict[str, Any]:
    """Return the claims of a token that one of the keys signed."""
    # Without a kid every key may have signed; with one, only keys of that name.
    fitting = [key for key in keys.keys if kid is None or key.kid == kid]
    algorithms = list(settings.algorithms)
    failed: JoseError | None = None
    for key in fitting:
        try:
            return dict(jwt.decode(token, key, algorithms=algorithms).claims)
        except JoseError as error:
            failed = error
    raise failed or BadToken("the token is signed with a key that the provider doesn't publish")


def _header(token: str) -> dict[str, Any]:
    """Return a token's header, once header and claims are JSON within bounds.

    The library parses them again, without bounds of its own.
    """
    try:
        header, claims, _ = map(_decoded, token.split("."))
        found = parse_json(header)
        parse_json(claims)
    except ValueError as error:
        raise BadToken("the token can't be read") from error
    if not isinstance(found, dict):
        raise BadToken("the token can't be read")
    return found


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _source(settings: TokenSettings) -> KeySource:
    if settings.jwks_file is not None:
        return JwksFile(settings.jwks_file)
    return JwksUrl(settings.jwks_url or "", settings.refresh_s)
