"""Calls to a company's own HTTP endpoint: bounded, retried where that is safe, JSON only.

What a person wrote can't change where a call goes or what shape it has: values are
percent-encoded into URLs, JSON-encoded into bodies, and refused in headers if they hold a
line end. Environment variables are looked up when the call is made and stand in no error
and no log line. Redirects aren't followed: a secret in a header goes to the host that the
configuration names and to no other.
"""

from __future__ import annotations

import codecs
import json
import logging
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent.configuration.placeholders import Kind, fill, looked_up, parse, plain
from agent.configuration.schema import Action
from agent.errors import ActionError
from agent.types import SlotValue
from retrieval.system.deadline import Deadline
from retrieval.system.untrusted import parse_json

if TYPE_CHECKING:
    import httpx
if TYPE_CHECKING:
    import httpx

    from agent.configuration.schema import Action

__all__ = [
    "Endpoints",
    "call",
    "reply_text",
]

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_TRY_AGAIN = frozenset({502, 503, 504})
_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
_NOT_IN_HEADER = re.compile(r"[^\t\x20-\x7e]")
_CLIMBING = frozenset({".", ".."})
"""As a segment of a path these would lead out of it, however they are encoded."""
_MAX_WAIT_S = 10.0
_HEADERS = {
    "Accept": "application/json",
    # Uncompressed, so that a small body can't unpack into a huge one.
    "Accept-Encoding": "identity",
    # So that `Deadline` knows each call's connection.
    "Connection": "close",
    "User-Agent": "frontdesk",
}


def call(
    action: Action,
    values: Mapping[str, SlotValue],
    *,
    http: httpx.Client,
    sleep: Callable[[float], None] = time.sleep,
) -> Mapping[str, Any]:
    """Make a call and return its JSON object.

    Tried again, with a doubling wait: a connection that couldn't be made, always; a
    connection that broke, a time-out, and 502, 503 and 504, only where a repetition does no
    harm (GET, HEAD, PUT, DELETE, or `idempotency_key: true`). All attempts of one call
    carry the same `Idempotency-Key`.

    Args:
        action: What to call.
        values: The slots that its templates name.
        http: The client; its own time-outs and redirects don't count.
        sleep: Waits between attempts (seconds).

    Returns:
        The response's object. A response without a body is an empty one; one that isn't an
        object stands under "value".

    Raises:
        ActionError: With a reason that can be logged: it holds no secret and no value.
    """
    request = _request(action, values, http)
    repeatable = action.method in _IDEMPOTENT or action.idempotency_key
    attempts = action.retries + 1
    for attempt in range(1, attempts + 1):
        try:
            response = _attempt(action, request, http)
        except _Failed as failure:
            if attempt == attempts or not (failure.unsent or (failure.passing and repeatable)):
                tried = f" ({attempt} attempts)" if attempt > 1 else ""
                raise ActionError(
                    f"action {action.name!r}: {_address(action)} {failure}{tried}"
                ) from failure.__cause__
        else:
            _check_reply(action, response)
            return response
        sleep(min(action.backoff_s * 2 ** (attempt - 1), _MAX_WAIT_S))
    raise ActionError(f"action {action.name!r}: no attempt was made")


def reply_text(action: Action, values: Mapping[str, SlotValue], response: Mapping[str, Any]) -> str:
    """Return what is said after success.

    Raises:
        ActionError: The response lacks a key that the reply names.
    """
    _check_reply(action, response)
    return fill(action.reply, slots=values, response=response)


class _Failed(Exception):
    """One attempt failed.

    Attributes:
        unsent: Nothing reached the endpoint: trying again is always safe.
        passing: It may work in a moment.
    """

    def __init__(self, reason: str, *, unsent: bool = False, passing: bool = False) -> None:
        self.unsent = unsent
        self.passing = passing
        super().__init__(reason)


