"""A question asked again, slowly: the answer, what the readers saw, why it was believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.deciding.ranking import Proposal, propose
from qa.errors import ReaderError
from qa.explaining.belief import Belief, believe
from qa.explaining.sight import Sight, influences, look, nearby
from qa.explaining.words import Part, Word, pooled
from qa.openbook import OpenBook
from qa.reading.defaults import DEFAULT_TOP_K
from qa.reading.full import full_reader
from qa.reading.span_reader import SpanReader
from qa.types import Answer, Candidate, Reader, Refusal
from qa.wire import answer_to_json
from retrieval.types import PUBLIC

__all__ = ["Explanation", "Flow", "Heads", "Rival", "View", "explain"]

# Words shown on either side of the answer in a heat map.
_AROUND = 12
_MAX_RIVALS = 5

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Flow:
    """Attention flow between a passage and a question.

    Attributes:
        rows: Words of the passage, around the answer.
        to_question: (rows, question's words) context to query: which words of the question
            each word of the passage attends to; a row sums to 1.
        passage: All words of the passage.
        to_passage: (passage,) query to context: which words of the passage the question
            attends to; sums to 1 with headings and the place for "no answer".
    """

    rows: tuple[Word, ...]
    to_question: Weights
    passage: tuple[Word, ...]
    to_passage: Weights


@dataclass(frozen=True)
class Heads:
    """Self-attention from the answer's words to the question's.

    Attributes:
        answer: The answer's words.
        weights: (layers, heads, answer, question's words); what is missing to 1 goes to
            the passage and to signs that aren't words.
    """

    answer: tuple[Word, ...]
    weights: Weights

    @property
    def by_head(self) -> Weights:
        """(layers, heads) share of its attention that the answer gives the question."""
        shares: Weights = self.weights.sum(axis=3).mean(axis=2)
        return shares

    @property
    def mean(self) -> Weights:
        """(answer, question's words) mean over all heads of all layers."""
        mean: Weights = self.weights.mean(axis=(0, 1))
        return mean


@dataclass(frozen=True)
class View:
    """What one reader saw of the answer.

    Attributes:
        reader: Its id.
        sight: Where.
        effects: For each word of the sight, by how much the answer's margin falls without
            it; None where that wasn't tested.
        flow: For an attention-flow reader.
        heads: For a BERT reader.
    """

    reader: str
    sight: Sight
    effects: tuple[float | None, ...]
    flow: Flow | None = None
    heads: Heads | None = None


@dataclass(frozen=True)
class Rival:
    """A candidate that the answer was preferred to."""

    text: str
    title: str
    confidence: float


@dataclass(frozen=True)
class Explanation:
    """All that a page shows.

    Attributes:
        question: As asked.
        answer: The answer, or under a refusal the best candidate, if there is one.
        refusal: Why no answer was given, if none was.
        passage: The text that the answer was read in; "" without one.
        place: Half-open code points of the answer in it.
        belief: How the confidence comes about.
        rivals: What the answer was preferred to, best first.
        views: One per reader, the one that decides first.
    """

    question: str
    answer: Answer | None
    refusal: Refusal | None
    passage: str
    place: tuple[int, int]
    belief: Belief | None
    rivals: tuple[Rival, ...]
    views: tuple[View, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `frontdesk explain --json` prints."""
        return {
            "question": self.question,
            "status": "answered" if self.refusal is None else "refused",
            "refusal": None if self.refusal is None else self.refusal.reason.value,
            "answer": None if self.answer is None else answer_to_json(self.answer),
            "belief": None if self.belief is None else _belief_json(self.belief),
            "rivals": [
                {"text": r.text, "title": r.title, "confidence": round(r.confidence, 6)}
                for r in self.rivals
            ],
            "views": [_view_json(view) for view in self.views],
        }


def explain(
    book: OpenBook,
    question: str,
    *,
    roles: Iterable[str] = PUBLIC,
    top_k: int = DEFAULT_TOP_K,
) -> Explanation:
    """Ask, and look at how the answer came about.

    Args:
        book: An open knowledge base.
        question: In plain words.
        roles: The asker's roles: nothing outside them is shown.
        top_k: How many passages to read.

    Raises:
        ReaderError: The reader can't be looked into.
        AnsweringError: `roles` or `top_k` make no sense.
    """
    readers = _readers(book.reader)
    result = book.ask(question, roles=roles, top_k=top_k, trace=True)
    answer = result.answers[0] if result.answers else None
    if answer is None or result.trace is None or result.reading is None:
        return Explanation(question, None, result.refusal, "", (0, 0), None, (), ())
    # As `ask` reads it: bytes that are no text reach us as lone surrogates.
    asked = question.encode("utf-8", "replace").decode("utf-8")
    proposals = propose(
        asked,
        result.reading.candidates,
        result.trace.fused,
        book.calibration.ranking,
        book.engine.closeness,
    )
    chosen = next(each for each in proposals if _is_of(each, answer))
    candidate = chosen.candidate
    passage = candidate.passage
    views = [_view(reader, asked, candidate) for reader in readers]
    return Explanation(
        question=question,
        answer=answer,
        refusal=result.refusal,
        passage=passage.text,
        place=(candidate.start - passage.start, candidate.end - passage.start),
        belief=believe(chosen, book.calibration, book.threshold),
        rivals=tuple(
            Rival(
                each.candidate.text,
                each.candidate.passage.title,
                min(answer.confidence, book.calibration.probability(each)),
            )
            for each in proposals
            if each is not chosen
        )[:_MAX_RIVALS],
        views=tuple(views),
    )


def _readers(reader: Reader) -> Sequence[SpanReader]:
    readers = full_reader(reader).readers
    known = [each for each in readers if isinstance(each, SpanReader)]
    if len(known) < len(readers):
        msg = (
            f"The reader {reader.id!r} can't be looked into: it runs on transformers. Expected a "
            "BERT or an attention-flow reader, such as --reader bert."
        )
        raise ReaderError(msg)
    return known


def _is_of(proposal: Proposal, answer: Answer) -> bool:
    candidate = proposal.candidate
    return (
        candidate.passage.id == answer.passage_id
        and candidate.start == answer.start
        and candidate.end == answer.end
    )


def _view(reader: SpanReader, question: str, candidate: Candidate) -> View:
    from qa.bidaf.reader import BidafReader
    from qa.reading.bert import BertReader

    sight = look(reader, question, candidate)
    asked = sight.part(Part.QUESTION)
    flow = heads = None
    if isinstance(reader, BidafReader):
        to_question, to_passage = reader.attentions(sight.window)
        rows, passage = nearby(sight, _AROUND), sight.part(Part.PASSAGE)
        flow = Flow(
            rows=rows,
            to_question=pooled(to_question, rows, asked),
            passage=passage,
            to_passage=np.array(
                [to_passage[list(word.tokens)].sum() for word in passage], dtype=np.float32
            ),
        )
    elif isinstance(reader, BertReader):
        answer = tuple(sight.words[place] for place in sight.answer)
        heads = Heads(answer, pooled(reader.attentions(sight.window), answer, asked))
    return View(reader.id, sight, influences(reader, sight), flow, heads)


def _belief_json(belief: Belief) -> dict[str, Any]:
    return {
        "start": belief.start,
        "signs": {
            sign.name: {"value": round(sign.value, 6), "points": round(sign.points, 6)}
            for sign in belief.signs
        },
        "confidence": round(belief.confidence, 6),
        "threshold": belief.threshold,
    }


def _view_json(view: View) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "reader": view.reader,
        "margin": round(view.sight.margin, 4),
        "words": [
            {
                "text": word.text,
                "part": word.part.value,
                "start": word.start,
                "end": word.end,
                "effect": None if effect is None else round(effect, 4),
            }
            for word, effect in zip(view.sight.words, view.effects, strict=True)
        ],
    }
    if view.flow is not None:
        shown["context_to_query"] = {
            "rows": [word.text for word in view.flow.rows],
            "weights": _rounded(view.flow.to_question),
        }
        shown["query_to_context"] = _rounded(view.flow.to_passage)
    if view.heads is not None:
        shown["heads"] = {
            "answer": [word.text for word in view.heads.answer],
            "weights": _rounded(view.heads.weights),
        }
    return shown


def _rounded(weights: Weights) -> Any:
    return np.round(weights.astype(np.float64), 4).tolist()
