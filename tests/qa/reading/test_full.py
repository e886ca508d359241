"""Readers that know less than the house asks of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qa.openbook import OpenBook
from qa.reading.both import BothReader
from qa.reading.full import full_reader
from qa.types import Candidate, FullReader, Reader, Reading
from retrieval.types import Article, Passage


class Foreign:
    """A reader as it could be written before readers could do more than read."""

    id, null_threshold = "foreign@1", 0.5

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        del question, deadline_s
        found = tuple(Candidate(p, p.start, p.start + 4, 2.0, 0.0) for p in passages)
        return Reading(found, 0.0)


class Eager(Foreign):
    """One that said of itself what it can, as attributes."""

    reads_apart = True

    def __init__(self) -> None:
        self.workers = 0

    def share_scoring(self, *, workers: int) -> None:
        self.workers = workers


def test_a_foreign_reader_gets_the_defaults(cut_passage: Callable[..., Passage]) -> None:
    foreign = Foreign()
    assert isinstance(foreign, Reader)
    assert not isinstance(foreign, FullReader)
    full = full_reader(foreign)
    assert isinstance(full, FullReader)
    assert (full.id, full.null_threshold) == ("foreign@1", 0.5)
    assert (full.reads_apart, full.first, full.readers) == (False, foreign, (foreign,))
    full.share_scoring(workers=2)
    passages = [cut_passage(Article("a", "", "Ada wrote it."))]
    reading = full.read("Who?", passages)
    assert full.read_again("Who?", reading, passages) is reading


def test_what_a_foreign_reader_says_of_itself_holds() -> None:
    eager = Eager()
    full = full_reader(eager)
    assert full.reads_apart
    full.share_scoring(workers=3)
    assert eager.workers == 3


def test_a_full_reader_stays_as_it_is() -> None:
    both = BothReader(Foreign(), Eager())
    assert full_reader(both) is both
    assert not both.reads_apart
    assert both.first is both


def test_a_foreign_reader_answers(
    fake_engine: Callable[..., Any], cut_passage: Callable[..., Passage]
) -> None:
    article = Article("a", "Notes", "Ada wrote the first program.")
    book = OpenBook(fake_engine([article], [cut_passage(article)]), Foreign())
    result = book.ask("Who wrote the first program?")
    assert result.answers[0].text == "Ada "[:4]
    assert result.answers[0].reader == "foreign"
