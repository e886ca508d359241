"""Check saved answers against the articles they quote, without asking again.

A citation holds if its article is there with the body it had (by SHA-256), and every text
beside a start and an end is that slice of the body. Rights play no part: whoever may read
the knowledge base's files runs this, and no text of an article is put into its report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import CitationError
from retrieval.types import Article

__all__ = ["Failure", "Verification", "load_saved", "verify", "verify_file"]

Lookup = Callable[[str], Article | None]
"""Article id → article, None if there is none."""


@dataclass(frozen=True)
class Failure:
    """A citation that doesn't hold.

    Attributes:
        record: Which saved ask, counted from 1.
        answer: Which of its answers, counted from 1.
        article_id: The article it names.
        why: What is wrong.
    """

    record: int
    answer: int
    article_id: str
    why: str


@dataclass(frozen=True)
class Verification:
    """What checking found.

    Attributes:
        checked: Citations looked at: one per answer.
        failed: Those that don't hold.
    """

    checked: int
    failed: tuple[Failure, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `verify --json` prints."""
        return {
            "checked": self.checked,
            "failed": [
                {
                    "record": failure.record,
                    "answer": failure.answer,
                    "article_id": failure.article_id,
                    "why": failure.why,
                }
                for failure in self.failed
            ],
        }


def verify_file(path: Path, kb: str | Path) -> Verification:
    """Check every citation of a saved `ask --json` against a knowledge base.

    Args:
        path: One ask, a list of them, or one per line.
        kb: The knowledge base's directory; its encoder isn't needed.

    Raises:
        CitationError: The file isn't what `ask --json` prints.
        StoreError: The index is absent, damaged or foreign.
    """
    from retrieval.index.store import IndexStore

    saved = load_saved(path)
    generation = IndexStore(kb).open()

    def lookup(article_id: str) -> Article | None:
        row = generation.row(article_id)
        return None if row is None else generation.article(row)

    return verify(saved, lookup)


def load_saved(path: Path) -> list[Mapping[str, Any]]:
    """Read saved asks: one JSON object, a list of them, or one per line.

    Raises:
        CitationError: The file can't be read or isn't what `ask --json` prints.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"Can't read {str(path)!r}: {error.strerror or error}. Expected a saved ask --json."
        raise CitationError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{str(path)!r} isn't UTF-8 text: {error}. Expected a saved ask --json."
        raise CitationError(msg) from error
    records = _parsed(text, path)
    for number, record in enumerate(records, start=1):
        answers = record.get("answers") if isinstance(record, dict) else None
        if not isinstance(answers, list) or not all(isinstance(each, dict) for each in answers):
            msg = (
                f"{str(path)!r}: record {number} has no list of answers. Expected what "
                "frontdesk ask --json prints: one object, a list of them, or one per line."
            )
            raise CitationError(msg)
    return records


def _parsed(text: str, path: Path) -> list[Any]:
    if not text.strip():
        msg = f"{str(path)!r} is empty. Expected a saved ask --json."
        raise CitationError(msg)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        whole_error: Exception = error
    else:
        return whole if isinstance(whole, list) else [whole]
    records: list[Any] = []
    # Split at line feeds alone: U+2028 and its like may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            # A document over many lines fails at its first; its own error says more.
            why = whole_error if number == 1 or not records else error
            msg = f"{str(path)!r}, line {number}: not JSON: {why}. Expected a saved ask --json."
            raise CitationError(msg) from error
    return records


def verify(saved: Sequence[Mapping[str, Any]], lookup: Lookup) -> Verification:
    """Check every citation.

    Args:
        saved: From `load_saved`.
        lookup: Finds an article, whoever may read it.
    """
    checked = 0
    failed: list[Failure] = []
    articles: dict[str, Article | None] = {}
    for number, record in enumerate(saved, start=1):
        for place, answer in enumerate(record["answers"], start=1):
            checked += 1
            article_id = answer.get("article_id")
            if not isinstance(article_id, str):
                why: str | None = f"article_id is {article_id!r}; expected an article's id"
            else:
                if article_id not in articles:
                    articles[article_id] = lookup(article_id)
                why = _fault(answer, articles[article_id])
            if why is not None:
                failed.append(Failure(number, place, str(article_id), why))
    return Verification(checked, tuple(failed))


def _fault(answer: Mapping[str, Any], article: Article | None) -> str | None:
    """Say what is wrong with a citation, None if it holds."""
    if article is None:
        return "the article is not in this knowledge base"
    if answer.get("article_sha256") != article.sha256:
        return "the article's body has changed since (another SHA-256)"
    fault = _slice_fault("the answer", answer, article.body)
    if fault is not None:
        return fault
    snippet = answer.get("snippet")
    if not isinstance(snippet, dict):
        return "there is no snippet"
    fault = _slice_fault("the snippet", snippet, article.body)
    if fault is not None:
        return fault
    if not snippet["start"] <= answer["start"] <= answer["end"] <= snippet["end"]:
        return "the answer lies outside its snippet"
    header = snippet.get("header")
    if header is None:
        return None
    if not isinstance(header, dict):
        return "the snippet's header is no slice"
    return _slice_fault("the snippet's header", header, article.body)


def _slice_fault(name: str, extract: Mapping[str, Any], body: str) -> str | None:
    """Say why a text isn't `body[start:end]`, None if it is."""
    text, start, end = extract.get("text"), extract.get("start"), extract.get("end")
    if not isinstance(text, str):
        return f"{name} has no text"
    for offset in (start, end):
        if not isinstance(offset, int) or isinstance(offset, bool):
            return f"{name} has the offsets {start!r} and {end!r}; expected whole numbers"
    # Checked before slicing: Python would count negative offsets from the end.
    if not 0 <= start <= end <= len(body):  # type: ignore[operator]
        return f"{name} lies at {start} to {end}, outside a body of {len(body)} characters"
    if body[start:end] != text:
        return f"{name} is not what stands at {start} to {end}"
    return None
