"""The one place that says who is asking, and whether they may at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request

from agent.errors import ServerError
from agent.server.api.auth.keys import PREFIX, KeyFile
from agent.server.api.auth.tokens import BadToken, TokenVerifier
from agent.server.api.limits import RateLimit
from agent.server.api.metrics import Metrics
from agent.server.api.problems import Problem
from agent.server.asker import ANONYMOUS, Asker
from agent.server.settings import Settings

__all__ = ["ASKER_KEY", "FrontDoor"]

ASKER_KEY = "frontdesk.asker"
"""Under this name the scope remembers who asked, for the log."""

_CHALLENGE = 'Bearer realm="frontdesk"'

_WRONG_KEYS_AT_ONCE = 20
"""So many may come from an address before their rate counts."""


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
        self._keys.load()
        self._closed = not settings.anonymous_allowed
        self._tokens = None if settings.token is None else TokenVerifier(settings.token)
        limits = settings.limits
        self._rate = RateLimit(limits.requests_per_minute, limits.burst)
        self._wrong = RateLimit(limits.wrong_keys_per_minute, _WRONG_KEYS_AT_ONCE)

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
        self._count(self._rate, _address(request) if asker.is_anonymous else asker.owner)

    def wrong(self, request: Request, detail: str, challenge: str) -> Problem:
        """Count somebody whose proof doesn't hold, and return what they are told.

        Raises:
            Problem: 429: too many wrong ones came from this address. Right ones from there
                go on counting.
        """
        self._metrics.refused.labels("authentication").inc()
        self._count(self._wrong, _address(request))
        return Problem(401, detail, headers={"WWW-Authenticate": challenge})

    def _count(self, rate: RateLimit, name: str) -> None:
        try:
            rate.check(name)
        except Problem:
            self._metrics.refused.labels("rate").inc()
            raise

    def _is_open(self) -> bool:
        """Tell whether nobody in particular may ask.

        Once there were keys it stays closed, whatever becomes of their file.
        """
        self._closed = self._closed or not self._settings.anonymous_allowed
        return not self._closed

    def _identify(self, request: Request) -> Asker:
        given = request.headers.getlist("authorization")
        if not given:
            if self._is_open():
                return ANONYMOUS
            self._metrics.refused.labels("authentication").inc()
            raise Problem(
                401,
                "Send a key or a token: Authorization: Bearer ….",
                headers={"WWW-Authenticate": _CHALLENGE},
            )
        scheme, _, credentials = given[0].partition(" ")
        credentials = credentials.strip()
        if len(given) > 1 or scheme.lower() != "bearer" or not credentials:
            raise self.wrong(request, "Authorization isn't of the form Bearer ….", _CHALLENGE)
        # Whoever shows something that doesn't count isn't let in as nobody instead: they
        # would take what is public for all there is.
        try:
            if credentials.startswith(PREFIX):
                asker = self._keys.asker(credentials, now=self._now())
                if asker is None:
                    raise BadToken("the key is unknown, expired or revoked")
                return asker
            if self._tokens is None:
                raise BadToken("this server takes no such token")
            return self._tokens.asker(credentials)
        except BadToken as error:
            detail = f"{str(error)[0].upper()}{str(error)[1:]}."
            raise self.wrong(request, detail, f'{_CHALLENGE}, error="invalid_token"') from error


def _address(request: Request) -> str:
    return f"address:{request.client.host if request.client else ''}"