def _request(action: Action, values: Mapping[str, SlotValue], http: httpx.Client) -> httpx.Request:
    """Put the values in, each encoded for its place."""
    import httpx

    def variable(name: str) -> str:
        # A secret read from a file often ends in a line end.
        value = os.environ.get(name, "").strip()
        if not value:
            raise ActionError(
                f"action {action.name!r} needs the environment variable {name!r}, which is "
                "not set or empty; set it where Frontdesk runs"
            )
        return value

    def percent(value: Any) -> str:
        written = plain(value)
        if written in _CLIMBING:
            raise ActionError(
                f"action {action.name!r}: a value of dots alone can't stand in its url; "
                "send it in the query or the body"
            )
        return quote(written, safe="", errors="replace")

    def text(template: str) -> str:
        return fill(template, slots=values, environment=variable, encode=plain)

    url = fill(action.url, slots=values, environment=variable, encode=percent)
    headers = httpx.Headers(_HEADERS)
    if action.json is not None:
        headers["Content-Type"] = "application/json"
    for name, template in action.headers.items():
        headers[name] = _header(action, name, text(template))
    if action.idempotency_key:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    query = {name: text(template) for name, template in action.query.items()}
    body = None if action.json is None else _filled(action.json, values, text)
    timeout = httpx.Timeout(action.timeout_s)
    try:
        address = httpx.URL(url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError("no http address")
        if query:
            address = address.copy_merge_params(query)
        return http.build_request(
            action.method,
            address,
            headers=headers,
            content=None if body is None else json.dumps(body, allow_nan=False).encode(),
            timeout=timeout,
        )
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        # Not chained: the message of the cause holds the address with its values.
        raise ActionError(
            f"action {action.name!r}: its url, filled in, is no address "
            f"({type(error).__name__}); check the template {_address(action)!r}"
        ) from None


def _header(action: Action, name: str, value: str) -> str:
    if _NOT_IN_HEADER.search(value):
        raise ActionError(
            f"action {action.name!r}: the value for the header {name!r} holds a line end or a "
            "character that headers can't carry; send it in the body"
        )
    return value


def _filled(value: Any, values: Mapping[str, SlotValue], text: Callable[[str], str]) -> Any:
    """Fill the texts of nested values in.

    A text that is one placeholder and nothing else becomes the value itself, so that a
    number stays a number; a slot that was left out becomes null.
    """
    if isinstance(value, Mapping):
        return {key: _filled(inner, values, text) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(inner, values, text) for inner in value]
    if not isinstance(value, str):
        return value
    parts = parse(value)
    if len(parts) == 1 and parts[0].kind is Kind.SLOT:
        return values.get(parts[0].text)
    return text(value)


def _attempt(action: Action, request: httpx.Request, http: httpx.Client) -> Mapping[str, Any]:
    import httpx

    late = _Failed(f"didn't answer within {action.timeout_s:g} s", passing=True)
    with Deadline(action.timeout_s) as deadline:
        request.extensions |= deadline.extensions
        try:
            with _opened(http, request) as response:
                _check_status(response)
                body = _body(action, response)
                # A body of no known length just ends where its connection does.
                if deadline.passed:
                    raise late
                return _parsed(response, body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            reason = "took too long to connect to" if _timed_out(error) else "can't be reached"
            raise _Failed(reason, unsent=True, passing=True) from None
        except httpx.TimeoutException:
            raise late from None
        except (httpx.TransportError, httpx.StreamError) as error:
            if deadline.passed:
                raise late from None
            broke = f"broke the connection ({type(error).__name__})"
            raise _Failed(broke, passing=True) from None
        except httpx.HTTPError as error:
            raise _Failed(f"couldn't be called ({type(error).__name__})") from None


def _timed_out(error: Exception) -> bool:
    import httpx

    return isinstance(error, httpx.TimeoutException)


class _Quiet(logging.Filter):
    """Keeps our calls' addresses, which hold what people wrote, out of the client's log."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not _calling.get()


_calling: ContextVar[bool] = ContextVar("frontdesk_calling", default=False)
logging.getLogger("httpx").addFilter(_Quiet())


@contextmanager
def _opened(http: httpx.Client, request: httpx.Request) -> Iterator[httpx.Response]:
    """Open a response and close it at the end."""
    token = _calling.set(True)
    try:
        response = http.send(request, stream=True, follow_redirects=False)
    finally:
        _calling.reset(token)
    try:
        yield response
    finally:
        response.close()


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise _Failed(
            f"answered {status}, a redirect, which isn't followed; put the final address in url"
        )
    raise _Failed(f"answered {status}", passing=status in _TRY_AGAIN)


def _body(action: Action, response: httpx.Response) -> bytes:
    """Read at most the bytes allowed."""
    packed = response.headers.get("content-encoding", "identity")
    if packed.lower() != "identity":
        raise _Failed(f"sent a body packed as {packed!r}, which wasn't asked for")
    announced = response.headers.get("content-length", "")
    too_long = f"sent more than {action.max_bytes} bytes; raise max_bytes if that is meant"
    if announced.isdecimal() and int(announced) > action.max_bytes:
        raise _Failed(too_long)
    chunks: list[bytes] = []
    length = 0
    for chunk in response.iter_bytes():
        length += len(chunk)
        if length > action.max_bytes:
            raise _Failed(too_long)
        chunks.append(chunk)
    return b"".join(chunks)


def _parsed(response: httpx.Response, body: bytes) -> Mapping[str, Any]:
    if not body.strip():
        return {}
    kind = response.headers.get("content-type", "").split(";")[0].strip()
    if not _JSON_TYPE.fullmatch(kind):
        raise _Failed(f"sent {kind or 'no content type'!r} where application/json was expected")
    try:
        value = parse_json(body.removeprefix(codecs.BOM_UTF8), max_bytes=len(body))
    except ValueError:
        raise _Failed(f"sent broken JSON ({len(body)} bytes)") from None
    return value if isinstance(value, dict) else {"value": value}


def _check_reply(action: Action, response: Mapping[str, Any]) -> None:
    """Refuse a response that lacks what the reply names."""
    for part in parse(action.reply):
        if part.kind is not Kind.RESPONSE:
            continue
        try:
            found = looked_up(response, part.text)
        except KeyError:
            found = None
        if found is None or isinstance(found, dict):
            known = ", ".join(repr(key) for key in list(response)[:8]) or "nothing"
            raise ActionError(
                f"action {action.name!r}: the response has no {part.text!r}, which the reply "
                f"names; it has {known}"
            ) from None


def _address(action: Action) -> str:
    """Return the template's scheme and host: no value, no variable, no password."""
    found = re.match(r"(?P<scheme>https?://)?(?:[^/?#@]*@)?(?P<host>[^/?#]*)", action.url)
    return f"{found['scheme'] or ''}{found['host']}" if found else action.name


class Endpoints:
    """Calls endpoints; safe to share between threads."""

    def __init__(self, http: httpx.Client | None = None) -> None:
        """Name the client.

        Args:
            http: Closed by whoever made it; one of our own, made with the first call, if
                not given.
        """
        self._http = http
        self._own_http: httpx.Client | None = None
        self._lock = threading.Lock()

    def call(self, action: Action, values: Mapping[str, SlotValue]) -> Mapping[str, Any]:
        """Return what an endpoint answered.

        Raises:
            ActionError: As `agent.conversation.actions.call`.
        """
        from agent.conversation.actions import call

        return call(action, values, http=self._client())

    def _client(self) -> httpx.Client:
        if self._http is not None:
            return self._http
        with self._lock:
            if self._own_http is None:
                import httpx

                self._own_http = httpx.Client(follow_redirects=False)
            return self._own_http

    def close(self) -> None:
        """Close the client of our own."""
        with self._lock:
            if self._own_http is not None:
                self._own_http.close()
                self._own_http = None
