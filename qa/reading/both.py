"""Two readers, one answer: the second reads what the first reads, and agrees or doesn't.

Answers are the first reader's, the stronger one's. What the second makes of the same passages
is a sign for the calibration (`agreement`), and a reason to refuse where both are sure of
different things. Two readers that were built differently err differently; how much that is
worth has to be measured, and a calibration that wasn't fitted for both leaves it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from qa.reading.full import full_reader
from qa.reading.overlap import token_f1
from qa.types import Candidate, FullReader, Reader, Reading
from retrieval.types import Passage

__all__ = ["BothReader", "agreement"]


class BothReader(FullReader):
    """Reads with two readers."""

    def __init__(self, first: Reader, second: Reader) -> None:
        """Join two readers.

        Args:
            first: Gives the candidates.
            second: Gives its opinion of them.
        """
        self._readers = (full_reader(first), full_reader(second))

    @property
    def readers(self) -> Sequence[Reader]:
        """The one whose answers are given, and the one that is asked besides."""
        return self._readers

    @property
    def id(self) -> str:
        """The name "both" and a hash of the two readers' ids."""
        names = "\n".join(reader.id for reader in self._readers)
        return f"both@{sha256(names.encode()).hexdigest()[:12]}"

    @property
    def null_threshold(self) -> float:
        """The first reader's: the candidates are its own."""
        return self._readers[0].null_threshold

    def share_scoring(self, *, workers: int) -> None:
        """Let both score windows of several readings together; see `SpanReader`."""
        for reader in self._readers:
            reader.share_scoring(workers=workers)

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Read with the first, then with the second in the time that is left."""
        first, second = self._readers
        found = first.read(question, passages, deadline_s=deadline_s)
        if not found.candidates:
            return found
        read = [passage for passage in passages if passage.id not in found.unread]
        other = second.read(question, read, deadline_s=deadline_s)
        best = other.candidates[0] if other.candidates else None
        sure = best is not None and best.margin >= second.null_threshold
        return replace(
            found,
            candidates=tuple(
                replace(candidate, agreement=agreement(candidate, other.candidates))
                for candidate in found.candidates
            ),
            rival=best if sure else None,
        )


def agreement(candidate: Candidate, others: Sequence[Candidate]) -> float:
    """Return how far a second reader chose the same words, 0 to 1.

    Half of it is for what it thinks best in the same passage, half for what it thinks best of
    all: a reader that finds the same date in a passage it doesn't believe in agrees by half.
    Each half is the F1 over words.

    Args:
        candidate: The first reader's.
        others: The second's, best first.
    """
    if not others:
        return 0.0
    here = next((c for c in others if c.passage.id == candidate.passage.id), None)
    in_passage = 0.0 if here is None else token_f1(here.text, candidate.text)
    return 0.5 * in_passage + 0.5 * token_f1(others[0].text, candidate.text)
