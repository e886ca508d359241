"""Judged turns as files: a table to read, a question file, SQuAD's format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from agent.memory.feedback.finding import Find
from agent.memory.feedback.judged import Judged
from retrieval.types import Article

__all__ = ["Exported", "as_csv", "as_questions", "as_squad"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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


def _cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
