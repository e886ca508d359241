"""Retriever and reader → answers with citations, or a reasoned refusal.

Stages: retrieve inside the asker's rights → read → rank and merge → believe → decide →
show. Every answer and snippet is a slice of an article that the asker may read.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.deciding.bound import Bound, load_bound
from qa.deciding.calibration import GENERIC, Calibration
from qa.deciding.language import Language, foreign_to
from qa.deciding.ranking import Proposal, propose
from qa.deciding.refusing import disputed, refuse
from qa.deciding.skipping import read_promising
from qa.deciding.snippets import snippet
from qa.errors import AnsweringError
from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K
from qa.reading.pace import Pace
from qa.registry import OpenedReader, open_reader
from qa.types import (
    Answer,
    CalibrationState,
    Candidate,
    Reader,
    Reading,
    Refusal,
    Result,
)
from retrieval.engines.adapting import adapted
from retrieval.errors import AccessError
from retrieval.search.access import checked_roles
from retrieval.types import PUBLIC, Article, Encoder, Engine, Hit, Page, Passage, Roles, Trace

__all__ = ["MAX_ANSWERS", "OpenBook"]

MAX_ANSWERS = 3


class OpenBook:
    """Answers questions from a knowledge base.

    Attributes:
        engine: Finds passages.
        reader: Reads them.
        reader_name: What answers call it.
        calibration: How candidates are ranked and believed.
        bound: A promise about wrong answers stored with the knowledge base, if any.
    """

    def __init__(
        self,
        engine: Engine,
        reader: Reader,
        *,
        reader_name: str | None = None,
        calibration: Calibration = GENERIC,
        bound: Bound | None = None,
        load_ms: float = 0.0,
        any_language: bool = False,
    ) -> None:
        """Join the parts; `open` is the usual way.

        Args:
            engine: A searchable knowledge base.
            reader: Anything that obeys the protocol.
            reader_name: What answers call the reader; the name in its id if not given.
            calibration: How candidates are ranked and believed.
            bound: Stored by `frontdesk calibrate`.
            load_ms: How long opening took, for the timings of the first ask.
            any_language: Also read for a question in another language than the articles';
                for encoders and readers that know several.
        """
        self.engine = adapted(engine)
        self.reader = reader
        self.calibration = calibration
        self.bound = bound
        self.reader_name = reader_name or reader.id.rpartition("@")[0] or reader.id
        self._load_ms = load_ms
        self._any_language = any_language
        self._comparing = Pace()

    @classmethod
    def open(
        cls,
        kb: str | Path,
        *,
        reader: str | Path | Reader = DEFAULT_READER,
        calibration: Calibration | None = None,
        encoder: Encoder | None = None,
    ) -> OpenBook:
        """Open a knowledge base that `frontdesk index` made.

        Args:
            kb: Its directory.
            reader: A name, a folder, a Hugging Face name, or a reader.
            calibration: Instead of the one that comes with the reader.
            encoder: One that is loaded already, shared if the index was built with it.

        Raises:
            StoreError: The index is absent, damaged or foreign.
            ReaderError: There is no such reader, or it can't be loaded.
            CalibrationError: A stored calibration is damaged.
        """
        began = time.perf_counter()
        if isinstance(reader, (str, Path)):
            # Reader and index are read from disk at the same time.
            with ThreadPoolExecutor(1, thread_name_prefix="load-reader") as pool:
                opening = pool.submit(open_reader, reader)
                engine = _open_engine(kb, encoder)
                opened = opening.result()
        else:
            engine = _open_engine(kb, encoder)
            opened = OpenedReader(reader, "", GENERIC)
        return cls(
            engine,
            opened.reader,
            reader_name=opened.name or None,
            calibration=calibration or opened.calibration,
            bound=load_bound(kb),
            load_ms=_ms_since(began),
        )

    def ask(
        self,
        question: str,
        *,
        roles: Iterable[str] = PUBLIC,
        top_k: int = DEFAULT_TOP_K,
        budget_ms: float | None = None,
        trace: bool = False,
        search: str | None = None,
        where: Sequence[str] = (),
    ) -> Result:
        """Answer a question, or say why not.

        Args:
            question: In plain words; an empty one is refused.
            roles: The asker's roles; none sees only public articles.
            top_k: How many passages to find. They are read but for those that can hardly hold
                a better answer than the first few do.
            budget_ms: Stop reading after so many milliseconds and answer from what was
                read. None reads all.
            trace: Also tell how passages were found and what was read.
            search: What to search instead of the question, which is what is read with: a
                conversation may have more to say on what is meant than on how to put it.
            where: Conditions on the articles' fields, all of which must hold:
                "product=aero3", "updated>=2025-01-01" (see `retrieval.search.conditions`).

        Returns:
            Answers best first, or a refusal with its candidates and the nearest articles,
            all of them inside the asker's rights.

        Raises:
            AnsweringError: `roles`, `top_k` or `budget_ms` make no sense.
            ConditionError: A condition can't be read.
        """
        began = time.perf_counter()
        deadline_s = _deadline(budget_ms)
        asker = _checked_roles(roles)
        _check_top_k(top_k)
        # Bytes that are no text reach us as lone surrogates, which no tokenizer takes.
        asked = question.encode("utf-8", "replace").decode("utf-8")

        found = self._find(_searched(search, asked), top_k, asker, where, traced=trace)
        foreign = None if self._any_language else foreign_to(asked, _texts(found.fused))
        timings = {"load": self._load_ms, "retrieve": _ms_since(began)}
        self._load_ms = 0.0
        began_reading = time.perf_counter()
        # A reader finds something in whatever language it is asked.
        reading = Reading((), 0.0) if foreign else self._read(asked, found.fused, deadline_s)
        timings["read"] = _ms_since(began_reading)
        began_ranking = time.perf_counter()
        answers, refusal = self._decide(asked, found.fused, reading, asker, foreign)
        timings |= {"rank": _ms_since(began_ranking), "total": _ms_since(began)}
        return Result(
            question=question,
            answers=answers,
            refusal=refusal,
            calibration=self._state(top_k, reading),
            generation=self.engine.generation,
            timings_ms={stage: round(spent, 2) for stage, spent in timings.items()},
            trace=found if trace else None,
            reading=reading if trace else None,
        )

    def article(self, article_id: str, *, roles: Iterable[str] = PUBLIC) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        return self.engine.article(article_id, roles=_checked_roles(roles))

    def passages(
        self,
        *,
        article_id: str | None = None,
        roles: Iterable[str] = PUBLIC,
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Passage]:
        """Return a page of the passages, of one article or of all, inside these rights."""
        return self.engine.passages(
            article_id=article_id, roles=_checked_roles(roles), offset=offset, limit=limit
        )

    def _read(self, question: str, hits: Sequence[Hit], deadline_s: float | None) -> Reading:
        if deadline_s is not None:
            # What comes after reading needs some of the time as well.
            deadline_s -= self._comparing.seconds or 0.0
        return read_promising(self.reader, question, hits, self.calibration, deadline_s=deadline_s)

    def _decide(
        self,
        question: str,
        hits: Sequence[Hit],
        reading: Reading,
        roles: Roles,
        foreign: Language | None,
    ) -> tuple[tuple[Answer, ...], Refusal | None]:
        """Return answers, and why they aren't given if they aren't."""
        proposals = propose(
            question, reading.candidates, hits, self.calibration.ranking, self._closeness
        )
        answers = self._answers(question, proposals, roles)
        if answers and answers[0].confidence >= self.threshold:
            return answers, None
        in_dispute = bool(answers) and disputed(
            answers[0],
            proposals,
            reading,
            confidence=self.confidence,
            threshold=self.threshold,
            null_threshold=self.reader.null_threshold,
        )
        return answers, refuse(question, hits, reading, foreign=foreign, in_dispute=in_dispute)

    @property
    def threshold(self) -> float:
        """Least confidence at which a question is answered."""
        bound = self._bound_here
        return self.calibration.threshold if bound is None else bound.threshold

    @property
    def _bound_here(self) -> Bound | None:
        """What is stored, if it is of these confidences."""
        bound = self.bound
        if bound is not None and bound.same_confidences(
            reader=self.reader.id, rule=self.calibration.digest
        ):
            return bound
        return None

    def confidence(self, proposal: Proposal) -> float:
        """Return the probability that an answer is right, adapted where labels say so."""
        confidence = self.calibration.probability(proposal)
        bound = self._bound_here
        if bound is None or bound.adaptation is None:
            return confidence
        return bound.adaptation(confidence)

    def _find(
        self, question: str, top_k: int, roles: Roles, where: Sequence[str], *, traced: bool
    ) -> Trace:
        if not question.strip():
            return Trace(question, ())
        if traced:
            return self.engine.trace(question, top_k, roles=roles, where=where)
        hits = self.engine.retrieve(question, top_k, roles=roles, where=where)
        return Trace(question, tuple(hits))

    def _closeness(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Compare meanings, and remember how long it takes."""
        began = time.perf_counter()
        found = self.engine.closeness(question, texts)
        self._comparing.learn(time.perf_counter() - began)
        return found

    def _answers(
        self,
        question: str,
        proposals: Sequence[Proposal],
        roles: Roles,
    ) -> tuple[Answer, ...]:
        """Quote the best proposals from their articles."""
        articles: dict[str, Article | None] = {}
        answers: list[Answer] = []
        for proposal in proposals:
            if len(answers) == MAX_ANSWERS:
                break
            candidate = proposal.candidate
            passage = candidate.passage
            if passage.article_id not in articles:
                articles[passage.article_id] = self.engine.article(passage.article_id, roles=roles)
            article = articles[passage.article_id]
            if article is None:
                # Taken away, or from this asker, since the passage was found.
                continue
            if any(_shown_by(answer, candidate) for answer in answers):
                # Whoever is shown that answer has seen this one.
                continue
            confidence = self.confidence(proposal)
            if answers:
                # A rule may weigh evidence so that a later answer looks surer by itself.
                confidence = min(confidence, answers[-1].confidence)
            answers.append(
                Answer(
                    text=article.body[candidate.start : candidate.end],
                    confidence=confidence,
                    reader=self.reader_name,
                    article_id=article.id,
                    title=article.title,
                    url=article.url,
                    article_sha256=article.sha256,
                    start=candidate.start,
                    end=candidate.end,
                    passage_id=passage.id,
                    snippet=snippet(article.body, candidate.start, candidate.end, question),
                    headings=passage.headings,
                )
            )
        return tuple(answers)

    def _state(self, top_k: int, reading: Reading) -> CalibrationState:
        if self.bound is None:
            return CalibrationState.DEFAULT
        if reading.unread:
            # The promise was measured on whole readings.
            return CalibrationState.STALE
        return self.bound.state(
            reader=self.reader.id,
            encoder=self.engine.encoder_id,
            generation=self.engine.generation,
            rule=self.calibration.digest,
            top_k=top_k,
        )


