"""Tiny things that the tests of `qa` share: a random BERT, fakes that obey the protocols."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_models import save_tiny_bert

from qa.types import Candidate, Reading
from retrieval.types import PUBLIC, Article, Engine, Hit, Passage, Roles, Trace


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random BERT reader; not to be changed."""
    return save_tiny_bert(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def save_bert() -> Callable[..., Path]:
    """Return the function that writes such a folder."""
    return save_tiny_bert


def passage_of(
    article: Article, start: int = 0, end: int | None = None, headings: tuple[str, ...] = ()
) -> Passage:
    """Cut a passage out of an article."""
    end = len(article.body) if end is None else end
    return Passage(
        id=f"{article.id}#{start}-{end}",
        article_id=article.id,
        start=start,
        end=end,
        text=article.body[start:end],
        title=article.title,
        headings=headings,
    )


@pytest.fixture(scope="session")
def cut_passage() -> Callable[..., Passage]:
    """Return the function that cuts a passage out of an article."""
    return passage_of


class FakeReader:
    """Proposes the phrases that it was told answer a question, wherever they stand.

    Args:
        margins: Phrase → margin with which it is proposed.
        seconds: How long reading a passage takes.
    """

    def __init__(self, margins: Mapping[str, float], *, seconds: float = 0.0) -> None:
        self.margins = dict(margins)
        self.seconds = seconds

    @property
    def id(self) -> str:
        """Name and hash of what it was told."""
        digest = hashlib.sha256(json.dumps(sorted(self.margins.items())).encode()).hexdigest()
        return f"fake@{digest[:12]}"

    @property
    def null_threshold(self) -> float:
        """Zero."""
        return 0.0

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Propose every phrase at its first place in each passage."""
        found: list[Candidate] = []
        unread: tuple[str, ...] = ()
        for number, passage in enumerate(passages if question.strip() else ()):
            if deadline_s is not None and time.monotonic() + self.seconds > deadline_s:
                unread = tuple(each.id for each in passages[number:])
                break
            time.sleep(self.seconds)
            for phrase, margin in self.margins.items():
                at = passage.text.find(phrase)
                if at >= 0:
                    start = passage.start + at
                    found.append(Candidate(passage, start, start + len(phrase), margin, 0.0))
        found.sort(key=lambda candidate: -candidate.margin)
        return Reading(tuple(found), 0.0, unread)


@pytest.fixture(scope="session")
def fake_reader() -> type[FakeReader]:
    """Return the class of fake readers."""
    return FakeReader


class FakeEngine(Engine):
    """Hands out given passages in order, inside the asker's rights."""

    generation = "000001"
    encoder_id = "fake-encoder@000000000000"

    def __init__(self, articles: Sequence[Article], passages: Sequence[Passage]) -> None:
        self.written = {article.id: article for article in articles}
        self.cut = list(passages)

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        """Return the article if these roles may read it."""
        article = self.written.get(article_id)
        if article is None or article.audience is None:
            return article
        return article if roles & set(article.audience) else None

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the first passages that these roles may read."""
        readable = [
            passage
            for passage in self.cut
            if self.article(passage.article_id, roles=roles) is not None
        ]
        return [Hit(passage, 1.0 / (1 + rank)) for rank, passage in enumerate(readable[:k])]

    def trace(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> Trace:
        """Return the same with a note."""
        hits = tuple(self.retrieve(query, k, roles=roles))
        return Trace(query, hits, terms=tuple(query.split()), legs={"fake": hits}, fusion="none")

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the share of the query's words that stand in each text."""
        words = set(query.lower().split())
        shares = [len(words & set(text.lower().split())) / max(1, len(words)) for text in texts]
        return np.array(shares, dtype=np.float32)


@pytest.fixture(scope="session")
def fake_engine() -> type[FakeEngine]:
    """Return the class of fake engines."""
    return FakeEngine
