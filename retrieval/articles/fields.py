"""An article's id, title, url, audience and date, as a file states them.

Rights are on the safe side: whatever can't be understood refuses the article. Nothing
malformed ever becomes public.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from reprlib import Repr
from typing import Any
from urllib.parse import unquote

from retrieval.articles.loader import Audience
from retrieval.errors import ArticleError

__all__ = [
    "audience_of_cell",
    "audience_of_json",
    "refuse_misspelt_audience",
    "safe_url",
    "shown",
    "text_of_json",
    "timestamp",
    "title_of_stem",
]

_LISTING = (
    'expected a list of roles such as ["staff", "hr"]; leave it out for everyone, [] is nobody'
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_short = Repr()
_short.maxstring = _short.maxother = 80


def shown(value: object) -> str:
    """Return `value` for a message, short whatever it holds."""
    return _short.repr(value)


def audience_of_json(value: Any) -> Audience:
    """Return the audience that a JSON value states; null is as good as missing.

    Raises:
        ArticleError: It is no list, or holds something else than role names.

    Example:
        >>> audience_of_json(["staff", "hr", "staff"])
        ('staff', 'hr')
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise ArticleError(f"audience is {shown(value)}; {_LISTING}")
    for role in value:
        if not isinstance(role, str):
            raise ArticleError(f"audience holds {shown(role)}, which is no role name; {_LISTING}")
    return roles(value)


def roles(names: Iterable[str]) -> tuple[str, ...]:
    """Return role names without repeats, in their order.

    Raises:
        ArticleError: One is blank or holds control characters.
    """
    unique = tuple(dict.fromkeys(names))
    for role in unique:
        if not role.strip():
            raise ArticleError(f"audience holds an empty role ({shown(role)}); {_LISTING}")
        if _CONTROL.search(role):
            raise ArticleError(f"audience holds a role with control characters: {shown(role)}")
    return unique


def audience_of_cell(cell: str) -> Audience:
    """Return the audience that a CSV cell states: `staff;hr`, `[]` for nobody.

    An empty cell is a missing audience, which is everyone. Spaces around a role are
    layout, not part of it. A cell that starts with "[" is read as a JSON list.

    Raises:
        ArticleError: A role is empty, or the JSON list is none.
    """
    text = cell.strip()
    if not text:
        return None
    if text.startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ArticleError(f"audience is {shown(cell)}, which is no JSON list") from error
        return audience_of_json(value)
    names = [name.strip() for name in text.split(";")]
    if not all(names):
        raise ArticleError(
            f"audience is {shown(cell)}, which holds an empty role; expected roles separated "
            'by ";" such as "staff;hr", an empty cell for everyone, [] for nobody'
        )
    return roles(names)


def refuse_misspelt_audience(keys: Iterable[object]) -> None:
    """Refuse a row or front matter that means an audience but spells its name otherwise.

    Raises:
        ArticleError: A key is "Audience" or the like: ignoring it would publish the article.
    """
    for key in keys:
        if isinstance(key, str) and key != "audience" and key.strip().casefold() == "audience":
            raise ArticleError(f'unknown field {shown(key)}: write "audience"')


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
    if _CONTROL.search(value) or (scheme and scheme[1].lower() not in ("http", "https", "mailto")):
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
