"""Turn labelled questions over help articles into examples to train on, in SQuAD's format.

`evaluate answers` takes such questions with the names of their articles. Here the articles are
loaded and cut as `index` does it, every answer is found in a passage, and the passage is led by
title and headings as a reader is given it (`qa.reading.span_reader.lead`): what is trained on
is what will be read. A question that nothing answers is asked of the best passage of the article
that it seems to ask. Passages that don't answer stand beside the first:

- `twin`: the passage of the other question of a contrast pair;
- `like`: the best passages of the collection without the answer's text, which a reader behind a
  retriever meets.

Examples of one question share a `group`, named after the question as the first of them is. A row
whose answer stands in no passage is left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import TrainingError
from qa.reading.span_reader import lead, lead_room
from qa.reading.windows import TextTokenizer
from retrieval.articles import load_articles
from retrieval.passages.chunking import TokenStarts, cut
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import lexical_index
from retrieval.search.term_counts import TermCounts
from retrieval.types import Passage

__all__ = ["Collection", "Row", "load_collections", "load_rows", "make_examples"]

_N_RANKED = 24


@dataclass(frozen=True)
class Row:
    """One labelled question.

    Attributes:
        id: Unique within its file.
        question: As asked.
        answers: Gold texts, any of which is right; none where nothing answers.
        article_ids: Articles that answer.
        context: A stretch of the body that holds the answer once; empty if not given.
        near_miss: The article that an unanswerable question seems to ask; empty if unknown.
        pair: Shared by the questions of a contrast pair; empty outside of one.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()
    context: str = ""
    near_miss: str = ""
    pair: str = ""


@dataclass(frozen=True)
class _Placed:
    """A passage, and where in its text the answer stands; None where it doesn't answer."""

    number: int
    answer: tuple[str, int] | None


class Collection:
    """Passages of one knowledge base, ranked by BM25."""

    def __init__(
        self, bodies: Mapping[str, str], passages: Sequence[Passage], tokenizer: TextTokenizer
    ) -> None:
        """Index the passages.

        Args:
            bodies: Article id → body.
            passages: In the articles' order.
            tokenizer: The reader's, which cuts what stands above a passage.
        """
        self.bodies = bodies
        self.passages = passages
        self.leads = [_cut_lead(tokenizer, passage) for passage in passages]
        self.of_article: dict[str, list[int]] = defaultdict(list)
        for number, passage in enumerate(passages):
            self.of_article[passage.article_id].append(number)
        self._analyser = Analyser()
        self._index = lexical_index(
            TermCounts.from_term_lists(
                [
                    self._analyser.terms(above + passage.text)
                    for above, passage in zip(self.leads, passages, strict=True)
                ]
            )
        )

    def ranked(self, question: str) -> list[int]:
        """Return the passages that share most with a question, best first."""
        scores = self._index.scores(dict.fromkeys(self._analyser.terms(question), 1.0), None)
        n_best = min(_N_RANKED, len(scores))
        best = np.argpartition(-scores, n_best - 1)[:n_best]
        return [int(i) for i in best[np.lexsort((best, -scores[best]))] if scores[i] > 0]

    def best_of(self, article_id: str, question: str) -> int | None:
        """Return the article's passage that shares most with a question."""
        numbers = self.of_article.get(article_id, [])
        scores = self._index.scores(dict.fromkeys(self._analyser.terms(question), 1.0), None)
        return max(numbers, key=lambda number: float(scores[number]), default=None)

    def place(self, row: Row) -> _Placed | None:
        """Find the passage that answers a question, the one with most text around the answer."""
        found: list[tuple[int, int, str, int]] = []
        for article_id in row.article_ids:
            body = self.bodies.get(article_id, "")
            for answer in row.answers:
                for start in _places(body, answer, row.context):
                    for number in self.of_article.get(article_id, []):
                        passage = self.passages[number]
                        at, after = start - passage.start, passage.end - start - len(answer)
                        if min(at, after) >= 0:
                            found.append((-min(at, after), number, answer, at))
        if not found:
            return None
        ranks = {number: rank for rank, number in enumerate(self.ranked(row.question))}
        _, number, answer, at = min(found, key=lambda f: (ranks.get(f[1], _N_RANKED), *f))
        return _Placed(number, (answer, at))

    def without(self, row: Row, n: int, *, but: Iterable[int]) -> list[int]:
        """Return the `n` best passages that don't hold a question's answer."""
        taken = set(but)
        answers = [answer.casefold() for answer in row.answers]
        return [
            number
            for number in self.ranked(row.question)
            if number not in taken
            and not any(answer in self.passages[number].text.casefold() for answer in answers)
        ][:n]


