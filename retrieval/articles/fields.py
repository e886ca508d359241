"""An article's id, title, url and date, as a file states them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from reprlib import Repr
from typing import Any
from urllib.parse import unquote

from retrieval.errors import ArticleError

__all__ = [
    "CONTROL",
    "safe_url",
    "shown",
    "text_of_json",
    "timestamp",
    "title_of_stem",
]

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What has no place in a role or an address."""

_short = Repr()
_short.maxstring = _short.maxother = 80


def shown(value: object) -> str:
    """Return `value` for a message, short whatever it holds."""
    return _short.repr(value)


def text_of_json(value: Any, field: str) -> str | None:
    """Return the text of a field that may be a string, a whole number, or missing.

    Raises:
        ArticleError: It is something else.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ArticleError(f"{field} is {shown(value)}; expected text")


_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):")


def safe_url(value: str | None) -> str | None:
    """Return a link that may be shown, or None for one that might run code.

    Example:
        >>> safe_url("javascript:alert(1)")
    """
    if value is None or not value.strip():
        return None
    value = value.strip()
    scheme = _SCHEME.match(value)
    if CONTROL.search(value) or (scheme and scheme[1].lower() not in ("http", "https", "mailto")):
        return None
    return value


def timestamp(value: str | None, *, utc: bool = False) -> str | None:
    """Return a date or time in ISO 8601, or None if it is not one.

    Args:
        value: "2024-05-01", "2024-05-01 10:22:33", "2024-05-01T10:22:33.000Z", ...
        utc: Times without a zone are in UTC.

    Example:
        >>> timestamp("2024-05-01 10:22:33", utc=True)
        '2024-05-01T10:22:33Z'
    """
    if value is None:
        return None
    text = value.strip()
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= 10:
        return text
    text = text.replace(" ", "T", 1)
    return text + "Z" if utc and parsed.tzinfo is None else text


def title_of_stem(stem: str) -> str:
    """Return a readable title for a file that gives none.

    Example:
        >>> title_of_stem("Reset_your_password"), title_of_stem("vpn-setup")
        ('Reset your password', 'vpn setup')
    """
    with suppress(UnicodeDecodeError):
        stem = unquote(stem, errors="strict")
    if "_" in stem:
        stem = stem.replace("_", " ")
    elif " " not in stem:
        stem = stem.replace("-", " ")
    return " ".join(stem.split())
