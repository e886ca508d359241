"""The one place that says who is asking, and whether they may at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request

from agent.errors import ServerError
from agent.server.api.auth.asker import ANONYMOUS, Asker
from agent.server.api.auth.keys import PREFIX, KeyFile
from agent.server.api.auth.tokens import BadToken, TokenVerifier
from agent.server.api.limits import RateLimit
from agent.server.api.metrics import Metrics
from agent.server.api.problems import Problem
from agent.server.settings import Settings

__all__ = ["ASKER_KEY", "FrontDoor"]

ASKER_KEY = "frontdesk.asker"
"""Under this name the scope remembers who asked, for the log."""

_CHALLENGE = 'Bearer realm="frontdesk"'


class FrontDoor:
    """Knows keys, tokens and rates.

    Args:
        settings: Where keys and tokens come from.
        metrics: Counts who was turned away.
        now: The time.

    Raises:
        ServerError: Nobody could ever be let in, or keys can't be read.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not settings.anonymous_allowed and not settings.secures:
            raise ServerError(
                f"the server would listen at {settings.host!r} and nobody could ask: make a key "
                f"(frontdesk keys create NAME --keys {settings.keys}), set [token], or set "
                "allow_anonymous = true to show everyone what is public"
            )
        self._settings = settings
        self._metrics = metrics
        self._now = now
        self._keys = KeyFile(settings.keys)
        self._keys.list()  # a damaged file is told now, not to the first who asks
        self._tokens = None if settings.token is None else TokenVerifier(settings.token)
        self._rate = RateLimit(settings.limits.requests_per_minute, settings.limits.burst)

    def asker(self, request: Request) -> Asker:
        """Return who is asking, within their rate.

        Raises:
            Problem: 401, or 429.
        """
        asker = self._identify(request)
        self.admit(asker, request)
        return asker

    def admit(self, asker: Asker, request: Request) -> None:
        """Count a request of an asker who is known, and remember them for the log.

        Raises:
            Problem: 429.
        """
        request.scope[ASKER_KEY] = asker.label
        name = asker.owner
        if asker.is_anonymous:
            name = f"address:{request.client.host if request.client else ''}"
        try:
            self._rate.check(name)
        except Problem:
            self._metrics.refused.labels("rate").inc()
            raise

    def _identify(self, request: Request) -> Asker:
        given = request.headers.getlist("authorization")
        if not given:
            if self._settings.anonymous_allowed:
                return ANONYMOUS
            raise self._unknown("Send a key or a token: Authorization: Bearer ….")
        scheme, _, credentials = given[0].partition(" ")
        credentials = credentials.strip()
        if len(given) > 1 or scheme.lower() != "bearer" or not credentials:
            raise self._unknown("Authorization isn't of the form Bearer ….")
        # Whoever shows something that doesn't count isn't let in as nobody instead: they
        # would take what is public for all there is.
        if credentials.startswith(PREFIX):
            asker = self._keys.asker(credentials, now=self._now())
            if asker is None:
                raise self._unknown("The key is unknown, expired or revoked.", invalid=True)
            return asker
        if self._tokens is None:
            raise self._unknown("This server takes no such token.", invalid=True)
        try:
            return self._tokens.asker(credentials)
        except BadToken as error:
            detail = f"{str(error)[0].upper()}{str(error)[1:]}."
            raise self._unknown(detail, invalid=True) from error

    def _unknown(self, detail: str, *, invalid: bool = False) -> Problem:
        self._metrics.refused.labels("authentication").inc()
        challenge = f'{_CHALLENGE}, error="invalid_token"' if invalid else _CHALLENGE
        return Problem(401, detail, headers={"WWW-Authenticate": challenge})
