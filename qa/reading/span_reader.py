"""Reads windows of passages with any network that scores tokens as starts and ends.

It reads passages in the order given, a few at a time, so that a deadline can stop it
between batches. Windows come from `windows`, spans from `spans`; what kind of network
scores them is the subclass's business (`bert`, `bidaf.reader`).
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.errors import ReaderError
from qa.reading.candidates import RawSpan, choose_candidates, gather_reading, quotable_tokens
from qa.reading.pace import Pace
from qa.reading.settings import ReaderSettings
from qa.reading.sharing import Scores, ScoringWorkers
from qa.reading.spans import best_spans
from qa.reading.tables import name_cells
from qa.reading.windows import (
    EncodedText,
    SpecialTokens,
    TextTokenizer,
    Window,
    cut_windows,
    encode_question,
    encode_texts,
    special_tokens,
    text_around,
)
from qa.types import Candidate, FullReader, Reading
from retrieval.types import Passage

__all__ = ["SpanReader", "lead", "lead_room"]

# A batch is begun only if it should end before the deadline even at this slowness.
_SAFETY = 1.25
# Spans looked at per window, before those that overlap a better one are left out.
_N_SPANS = 12
# Title and headings are cut here, with a table's header later: the passage needs the room.
_MAX_LEAD_TOKENS = 40
_MAX_HEADER_TOKENS = 60


class SpanReader(FullReader):
    """Reads with a network that scores every token of a window as start and as end.

    Letters of shapes: `tokens` of one window.

    Attributes:
        reads_apart: True: each passage is judged by itself (`qa.types.FullReader`).
        batch_tokens: Passages are read in batches of about so many tokens: enough to fill the
            cores, few enough that a deadline is met within a fraction of a second.
        shared_tokens: The same for one core of several that read for many.
    """

    reads_apart = True
    batch_tokens: int = 768
    shared_tokens: int = 512

    def __init__(
        self, *, tokenizer: TextTokenizer, settings: ReaderSettings, max_length: int, digest: str
    ) -> None:
        """Join the parts; the subclass's `load` is the usual way.

        Args:
            tokenizer: Without truncation and padding.
            settings: How the weights are to be used.
            max_length: Tokens that the network can read at once.
            digest: Hex hash of the weights and all that belongs to them.

        Raises:
            ReaderError: The settings want longer windows than the network can read.
        """
        self._tokenizer = tokenizer
        self._special: SpecialTokens = special_tokens(tokenizer, settings.special_tokens)
        if settings.max_tokens > max_length:
            msg = (
                f"max_tokens is {settings.max_tokens!r}, but the encoder has {max_length} "
                "positions. Lower max_tokens in reader.json."
            )
            raise ReaderError(msg)
        self._settings = settings
        self._digest = digest
        self._pace = Pace()
        self._workers: ScoringWorkers | None = None

    def share_scoring(self, *, workers: int) -> None:
        """From now on score windows of all who read at the same time together.

        For a server: readings go on side by side, one core each, instead of taking turns
        on all cores.

        Args:
            workers: Cores to use.
        """
        self.score_by(ScoringWorkers(workers))

    def score_by(self, workers: ScoringWorkers) -> None:
        """From now on let these score the windows; other readers may share them."""
        self._workers = workers

    @abstractmethod
    def scores(self, windows: Sequence[Window]) -> Scores:
        """Return start and end logits of every window, each (2, tokens) float32."""

    @property
    def id(self) -> str:
        """Name and the first twelve digits of the weights' hash."""
        return f"{self._settings.name}@{self._digest[:12]}"

    @property
    def null_threshold(self) -> float:
        """Least margin at which a passage read alone answers, as shipped."""
        return self._settings.null_threshold

    @property
    def settings(self) -> ReaderSettings:
        """How the weights are used."""
        return self._settings

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Read passages in their order; see `qa.types.Reader`."""
        windows = self.windows(question, passages)
        if not windows:
            return Reading((), 0.0)
        logits = self.in_time(windows, deadline_s)
        found = [
            self.candidates(passage, group, values)
            for passage, group, values in zip(passages, windows, logits, strict=False)
        ]
        return gather_reading(found, unread=passages[len(found) :])

    def in_time(
        self, groups: Sequence[Sequence[Window]], deadline_s: float | None = None
    ) -> Iterator[Scores]:
        """Score groups of windows in their order, as many as there is time for.

        Args:
            groups: One a passage.
            deadline_s: As for `read`.

        Yields:
            The logits of each group's windows.
        """
        position = 0
        while position < len(groups):
            count = self._fitting(groups[position:], deadline_s)
            if count == 0:
                return
            chosen = groups[position : position + count]
            logits = iter(self._timed([window for group in chosen for window in group]))
            for group in chosen:
                yield [next(logits) for _ in group]
            position += count

    def windows(self, question: str, passages: Sequence[Passage]) -> list[list[Window]]:
        """Return what the network is given of each passage; nothing without a question.

        A passage's windows start with its title and headings (see `lead`).
        """
        return self._cut(question, self._encoded(passages))

    def focused_windows(
        self, question: str, candidates: Sequence[Candidate], *, room: int
    ) -> list[list[Window]]:
        """Return the same of the surroundings of places, to read only these.

        Args:
            question: As asked.
            candidates: The places.
            room: Tokens of the passage that are read with each.
        """
        texts = self._encoded([candidate.passage for candidate in candidates])
        return self._cut(
            question,
            [
                text_around(
                    text, each.start - each.passage.start, each.end - each.passage.start, room
                )
                for text, each in zip(texts, candidates, strict=True)
            ],
        )

    def _cut(self, question: str, texts: Sequence[EncodedText]) -> list[list[Window]]:
        question_ids = encode_question(self._tokenizer, question)
        if not question_ids:
            return []
        settings = self._settings
        return [
            cut_windows(
                question_ids,
                text,
                special=self._special,
                max_tokens=settings.max_tokens,
                stride_tokens=settings.stride_tokens,
            )
            for text in texts
        ]

    @property
    def tokenizer(self) -> TextTokenizer:
        """What the windows' tokens come from."""
        return self._tokenizer

    def _encoded(self, passages: Sequence[Passage]) -> list[EncodedText]:
        """Tokenise passages, each led by what stands above it, which is no part of it.

        "Select it and wait" says nothing without the heading above it. The lead's tokens
        have the offsets (0, 0) and are never part of an answer.
        """
        leads = encode_texts(self._tokenizer, [lead(passage) for passage in passages])
        texts = encode_texts(self._tokenizer, [passage.text for passage in passages])
        joined = []
        for passage, before, text in zip(passages, leads, texts, strict=True):
            if self._settings.table_cells == "named":
                text = name_cells(self._tokenizer, passage.text, text, passage.table_header)
            ids = before.ids[: lead_room(passage)]
            joined.append(EncodedText(ids + text.ids, [(0, 0)] * len(ids) + text.offsets))
        return joined

    def _fitting(self, windows: Sequence[Sequence[Window]], deadline_s: float | None) -> int:
        """Return how many passages to read in the next batch; 0 stops the reading."""
        # Whoever shares is served in turn: no need to come back for more.
        tokens_left: float = self.batch_tokens if self._workers is None else math.inf
        at_least = 1
        if deadline_s is not None:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return 0
            seconds = self._pace.seconds
            if seconds is None:
                # Nothing is known of the machine yet: one passage tells.
                return 1
            tokens_left = min(tokens_left, left_s / (_SAFETY * seconds))
            at_least = 0
        count = 0
        for group in windows:
            tokens_left -= sum(len(window) for window in group)
            if tokens_left < 0:
                break
            count += 1
        return max(count, at_least)

    def _timed(self, windows: Sequence[Window]) -> Scores:
        """Score windows, and learn how long a token takes."""
        began = time.monotonic()
        if self._workers is None:
            scores = self.scores(windows)
        else:
            scores = self._workers(self.scores, windows, batch_tokens=self.shared_tokens)
        self._pace.learn(time.monotonic() - began, sum(len(window) for window in windows))
        return scores

    def candidates(
        self,
        passage: Passage,
        windows: Sequence[Window],
        logits: Sequence[NDArray[np.float32]],
    ) -> tuple[list[Candidate], float]:
        """Return a passage's best spans and its null score, the lowest of its windows."""
        null_score = min(float(values[0, 0] + values[1, 0]) for values in logits)
        spans: list[RawSpan] = []
        for window, (starts, ends) in zip(windows, logits, strict=True):
            inside = slice(window.passage_start, window.passage_end)
            allowed = np.zeros(len(window), dtype=np.bool_)
            allowed[inside] = quotable_tokens(passage.text, window.offsets[inside])
            spans += [
                RawSpan(window.offsets[first][0], window.offsets[last][1], score)
                for first, last, score in best_spans(
                    starts,
                    ends,
                    allowed,
                    max_answer_tokens=self._settings.max_answer_tokens,
                    n=_N_SPANS,
                    allowed_starts=np.array(window.starts_here, dtype=np.bool_),
                )
            ]
        return choose_candidates(passage, spans, null_score), null_score


def lead(passage: Passage) -> str:
    """Return title and headings as sentences, and the table's header; empty without any."""
    path = [passage.title, *passage.headings]
    # Many articles repeat their title as the first heading.
    above = "".join(f"{part}. " for part in dict.fromkeys(path) if part)
    return f"{above}{passage.table_header}\n" if passage.table_header else above


def lead_room(passage: Passage) -> int:
    """Return how many tokens of its lead a passage's windows start with."""
    return _MAX_LEAD_TOKENS + (_MAX_HEADER_TOKENS if passage.table_header else 0)
