"""The identity provider's public keys, from its URL or from a file.

Fetched keys are kept for a while, and fetched again when a token names one that isn't
among them (the provider has changed keys), but not more often than every so many seconds:
anyone can send tokens with made-up names. While the provider is away, the keys at hand go
on being used.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from agent.errors import ServerError
from agent.server.api.logs import ERRORS
from retrieval.system.deadline import Deadline
from retrieval.system.untrusted import parse_json

__all__ = ["JwksFile", "JwksUrl", "KeySource", "parse_key_set"]

_PUBLIC_KINDS = ("RSA", "EC", "OKP")
_TIMEOUT_S = 5.0
_MAX_BYTES = 512 * 1024
_REST_S = 10.0
"""Least time between two fetches."""


class KeySource(Protocol):
    """Where public keys come from."""

    def keys(self, kid: str | None) -> KeySet:
        """Return the keys, freshened if none has this id."""
        ...


class JwksFile:
    """Keys from a file, read once.

    Raises:
        ServerError: It can't be read or holds no usable key.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._keys = parse_key_set(path.read_bytes(), where=repr(str(path)))
        except OSError as error:
            raise ServerError(
                f"token.jwks_file {str(path)!r} can't be read ({error.strerror}): check the path"
            ) from error

    def keys(self, kid: str | None) -> KeySet:
        """Return the keys."""
        del kid
        return self._keys


class JwksUrl:
    """Keys fetched from a URL when they are first needed.

    Args:
        url: Of the provider's key set.
        refresh_s: How long they are kept.
        rest_s: Least time between two fetches.
        fetch: Gets the URL's bytes.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        url: str,
        refresh_s: float,
        *,
        rest_s: float = _REST_S,
        fetch: Callable[[str], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._refresh_s = refresh_s
        self._rest_s = rest_s
        self._fetch = fetch or _fetch
        self._clock = clock
        self._keys = KeySet([])
        self._fetched = float("-inf")
        self._tried = float("-inf")
        self._fetching = threading.Lock()

    def keys(self, kid: str | None) -> KeySet:
        """Return the keys; fetched first if they are old or none has this id."""
        if not self._wanted(kid):
            return self._keys
        # One fetches; others go on with the keys at hand, if there are any.
        if self._fetching.acquire(blocking=not self._keys.keys):
            try:
                if self._wanted(kid):
                    self._renew()
            finally:
                self._fetching.release()
        return self._keys

    def _wanted(self, kid: str | None) -> bool:
        now = self._clock()
        if now - self._tried < self._rest_s:
            return False
        known = kid is None or any(key.kid == kid for key in self._keys.keys)
        return not self._keys.keys or not known or now - self._fetched > self._refresh_s

    def _renew(self) -> None:
        self._tried = self._clock()
        try:
            self._keys = parse_key_set(self._fetch(self._url), where="token.jwks_url")
            self._fetched = self._tried
        except (ServerError, OSError) as error:
            ERRORS.warning("the provider's keys can't be fetched", exc_info=error)


def parse_key_set(content: bytes, *, where: str) -> KeySet:
    """Return the public signing keys of a JWKS document; others are left out.

    Raises:
        ServerError: It isn't a JWKS document, or holds no such key.
    """
    try:
        given = parse_json(content, max_bytes=_MAX_BYTES)["keys"]
        found = [key for each in given if (key := _signing_key(each)) is not None]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServerError(
            f"the key set of {where} can't be read ({error!r}), expected a JWKS document: "
            '{"keys": […]}'
        ) from error
    if not found:
        raise ServerError(
            f"the key set of {where} holds no public key for signatures, expected at least one "
            f"of the kinds {', '.join(_PUBLIC_KINDS)}"
        )
    return KeySet(found)


def _signing_key(given: dict[str, Any]) -> Key | None:
    # A shared secret ("oct") among them would let everyone who reads the set sign tokens.
    if given.get("kty") not in _PUBLIC_KINDS or given.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in given.items() if name not in _PRIVATE_PARTS}
    try:
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, KeyError, TypeError):
        # A curve or size that we don't know: the others still count.
        return None


_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})


def _fetch(url: str) -> bytes:
    import httpx

    headers = {"Accept": "application/json", "Connection": "close"}
    try:
        with (
            Deadline(_TIMEOUT_S) as deadline,
            httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False) as client,
            client.stream("GET", url, headers=headers, extensions=deadline.extensions) as response,
        ):
            response.raise_for_status()
            content = bytearray()
            for part in response.iter_bytes():
                content += part
                if len(content) > _MAX_BYTES:
                    raise ServerError(
                        f"the key set at {url!r} has over {_MAX_BYTES} bytes: check the URL"
                    )
            if deadline.passed:
                raise httpx.ReadTimeout("cut short")
            return bytes(content)
    except httpx.HTTPError as error:
        reason = f"took over {_TIMEOUT_S:g} s" if deadline.passed else error
        raise ServerError(
            f"the key set at {url!r} can't be fetched ({reason}): check the URL"
        ) from error
