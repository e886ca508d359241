"""Read question files in SQuAD's format, 1.1 and 2.0, and split them by article.

Source: Rajpurkar et al., "SQuAD" (2016) and "Know What You Don't Know" (2018). Offsets
are code points of the paragraph's context. A 2.0 file carries `is_impossible` keys; its
questions without answers become examples without answers. A question's `group`, a key of our
own, is shared by those that ask the same of several contexts. Unknown keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from qa.errors import ExampleError
from qa.types import Example

__all__ = [
    "SquadFile",
    "developing_examples",
    "developing_titles",
    "held_out_titles",
    "load_squad",
    "split_by_title",
]


@dataclass(frozen=True)
class SquadFile:
    """What one file holds.

    Attributes:
        examples: In the file's order, ids unique.
        has_unanswerable: Some question carries an `is_impossible` key: the file is of
            SQuAD 2.0's kind and expects a reader to refuse.
        sha256: Hex digest of the file.
    """

    examples: tuple[Example, ...]
    has_unanswerable: bool
    sha256: str


def load_squad(path: Path, *, weight: float = 1.0) -> SquadFile:
    """Read a SQuAD file.

    Args:
        path: JSON with `data` → `paragraphs` → `qas`.
        weight: Given to every example.

    Raises:
        ExampleError: The file can't be read, isn't SQuAD's format, repeats an id, or an
            answer isn't the text at its offset.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        msg = f"Can't read the questions {str(path)!r}: {error.strerror}. Expected a SQuAD file."
        raise ExampleError(msg) from error
    try:
        content = json.loads(raw)
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are both of its kind
        msg = f"{str(path)!r} isn't JSON: {error}. Expected a file in SQuAD's format."
        raise ExampleError(msg) from error
    examples: list[Example] = []
    seen: set[str] = set()
    has_unanswerable = False
    for article in _items(content, "data", where=str(path)):
        title = article.get("title", "")
        if not isinstance(title, str):
            msg = f"{str(path)!r}: the title {title!r} isn't text. Correct the file."
            raise ExampleError(msg)
        for paragraph in _items(article, "paragraphs", where=f"{path}: article {title!r}"):
            text = _text(paragraph, "context", where=f"{path}: article {title!r}")
            for qa in _items(paragraph, "qas", where=f"{path}: article {title!r}"):
                has_unanswerable = has_unanswerable or "is_impossible" in qa
                example = _example(qa, text, title, weight, path)
                if example.id in seen:
                    msg = (
                        f"{str(path)!r} holds the question id {example.id!r} twice; ids are unique."
                    )
                    raise ExampleError(msg)
                seen.add(example.id)
                examples.append(example)
    if not examples:
        msg = f"{str(path)!r} holds no question. Expected at least one under data/paragraphs/qas."
        raise ExampleError(msg)
    return SquadFile(tuple(examples), has_unanswerable, sha256(raw).hexdigest())


def held_out_titles(examples: Iterable[Example], n: int) -> tuple[str, ...]:
    """Choose `n` articles to develop on, the same ones on every machine.

    The titles whose SHA-256 is lowest: a choice that depends neither on the file's order
    nor on a random generator.

    Raises:
        ExampleError: There aren't more than `n` titles.
    """
    titles = {example.title for example in examples}
    if n < 0 or n >= len(titles):
        msg = (
            f"Can't hold out {n!r} articles of {len(titles)}: at least one must be left to train "
            "on. Lower held_out_articles in the recipe, or give more articles."
        )
        raise ExampleError(msg)
    ranked = sorted(titles, key=lambda title: sha256(title.encode("utf-8")).hexdigest())
    return tuple(sorted(ranked[:n]))


def developing_titles(examples: Iterable[Example]) -> tuple[str, ...]:
    """Return the first half of the titles in alphabetical order.

    A measuring set that is developed on too is halved so: settings are chosen on these
    articles, figures are reported on the others.
    """
    titles = sorted({example.title for example in examples})
    return tuple(titles[: len(titles) // 2])


def developing_examples(paths: Iterable[Path]) -> list[Example]:
    """Read the questions of each file's `developing_titles`.

    Raises:
        ExampleError: A file can't be read.
    """
    developing: list[Example] = []
    for path in paths:
        examples = load_squad(path).examples
        developing += split_by_title(examples, developing_titles(examples))[1]
    return developing


def split_by_title(
    examples: Sequence[Example], titles: Iterable[str]
) -> tuple[list[Example], list[Example]]:
    """Return the examples outside and inside the articles named, in their order."""
    named = frozenset(titles)
    outside = [example for example in examples if example.title not in named]
    inside = [example for example in examples if example.title in named]
    return outside, inside


def _items(parent: Any, key: str, *, where: str) -> list[dict[str, Any]]:
    value = parent.get(key) if isinstance(parent, dict) else None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        msg = f"{where}: {key!r} isn't a list of objects. Expected SQuAD's format."
        raise ExampleError(msg)
    return value


def _text(parent: dict[str, Any], key: str, *, where: str) -> str:
    value = parent.get(key)
    if not isinstance(value, str):
        msg = f"{where}: {key!r} is {value!r}. Expected text, as in SQuAD's format."
        raise ExampleError(msg)
    return value


def _example(qa: dict[str, Any], text: str, title: str, weight: float, path: Path) -> Example:
    where = f"{path}: question {qa.get('id')!r}"
    given = qa.get("id")
    # Annotation tools number their questions.
    whole = isinstance(given, int) and not isinstance(given, bool)
    identifier = str(given) if whole else _text(qa, "id", where=where)
    question = _text(qa, "question", where=where)
    answers: list[tuple[str, int]] = []
    if not qa.get("is_impossible", False):
        for answer in _items(qa, "answers", where=where):
            quote, start = _text(answer, "text", where=where), answer.get("answer_start")
            if not isinstance(start, int) or text[start : start + len(quote)] != quote or start < 0:
                msg = (
                    f"{where}: the answer {quote!r} isn't the text at offset {start!r}. Expected "
                    "answer_start to count code points of the context."
                )
                raise ExampleError(msg)
            answers.append((quote, start))
    group = _text(qa, "group", where=where) if "group" in qa else ""
    return Example(identifier, question, text, tuple(answers), title, weight, group)
