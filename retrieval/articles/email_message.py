"""EML: a message's text, by the standard library; its subject is the title.

Attachments are not opened. Of a message in two forms the plain one is read.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import shown, title_of_stem
from retrieval.articles.loader import MAX_ARTICLE_CHARS, Draft, LoaderOutput, SourceFile
from retrieval.articles.readable import readable
from retrieval.errors import ArticleError

__all__ = ["load"]


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the message as one article."""
    raw = file.read_bytes(4 * MAX_ARTICLE_CHARS)
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body, subject = _body(message), str(message["subject"] or "").strip()
        sender = str(message["from"] or "").strip()
        sent = str(message["date"] or "")
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise ArticleError(f"the message can't be read: {shown(str(error))}") from error
    yield Draft(
        title=subject or title_of_stem(PurePosixPath(file.relative).stem),
        body=body,
        format="email",
        audience=UNSTATED,
        updated=_date(sent),
        fields={"from": sender} if sender else {},
    )


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    content = part.get_content()
    if not isinstance(content, str):
        return ""
    if part.get_content_subtype() == "html":
        return readable(content)
    return "\n".join(line.rstrip() for line in content.replace("\r\n", "\n").split("\n")).strip()


def _date(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError):
        return None