def _open_engine(kb: str | Path, encoder: Encoder | None) -> Engine:
    from retrieval import open_index
    from retrieval.errors import EncoderError

    if encoder is not None:
        # Another encoder's index loads its own.
        with suppress(EncoderError):
            return open_index(kb, encoder=encoder)
    return open_index(kb)


def _shown_by(answer: Answer, candidate: Candidate) -> bool:
    return (
        answer.article_id == candidate.passage.article_id
        and answer.snippet.start <= candidate.start
        and candidate.end <= answer.snippet.end
    )


def _texts(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


def _searched(search: str | None, question: str) -> str:
    if search is None or not question.strip():
        return question
    return search.encode("utf-8", "replace").decode("utf-8")


def _deadline(budget_ms: float | None) -> float | None:
    if budget_ms is None:
        return None
    if not math.isfinite(budget_ms) or budget_ms < 0:
        msg = f"budget_ms is {budget_ms!r}. Expected a number of milliseconds, 0 or more."
        raise AnsweringError(msg)
    return time.monotonic() + budget_ms / 1000.0


def _check_top_k(top_k: int) -> None:
    if top_k < 1:
        msg = f"top_k is {top_k!r}. Expected at least 1: it is how many passages are read."
        raise AnsweringError(msg)


def _checked_roles(roles: Iterable[str]) -> Roles:
    try:
        return checked_roles(roles)
    except AccessError as error:
        raise AnsweringError(str(error)) from error


def _ms_since(began: float) -> float:
    return 1000.0 * (time.perf_counter() - began)
