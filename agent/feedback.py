"""What people thought of replies, as data: for `train`, `calibrate`, `evaluate`, and to read.

What is labelled by a person: a thumb up for an answer says that its quote is right; a
correction says what is; a thumb up for a refusal says that there is no answer. The rest
(a thumb down alone, a refusal nobody judged) stands in the CSV, for a person to judge.
Everything was masked when it was stored.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from agent.sessions import SessionStore
from agent.types import Turn
from retrieval.types import Article, Engine, Roles

__all__ = [
    "Exported",
    "Judged",
    "as_csv",
    "as_questions",
    "as_squad",
    "find_in_articles",
    "judged_turns",
]

_PAGE = 200
_SEARCHED = 10
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Find = Callable[["Judged"], tuple[Article, int, int] | None]
"""Finds a judged turn's right answer in an article: the article, and the span there."""


@dataclass(frozen=True)
class Judged:
    """A turn that somebody judged, or that was refused.

    Attributes:
        id: Of its decision.
        at: ISO 8601 UTC.
        channel: Where it was.
        route: Where the turn went.
        question: What was searched, or else the message.
        status: "answered", "refused", or empty where no article was asked for.
        reason: The refusal's.
        article_id: The article quoted, or the nearest.
        quote: The answer's own text, or the best candidate's.
        confidence: That the quote is right, 0 to 1.
        thumb: "up", "down", or empty where nobody said.
        correction: In the person's words.
    """

    id: str
    at: str
    channel: str
    route: str
    question: str
    status: str = ""
    reason: str = ""
    article_id: str = ""
    quote: str = ""
    confidence: float = 0.0
    thumb: str = ""
    correction: str = ""

    @property
    def has_answer(self) -> bool | None:
        """Whether there is an answer, as far as a person has said so; None if none has."""
        if self.correction or (self.thumb == "up" and self.status == "answered"):
            return True
        return False if self.thumb == "up" and self.status == "refused" else None


@dataclass(frozen=True)
class Exported:
    """A file's content, and how much is in it.

    Attributes:
        text: The file.
        n: Rows or questions written.
        left_out: Turns that have no label, or whose answer stands in no article at hand.
    """

    text: str
    n: int
    left_out: int


def judged_turns(sessions: SessionStore) -> Iterator[Judged]:
    """Yield every turn that was judged or refused, of every conversation.

    Raises:
        SessionError: The file can't be read.
    """
    offset = 0
    while page := sessions.sessions(None, limit=_PAGE, offset=offset):
        for summary in page:
            session = sessions.load(summary.id, summary.owner)
            if session is None:
                continue  # deleted meanwhile
            given = {each.decision: each for each in sessions.feedback(summary.id, summary.owner)}
            for turn in session.turns:
                said = given.get(turn.decision.id)
                thumb = "" if said is None else "up" if said.helpful else "down"
                judged = _judged(turn, summary.channel, thumb, said.comment if said else "")
                if judged.thumb or judged.status == "refused":
                    yield judged
        offset += len(page)


def as_csv(rows: Iterable[Judged]) -> Exported:
    """Return all of it as a table, one row a turn."""
    names = [each.name for each in fields(Judged)]
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(names)
    n = 0
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in names])
        n += 1
    return Exported(file.getvalue(), n, 0)


def as_questions(rows: Iterable[Judged], find: Find, *, roles: Sequence[str]) -> Exported:
    """Return the labelled ones as a question file, for `calibrate` and `evaluate answers`.

    Args:
        rows: Judged turns.
        find: Finds the right answer in an article; what isn't found keeps the person's
            words as its gold answer, and names no article.
        roles: What the questions are to be asked with.
    """
    lines: list[str] = []
    left_out = 0
    for row in rows:
        if row.has_answer is None:
            left_out += 1
            continue
        line: dict[str, Any] = {"id": row.id, "question": row.question, "answers": []}
        if row.has_answer:
            found = find(row)
            if found is not None:
                article, start, end = found
                line |= {"answers": [article.body[start:end]], "article_ids": [article.id]}
            elif row.correction:
                line["answers"] = [row.correction]
            else:
                left_out += 1
                continue
        line |= {"answerable": row.has_answer, "roles": list(roles)}
        lines.append(json.dumps(line, ensure_ascii=False))
    return Exported("".join(f"{line}\n" for line in lines), len(lines), left_out)


def as_squad(rows: Iterable[Judged], find: Find, nearest: Find) -> Exported:
    """Return the labelled ones in SQuAD's format, version 2, for `train reader`.

    Args:
        rows: Judged turns.
        find: Finds the right answer in an article.
        nearest: Finds the article that was nearest to a question without an answer; its
            span counts for nothing.
    """
    articles: dict[str, tuple[Article, list[dict[str, Any]]]] = {}
    n = left_out = 0
    for row in rows:
        place = None
        if row.has_answer is not None:
            place = find(row) if row.has_answer else nearest(row)
        if place is None:
            left_out += 1
            continue
        article, start, end = place
        answers = [{"text": article.body[start:end], "answer_start": start}]
        entry = {
            "id": row.id,
            "question": row.question,
            "answers": answers if row.has_answer else [],
            "is_impossible": not row.has_answer,
        }
        articles.setdefault(article.id, (article, []))[1].append(entry)
        n += 1
    whole = {
        "version": "v2.0",
        "data": [
            {"title": article.title, "paragraphs": [{"context": article.body, "qas": entries}]}
            for article, entries in articles.values()
        ],
    }
    return Exported(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", n, left_out)


def find_in_articles(engine: Engine, roles: Roles) -> tuple[Find, Find]:
    """Return what finds right answers, and nearest articles, in a knowledge base.

    Only articles that someone with `roles` may read are looked into. Small differences in
    case and spaces are forgiven: the answer is the article's own text.
    """

    def find(row: Judged) -> tuple[Article, int, int] | None:
        text = row.correction or row.quote
        words = [re.escape(word) for word in text.split()]
        if not words:
            return None
        pattern = re.compile(r"\s+".join(words), re.IGNORECASE)
        names = [row.article_id] if row.article_id else []
        if row.correction:
            hits = engine.retrieve(f"{row.question} {text}", _SEARCHED, roles=roles)
            names += [hit.passage.article_id for hit in hits]
        for name in dict.fromkeys(names):
            article = engine.article(name, roles=roles)
            found = pattern.search(article.body) if article is not None else None
            if article is not None and found is not None:
                return article, found.start(), found.end()
        return None

    def nearest(row: Judged) -> tuple[Article, int, int] | None:
        article = engine.article(row.article_id, roles=roles) if row.article_id else None
        return None if article is None else (article, 0, 0)

    return find, nearest


def _judged(turn: Turn, channel: str, thumb: str, correction: str) -> Judged:
    verdict = turn.decision.inputs.get("verdict") or {}
    found = (verdict.get("found") or [{}])[0]
    return Judged(
        id=turn.decision.id,
        at=turn.at,
        channel=channel,
        route=turn.route.value,
        question=turn.question or turn.message,
        status=verdict.get("status", ""),
        reason=verdict.get("reason") or "",
        article_id=found.get("article_id", ""),
        quote=found.get("quote", ""),
        confidence=found.get("confidence", 0.0),
        thumb=thumb,
        correction=correction,
    )


def _cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