def load_rows(path: Path) -> list[Row]:
    """Read a question file of `evaluate answers`' format.

    Raises:
        TrainingError: The file can't be read, or a line isn't such a question.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"Can't read the questions {str(path)!r}: {error}. Expected a JSONL file."
        raise TrainingError(msg) from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            stored: dict[str, Any] = json.loads(line)
            rows.append(
                Row(
                    id=stored["id"],
                    question=stored["question"],
                    answers=tuple(stored.get("answers") or ()),
                    article_ids=tuple(stored.get("article_ids") or ()),
                    context=stored.get("context") or "",
                    near_miss=stored.get("near_miss") or "",
                    pair=stored.get("pair") or "",
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = (
                f"{path}, line {number}: {line[:80]!r} isn't a labelled question ({error!r}). "
                "Expected an object with id, question, answers and article_ids."
            )
            raise TrainingError(msg) from error
    return rows


def load_collections(
    folder: Path, tokenizer: TextTokenizer, token_starts: TokenStarts, *, apart: bool
) -> list[Collection]:
    """Load and cut the articles of a folder.

    Args:
        folder: Of articles.
        tokenizer: The reader's.
        token_starts: The encoder's, by which passages are cut.
        apart: Each folder in it is a knowledge base of its own.

    Raises:
        SourceError: The folder is missing or holds no article.
    """
    by_folder: dict[str, list[Passage]] = defaultdict(list)
    bodies: dict[str, dict[str, str]] = defaultdict(dict)
    for article in load_articles([folder]).articles:
        name = article.id.partition("/")[0] if apart else ""
        bodies[name][article.id] = article.body
        by_folder[name] += cut(article, token_starts)
    return [Collection(bodies[name], passages, tokenizer) for name, passages in by_folder.items()]


def make_examples(
    collections: Sequence[Collection], rows: Sequence[Row], *, look_alikes: int
) -> tuple[dict[str, Any], int]:
    """Make a file in SQuAD 2.0's format.

    Args:
        collections: What the questions are over.
        rows: Questions; the questions of a pair must be among them together.
        look_alikes: So many passages of the collection beside each question's own.

    Returns:
        The file's content, and how many rows were left out because their answer, or the
        article that they seem to ask, isn't there.
    """
    dropped = 0
    paragraphs: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    homes = {
        article: at for at, collection in enumerate(collections) for article in collection.bodies
    }
    placed = {row.id: _place(collections, homes, row) for row in rows}
    pairs: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.pair:
            pairs[row.pair].append(row)
    for row in rows:
        here = placed[row.id]
        if here is None:
            dropped += 1
            continue
        at, first = here
        twins = (placed[twin.id] for twin in pairs.get(row.pair, ()) if twin.id != row.id)
        others = [twin[1].number for twin in twins if twin is not None and twin[0] == at]
        for name, one in _passages(collections[at], row, first, others, look_alikes):
            paragraphs[at, one.number].append(_qa(collections[at], row, name, one))
    data = [_paragraph(collections[at], number, qas) for (at, number), qas in paragraphs.items()]
    return {"version": "v2.0", "data": data}, dropped


def _place(
    collections: Sequence[Collection], homes: Mapping[str, int], row: Row
) -> tuple[int, _Placed] | None:
    """Return the collection and the passage that a question is asked of first."""
    names = row.article_ids if row.answers else (row.near_miss,)
    at = next((homes[name] for name in names if name in homes), None)
    if at is None:
        return None
    if row.answers:
        answering = collections[at].place(row)
        return None if answering is None else (at, answering)
    number = collections[at].best_of(row.near_miss, row.question)
    return None if number is None else (at, _Placed(number, None))


def _passages(
    collection: Collection, row: Row, first: _Placed, twins: Sequence[int], look_alikes: int
) -> Iterator[tuple[str, _Placed]]:
    """Yield what a question is asked of, each under a name: its own passage, then others."""
    yield "", first
    taken = {first.number}
    folded = [answer.casefold() for answer in row.answers]
    for number in twins:
        text = collection.passages[number].text.casefold()
        if number not in taken and not any(answer in text for answer in folded):
            taken.add(number)
            yield f"~twin{len(taken) - 1}", _Placed(number, None)
    for rank, number in enumerate(collection.without(row, look_alikes, but=taken), start=1):
        yield f"~like{rank}", _Placed(number, None)


def _qa(collection: Collection, row: Row, name: str, one: _Placed) -> dict[str, Any]:
    shift = len(collection.leads[one.number])
    answers = [] if one.answer is None else [one.answer]
    return {
        "id": f"{row.id}{name}",
        "question": row.question,
        "is_impossible": one.answer is None,
        "answers": [{"text": text, "answer_start": start + shift} for text, start in answers],
        "group": row.id,
    }


def _paragraph(
    collection: Collection, number: int, qas: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    passage = collection.passages[number]
    context = collection.leads[number] + passage.text
    # Without a title: it stands in the context already.
    return {"title": "", "paragraphs": [{"context": context, "qas": qas}]}


def _cut_lead(tokenizer: TextTokenizer, passage: Passage) -> str:
    """Return what stands above a passage, as much of it as a reader is given."""
    above = lead(passage)
    offsets = tokenizer.encode(above, add_special_tokens=False).offsets
    room = lead_room(passage)
    return above if len(offsets) <= room else above[: offsets[room - 1][1]] + "\n"


def _places(body: str, answer: str, context: str) -> Iterator[int]:
    """Yield where an answer stands in a body, within the stretch that is named if it's there."""
    begin, end = 0, len(body)
    if context and (at := body.find(context)) >= 0:
        begin, end = at, at + len(context)
    while answer and (found := body.find(answer, begin, end)) >= 0:
        yield found
        begin = found + 1
