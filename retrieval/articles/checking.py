"""What is checked of a draft before it becomes an article, whichever loader made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.articles.fields import safe_url, shown, timestamp
from retrieval.articles.loader import MAX_ARTICLE_CHARS, Draft, Remark
from retrieval.errors import ArticleError
from retrieval.types import FieldValue

__all__ = ["checked", "with_safe_links"]


def checked(draft: Draft) -> Draft:
    """Return the draft with tidy strings, or refuse it.

    Raises:
        ArticleError: It is too long, its id is no line of text, or a text holds half of a
            surrogate pair.
    """
    if len(draft.body) > MAX_ARTICLE_CHARS:
        raise ArticleError(
            f"the article has {len(draft.body):,} characters; at most {MAX_ARTICLE_CHARS:,} are "
            "taken in as one article: split it into several"
        )
    if draft.id is not None and (
        not draft.id.strip() or draft.id != draft.id.strip() or not draft.id.isprintable()
    ):
        raise ArticleError(
            f"id is {shown(draft.id)}; expected one line of text without spaces around it"
        )
    for name, text in _texts(draft):
        if not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise ArticleError(
                    f"{name} holds half of a surrogate pair (U+{ord(text[error.start]):04X}) at "
                    f"character {error.start:,}, which is no text: fix the export"
                ) from error
    return replace(draft, title=" ".join(draft.title.split()))


def _texts(draft: Draft) -> Iterator[tuple[str, str]]:
    yield "body", draft.body
    yield "title", draft.title
    for name, value in (("id", draft.id), ("url", draft.url), ("updated", draft.updated)):
        if value is not None:
            yield name, value
    if isinstance(draft.audience, tuple):
        for role in draft.audience:
            yield "audience", role
    for name, field in draft.fields.items():
        yield "a field's name", name
        for text in _strings(field):
            yield name, text


def _strings(value: FieldValue) -> Iterator[str]:
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, str):
            yield one


def with_safe_links(draft: Draft, where: str) -> tuple[Draft, Sequence[Remark]]:
    """Return the draft without a url that might run code and a date that is none.

    Args:
        draft: The draft.
        where: Its place, for remarks.
    """
    remarks = []
    if draft.url is not None and (url := safe_url(draft.url)) != draft.url:
        if url is None and draft.url.strip():
            remarks.append(Remark("a url is neither http(s) nor mailto and was dropped", where))
        draft = replace(draft, url=url)
    if draft.updated is not None and (updated := timestamp(draft.updated)) != draft.updated:
        if updated is None:
            remarks.append(
                Remark(
                    "a date under 'updated' is not ISO 8601 (2024-05-31) and was dropped",
                    f"{where} {shown(draft.updated)}",
                )
            )
        draft = replace(draft, updated=updated)
    return draft, remarks
