"""Small talk from `.qna` files: ways to put something, and what the agent says to it.

The format is the Bot Framework's: `# ? question`, `- other ways`, the reply between
```` ```markdown ```` and ```` ``` ````. An anchor that is a word (`<a id="thanks"></a>`)
names the entry; otherwise its first question does. The classifier learns the questions
under the intent `smalltalk/<slug>`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigurationError
from agent.types import IntentExample

__all__ = ["PREFIX", "SmallTalk", "examples", "is_smalltalk", "load_smalltalk"]

PREFIX = "smalltalk/"
"""Starts the name of every intent that is small talk."""

_MAX_SLUG = 40
_MAX_BYTES = 20_000_000


@dataclass(frozen=True)
class SmallTalk:
    """One thing that people say, and the reply.

    Attributes:
        name: The intent, `smalltalk/<slug>`.
        questions: Ways to put it; the first is the entry's own.
        reply: Plain text.
        path: The file it came from.
        line: Where it starts there, from 1.
    """

    name: str
    questions: tuple[str, ...]
    reply: str
    path: str = ""
    line: int = 0


def is_smalltalk(intent: str | None) -> bool:
    """Return whether an intent is small talk."""
    return intent is not None and intent.startswith(PREFIX)


def load_smalltalk(paths: Iterable[str | Path]) -> tuple[SmallTalk, ...]:
    """Read `.qna` files, in order.

    A question that stands in two entries counts for the first: one message can't have two
    replies. Entries of the same name in different files replace one another, the last wins,
    so that a company's own file can change the tone of single replies.

    Raises:
        ConfigurationError: A file can't be read or an entry is broken; names file and line.
    """
    from retrieval.articles.loader import BadRow
    from retrieval.articles.markdown import markdown_text
    from retrieval.articles.qna import pairs
    from retrieval.errors import ArticleError

    entries: dict[str, SmallTalk] = {}
    for path in map(Path, paths):
        names: set[str] = set()
        found = list(pairs(_read(path)))
        if not found:
            raise ConfigurationError(
                f"{path}: no small talk in it; expected lines like '# ? hello', then a reply "
                "between ```markdown and ```"
            )
        for pair in found:
            if isinstance(pair, BadRow):
                raise ConfigurationError(f"{path}:{pair.line}: {pair.reason}")
            try:
                reply = markdown_text(pair.answer).strip()
            except ArticleError as error:
                raise ConfigurationError(f"{path}:{pair.line}: {error.reason}") from error
            if not reply:
                raise ConfigurationError(
                    f"{path}:{pair.line}: the reply to {pair.question!r} is empty"
                )
            named = pair.anchor if pair.anchor and not pair.anchor.isdigit() else pair.question
            name = _unused(PREFIX + _slug(named), names)
            names.add(name)
            questions = (pair.question, *pair.alternatives)
            entries[name] = SmallTalk(name, questions, reply, str(path), pair.line)
    return _without_doubles(entries.values())


def examples(entries: Sequence[SmallTalk]) -> tuple[IntentExample, ...]:
    """Return what the classifier learns from small talk."""
    return tuple(
        IntentExample(question, entry.name, entry.path, entry.line)
        for entry in entries
        for question in entry.questions
    )


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"can't read the small talk {str(path)!r}: {error.strerror or error}"
        ) from error
    if len(raw) > _MAX_BYTES:
        raise ConfigurationError(
            f"{path}: {len(raw)} bytes of small talk; at most {_MAX_BYTES} are read"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            f"{path}:{line}: byte {raw[error.start]:#04x} isn't UTF-8; save the file as UTF-8"
        ) from error


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if slug and len(longer) > _MAX_SLUG:
            break
        slug = longer[:_MAX_SLUG]
    return slug or "entry"


def _unused(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free


def _without_doubles(entries: Iterable[SmallTalk]) -> tuple[SmallTalk, ...]:
    seen: set[str] = set()
    kept: list[SmallTalk] = []
    for entry in entries:
        questions: list[str] = []
        for question in entry.questions:
            key = " ".join(re.findall(r"\w+", question.casefold())) or question.strip()
            if key not in seen:
                seen.add(key)
                questions.append(question)
        if questions:
            kept.append(
                SmallTalk(entry.name, tuple(questions), entry.reply, entry.path, entry.line)
            )
    return tuple(kept)
