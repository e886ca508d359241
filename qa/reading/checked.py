"""A small reader reads everything; a large one reads again where it can matter.

The small one finds nearly always where an answer may stand, and is often mistaken about whether
it is one. So the large one, which takes six times as long for a token, reads a window around the
best span of the best few passages. What it makes of every span there is a sign for ranking and
belief (`Candidate.check`); its own best span becomes a candidate too.

Nothing is read again where the small one is sure or hopeless: there the large one hardly ever
thinks otherwise. Source of the scheme: ReConsider (Iyer et al. 2021), which reads a reader's best
spans again with a larger model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from hashlib import sha256

from qa.reading.sharing import Scores, ScoringWorkers
from qa.reading.span_reader import SpanReader
from qa.reading.windows import Window, span_margin
from qa.types import Candidate, FullReader, Reading
from retrieval.types import Passage

__all__ = ["CheckedReader", "Rules"]


@dataclass(frozen=True)
class Rules:
    """What is read again.

    A passage is worth its best span's margin by the small reader, less something for every
    passage that was found before it. Measured with `tests/bench/measure_checked.py`.

    Attributes:
        passages: How many at most.
        room: Tokens of a passage around its best span: most passages are shorter.
        place: What a place further down costs, in logits.
        hopeless: A passage that is worth less isn't read again.
        behind: Nor one that is worth so much less than the best.
        sure: Nothing is read again where the best span has this margin and no other passage
            comes near (`behind`).
    """

    passages: int = 3
    room: int = 192
    place: float = 1.0
    hopeless: float = -12.0
    behind: float = 6.0
    sure: float = 14.0


class CheckedReader(FullReader):
    """Reads with a small reader, and again with a large one.

    Attributes:
        rules: What is read again.
    """

    reads_apart = True

    def __init__(self, small: SpanReader, large: SpanReader, rules: Rules = Rules()) -> None:
        """Join two readers."""
        self._small, self._large = small, large
        self.rules = rules

    @property
    def readers(self) -> Sequence[SpanReader]:
        """The small one, which gives candidates and margins, and the large one."""
        return (self._small, self._large)

    @property
    def id(self) -> str:
        """The name "checked" and a hash of the two readers' ids and the rules."""
        parts = [*(reader.id for reader in self.readers), repr(astuple(self.rules))]
        return f"checked@{sha256(chr(10).join(parts).encode()).hexdigest()[:12]}"

    @property
    def null_threshold(self) -> float:
        """The small reader's: the margins are its own."""
        return self._small.null_threshold

    @property
    def first(self) -> SpanReader:
        """The small one."""
        return self._small

    def share_scoring(self, *, workers: int) -> None:
        """Let the same workers score for both; see `SpanReader`."""
        shared = ScoringWorkers(workers)
        for reader in self.readers:
            reader.score_by(shared)

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Read with the small one, then again in the time that is left."""
        reading = self.first.read(question, passages, deadline_s=deadline_s)
        return self.read_again(question, reading, passages, deadline_s=deadline_s)

    def read_again(
        self,
        question: str,
        reading: Reading,
        passages: Sequence[Passage],
        *,
        deadline_s: float | None = None,
    ) -> Reading:
        """Look with the large one at the best few passages; see `FullReader`."""
        chosen = self._worthwhile(reading.candidates, passages)
        windows = self._large.focused_windows(question, chosen, room=self.rules.room)
        checked = {
            candidate.passage.id: (group, logits)
            for candidate, group, logits in zip(
                chosen, windows, self._large.in_time(windows, deadline_s), strict=False
            )
        }
        if not checked:
            return reading
        candidates = [
            _checked(each, *checked[each.passage.id]) if each.passage.id in checked else each
            for each in reading.candidates
        ]
        for candidate in chosen:
            if candidate.passage.id in checked:
                candidates += self._own(
                    candidate.passage, candidates, *checked[candidate.passage.id]
                )
        # A stable sort: behind the span that it shares its margin with.
        candidates.sort(key=lambda each: -each.margin)
        return replace(reading, candidates=tuple(candidates))

    def _worthwhile(
        self, candidates: Sequence[Candidate], passages: Sequence[Passage]
    ) -> list[Candidate]:
        """Return the best candidates of the passages that are read again."""
        rules = self.rules
        places = {passage.id: place for place, passage in enumerate(passages)}
        best: dict[str, Candidate] = {}
        for candidate in candidates:
            best.setdefault(candidate.passage.id, candidate)
        worth = {
            each.passage.id: each.margin - rules.place * places[each.passage.id]
            for each in best.values()
        }
        least = max(rules.hopeless, max(worth.values(), default=0.0) - rules.behind)
        chosen = sorted(
            (each for each in best.values() if worth[each.passage.id] >= least),
            key=lambda each: -worth[each.passage.id],
        )
        if len(chosen) == 1 and chosen[0].margin >= rules.sure:
            return []
        return chosen[: rules.passages]

    def _own(
        self,
        passage: Passage,
        candidates: Sequence[Candidate],
        windows: Sequence[Window],
        logits: Scores,
    ) -> Iterator[Candidate]:
        """Yield the large reader's own best span, unless the small one chose the same."""
        found, _ = self._large.candidates(passage, windows, logits)
        here = [each for each in candidates if each.passage.id == passage.id]
        for own in found[:1]:
            if any((each.start, each.end) == (own.start, own.end) for each in here):
                return
            overlapping = [each for each in here if each.start < own.end and own.start < each.end]
            near = (overlapping or here)[0]
            yield replace(own, score=near.score, null_score=near.null_score, check=own.margin)


def _checked(candidate: Candidate, windows: Sequence[Window], logits: Scores) -> Candidate:
    """Return a candidate with the large reader's margin, if it read the span."""
    start, end = (at - candidate.passage.start for at in (candidate.start, candidate.end))
    margins = [
        margin
        for window, values in zip(windows, logits, strict=True)
        if (margin := span_margin(window, values, start, end)) is not None
    ]
    return replace(candidate, check=max(margins)) if margins else candidate
