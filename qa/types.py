"""The words of `qa`: examples, spans, answers, readings, and what an ask returns.

Offsets are half-open `[start, end)` in Unicode code points. Token indices never leave
this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from retrieval.types import Passage, Trace

__all__ = [
    "Answer",
    "CalibrationState",
    "Candidate",
    "Example",
    "Extract",
    "FullReader",
    "NearestArticle",
    "Reader",
    "Reading",
    "Refusal",
    "RefusalReason",
    "Result",
    "Snippet",
    "SnippetKind",
    "Span",
]


@dataclass(frozen=True)
class Span:
    """Half-open character offsets into a named text."""

    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """One labelled question over one context, as SQuAD has them.

    Attributes:
        id: Unique within its file.
        question: As asked.
        context: The text that is read.
        answers: Gold (text, start) pairs; empty where the context doesn't answer.
        title: The article the context belongs to.
        weight: Relative weight in training.
        group: Shared by examples that ask one question of several contexts; empty for one
            that is asked of this context alone.
    """

    id: str
    question: str
    context: str
    answers: tuple[tuple[str, int], ...] = ()
    title: str = ""
    weight: float = 1.0
    group: str = ""


@dataclass(frozen=True)
class Candidate:
    """A span that a reader proposes as the answer, already in the article's offsets.

    Attributes:
        passage: The passage it was read in; the span lies inside it.
        start: First code point in the article's body.
        end: One past the last.
        score: Start logit plus end logit; comparable within one reader.
        null_score: The same reader's score for "this passage doesn't answer".
        agreement: How far a second reader chose the same words, 0 to 1; None if only one
            read.
        check: The margin that a second, larger reader gives this very span in the window that
            it read again: its start and end logits over its own null there; None if it
            didn't read the span again.
    """

    passage: Passage
    start: int
    end: int
    score: float
    null_score: float
    agreement: float | None = None
    check: float | None = None

    @property
    def text(self) -> str:
        """The quote: the passage's text between the two offsets."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def margin(self) -> float:
        """Score over the null score: above 0 the reader prefers the span."""
        return self.score - self.null_score


@dataclass(frozen=True)
class Reading:
    """A reader's verdict over several passages read together.

    Attributes:
        candidates: Best margin first; may be empty.
        null_score: The null score of the passage that holds the best candidate, or the
            lowest null score where there is none.
        unread: Ids of passages that were left unread (a time budget ran out).
        rival: What a second reader answers, if there is one and it is sure.
        skipped: Ids of passages that could hardly hold a better answer than was found.
    """

    candidates: tuple[Candidate, ...]
    null_score: float
    unread: tuple[str, ...] = ()
    rival: Candidate | None = None
    skipped: tuple[str, ...] = ()


@runtime_checkable
class Reader(Protocol):
    """Reads passages and quotes them; it never invents text. The least that a reader can do."""

    @property
    def id(self) -> str:
        """Short name and content hash of the weights, for binding a calibration."""
        ...

    @property
    def null_threshold(self) -> float:
        """Least margin at which a passage read alone is taken to answer the question."""
        ...

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Return the best spans of the passages.

        Args:
            question: As asked; may be empty, which gives no candidates.
            passages: Most promising first: that is the order they are read in.
            deadline_s: Stop before this `time.monotonic()` moment and name what was
                left unread. None reads everything.
        """
        ...


@runtime_checkable
class FullReader(Reader, Protocol):
    """A reader with all that the rest of the house asks of one.

    A class of its own gets what it inherits from here; `qa.reading.full.full_reader` adds the
    same to any `Reader`.
    """

    @property
    def reads_apart(self) -> bool:
        """Whether each passage is judged by itself: they may then be given in parts."""
        return False

    @property
    def readers(self) -> Sequence[Reader]:
        """The readers that it is made of; else itself."""
        return (self,)

    @property
    def first(self) -> Reader:
        """Who reads all passages, where another reads some of them again; else itself."""
        return self

    def read_again(
        self,
        question: str,  # noqa: ARG002 - whoever does look needs it
        reading: Reading,
        passages: Sequence[Passage],  # noqa: ARG002
        *,
        deadline_s: float | None = None,  # noqa: ARG002
    ) -> Reading:
        """Look again at what `first` found, where that can matter; by default nowhere.

        Args:
            question: As asked.
            reading: What `first` made of the passages.
            passages: All that were found, most promising first.
            deadline_s: Stop before this `time.monotonic()` moment, with as much as was done.
        """
        return reading

    def share_scoring(self, *, workers: int) -> None:
        """Prepare for many who read at the same time, on so many cores; by default, don't."""


class SnippetKind(StrEnum):
    """What a person is shown around an answer."""

    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    STEPS = "steps"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True)
class Extract:
    """A text with its place: `text == article.body[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Snippet:
    """What a person should be shown: the answer's span lies inside it.

    Attributes:
        text: `article.body[start:end]`.
        start: First code point in the article's body.
        end: One past the last.
        kind: Sentence, paragraph, whole procedure, or table row.
        header: For a table row, the table's header row; otherwise None.
    """

    text: str
    start: int
    end: int
    kind: SnippetKind
    header: Extract | None = None


@dataclass(frozen=True)
class Answer:
    """A quote with its citation; `text == article.body[start:end]`, always.

    Attributes:
        text: The quote.
        confidence: Probability, by the calibration in force, that the quote is right.
        reader: Which reader found it ("bert", "bidaf", "both", or a name or folder).
        article_id: The article quoted.
        title: Its title.
        url: Where to read on, if known.
        article_sha256: Hex SHA-256 of the body in UTF-8.
        start: First code point in the body.
        end: One past the last.
        passage_id: The passage it was read in.
        snippet: What to show.
        headings: Section headings above it, outermost first (not part of the JSON).
    """

    text: str
    confidence: float
    reader: str
    article_id: str
    title: str
    url: str | None
    article_sha256: str
    start: int
    end: int
    passage_id: str
    snippet: Snippet
    headings: tuple[str, ...] = ()


class RefusalReason(StrEnum):
    """Why no answer is given."""

    NOT_FOUND = "not_found"
    LOW_CONFIDENCE = "low_confidence"
    OUT_OF_SCOPE = "out_of_scope"
    READERS_DISAGREE = "readers_disagree"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    OUT_OF_TIME = "out_of_time"


@dataclass(frozen=True)
class NearestArticle:
    """An article the asker may read that came nearest to the question."""

    article_id: str
    title: str


@dataclass(frozen=True)
class Refusal:
    """A reasoned no."""

    reason: RefusalReason
    message: str
    nearest: tuple[NearestArticle, ...] = ()


class CalibrationState(StrEnum):
    """What stands behind a confidence."""

    DEFAULT = "default"
    ADAPTED = "adapted"
    VALID = "valid"
    STALE = "stale"


@dataclass(frozen=True)
class Result:
    """What `ask` returns: answers, or a refusal with its candidates.

    Attributes:
        question: As asked.
        answers: At most three, best first; under a refusal, the candidates.
        refusal: None if answered.
        calibration: What stands behind the confidences.
        generation: The state of the knowledge base that answered.
        timings_ms: Stage → milliseconds.
        trace: How the passages were found, if it was asked for (not part of the JSON).
        reading: What the reader saw, if a trace was asked for (not part of the JSON).
    """

    question: str
    answers: tuple[Answer, ...]
    refusal: Refusal | None
    calibration: CalibrationState
    generation: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    trace: Trace | None = None
    reading: Reading | None = None

    @property
    def status(self) -> str:
        """Return "answered" or "refused"."""
        return "answered" if self.refusal is None else "refused"
