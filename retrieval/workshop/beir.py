"""BEIR's evaluation files, and runs and judgements as trec_eval has them.

    corpus.jsonl    {"_id": "...", "title": "...", "text": "..."}
    queries.jsonl   {"_id": "...", "text": "...", "history": ["an earlier turn", ...]}
    qrels.tsv       query-id <tab> corpus-id <tab> score, with a header line,
                    or trec_eval's four columns: query, iteration, article, grade
    run             query Q0 article rank score tag

Unknown keys are ignored. Everything that doesn't fit is an error which names file and line:
an evaluation over part of its data would look like one over all of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import EvaluationError
from retrieval.system.durable import replace_file
from retrieval.types import Article

__all__ = ["EvaluationQuery", "read_corpus", "read_qrels", "read_queries", "read_run", "write_run"]

Ranking = Sequence[tuple[str, float]]
"""Article ids with scores, best first."""

_HEADER = ["query-id", "corpus-id", "score"]


@dataclass(frozen=True)
class EvaluationQuery:
    """A row of queries.jsonl.

    Attributes:
        id: Unique in the file.
        text: What is searched.
        history: The user's earlier turns, oldest first.
    """

    id: str
    text: str
    history: tuple[str, ...] = ()


def read_corpus(path: Path) -> list[Article]:
    """Read corpus.jsonl; each row is one article, its text verbatim the body.

    Raises:
        EvaluationError: The file can't be read, a row isn't an article, or an id comes twice.
    """
    articles: dict[str, Article] = {}
    for line, row in _rows(path):
        article_id, body = _id(row, path, line), _text(row, "text", path, line)
        title = _text(row, "title", path, line) if row.get("title") is not None else ""
        if article_id in articles:
            raise _at(path, line, f"the id {article_id!r} comes twice: every article needs its own")
        articles[article_id] = Article(article_id, title, body, path=path.name, format="beir")
    return list(articles.values())


def read_queries(path: Path) -> list[EvaluationQuery]:
    """Read queries.jsonl.

    Raises:
        EvaluationError: The file can't be read, a row isn't a query, or an id comes twice.
    """
    queries: dict[str, EvaluationQuery] = {}
    for line, row in _rows(path):
        query_id, text = _id(row, path, line), _text(row, "text", path, line)
        history = row.get("history") or []
        if not isinstance(history, list) or not all(isinstance(turn, str) for turn in history):
            raise _at(path, line, f"history is {history!r}, expected a list of earlier turns")
        if query_id in queries:
            raise _at(path, line, f"the id {query_id!r} comes twice: every query needs its own")
        queries[query_id] = EvaluationQuery(query_id, text, tuple(history))
    return list(queries.values())


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements, with BEIR's three columns or trec_eval's four.

    Returns:
        Query id → article id → grade.

    Raises:
        EvaluationError: The file can't be read, or a line isn't a judgement or contradicts
            an earlier one.
    """
    qrels: dict[str, dict[str, int]] = {}
    for line, text in _lines(path):
        cells = text.split("\t")
        if line == 1 and [cell.strip() for cell in cells] == _HEADER:
            continue
        if len(cells) != 3:
            cells = text.split()
            if len(cells) == 4:
                cells = [cells[0], *cells[2:]]
        if len(cells) != 3:
            raise _at(
                path,
                line,
                f"{text[:80]!r} isn't a judgement, expected query-id, corpus-id and score between "
                "tabs, or the four columns of trec_eval",
            )
        query, article, grade = cells[0].strip(), cells[1].strip(), _grade(cells[2], path, line)
        if qrels.setdefault(query, {}).setdefault(article, grade) != grade:
            raise _at(path, line, f"query {query!r} has two grades for article {article!r}")
    if not qrels:
        raise EvaluationError(f"{path}: no judgements in it, expected one or more")
    return qrels


def read_run(path: Path) -> dict[str, list[str]]:
    """Read a TREC run: article ids per query in the order trec_eval gives them.

    That is by descending score and, where scores are equal, descending id; the rank column
    counts for nothing.

    Raises:
        EvaluationError: The file can't be read, a line doesn't fit, or an article comes twice.
    """
    scores: dict[str, dict[str, float]] = {}
    for line, text in _lines(path):
        cells = text.split()
        try:
            query, _, article, _, score, _ = cells
            value = float(score)
        except ValueError as error:
            raise _at(
                path, line, f"{text[:80]!r} isn't a line of a run: query Q0 article rank score tag"
            ) from error
        if math.isnan(value):
            raise _at(path, line, f"the score of article {article!r} isn't a number")
        if article in scores.setdefault(query, {}):
            raise _at(path, line, f"query {query!r} has article {article!r} twice")
        scores[query][article] = value
    return {
        query: [
            article
            for _, article in sorted(
                ((score, article) for article, score in found.items()), reverse=True
            )
        ]
        for query, found in scores.items()
    }


def write_run(path: Path, run: Mapping[str, Ranking], *, tag: str) -> None:
    """Write a TREC run, atomically.

    Scores strictly descend in single precision, in which trec_eval reads them: where two
    are equal, the second is written one step lower, so that it keeps our order.

    Raises:
        EvaluationError: An id holds white space, which the format can't express.
        OSError: The file can't be written.
    """
    lines: list[str] = []
    for query, ranking in run.items():
        last = np.float32(np.inf)
        for rank, (article, score) in enumerate(ranking, start=1):
            for name in (query, article):
                if len(name.split()) != 1:
                    raise EvaluationError(
                        f"the id {name!r} holds white space, which a TREC run can't express: "
                        "leave out --predictions or change the id"
                    )
            last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
            lines.append(f"{query} Q0 {article} {rank} {last:.9g} {tag}\n")
    replace_file(path, "".join(lines).encode("utf-8"))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold anything, counted from 1."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EvaluationError(
            f"{str(path)!r} can't be read ({error.strerror}): check the path"
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _at(path, line, "not UTF-8 text: save the file as UTF-8") from error
    # Not splitlines(): U+2028 and its like may stand inside a JSON string.
    for number, line_text in enumerate(text.split("\n"), start=1):
        if line_text.strip():
            yield number, line_text.rstrip("\r")


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    found = False
    for line, text in _lines(path):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _at(path, line, f"not JSON ({error}): expected one object a line") from error
        if not isinstance(row, dict):
            raise _at(path, line, f"{text[:80]!r} isn't a JSON object: expected one a line")
        found = True
        yield line, row
    if not found:
        raise EvaluationError(f"{path}: no rows in it, expected one JSON object a line")


def _id(row: Mapping[str, Any], path: Path, line: int) -> str:
    value = row.get("_id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise _at(path, line, f"_id is {value!r}, expected a text that isn't empty")
    return value


def _text(row: Mapping[str, Any], key: str, path: Path, line: int) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise _at(path, line, f"{key} is {value!r}, expected a text")
    return value


def _grade(text: str, path: Path, line: int) -> int:
    try:
        value = float(text)
        if value != int(value):
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise _at(path, line, f"the grade is {text.strip()!r}, expected a whole number") from error
    return int(value)


def _at(path: Path, line: int, reason: str) -> EvaluationError:
    return EvaluationError(f"{path}:{line}: {reason}")
