"""Any reader with all that the house asks of one, whoever wrote it and against which version."""

from __future__ import annotations

from collections.abc import Sequence

from qa.types import FullReader, Reader, Reading
from retrieval.types import Passage

__all__ = ["full_reader"]


def full_reader(reader: Reader) -> FullReader:
    """Return a reader as it is if it can do all, else with the defaults for what it lacks."""
    return reader if isinstance(reader, FullReader) else _Completed(reader)


class _Completed(FullReader):
    """A reader that was written against an earlier, smaller protocol."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def id(self) -> str:
        return self._reader.id

    @property
    def null_threshold(self) -> float:
        return self._reader.null_threshold

    @property
    def reads_apart(self) -> bool:
        # What readers could say of themselves before there was a name for all of it.
        return bool(getattr(self._reader, "reads_apart", False))

    @property
    def first(self) -> Reader:
        return self._reader

    @property
    def readers(self) -> Sequence[Reader]:
        return (self._reader,)

    def share_scoring(self, *, workers: int) -> None:
        if share := getattr(self._reader, "share_scoring", None):
            share(workers=workers)

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        return self._reader.read(question, passages, deadline_s=deadline_s)
