"""Skipping passages that can hardly hold a better answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.bound import Bound
from qa.deciding.calibration import GENERIC
from qa.deciding.evidence import Asked
from qa.deciding.features import ranking_features
from qa.deciding.skipping import FIRST_READ, lags, read_promising
from qa.openbook import OpenBook
from qa.reading.bert import BertReader
from qa.types import CalibrationState, Candidate, Reading, RefusalReason
from retrieval.types import Article, Hit, Passage

Make = Callable[..., Any]

TEXTS = (
    "The desk opens at 8:30 on weekdays.",
    "Visitors sign in at the desk.",
    "1. Open the app.\n2. Press Sync.",
    "| Day | Opens |\n|---|---|\n| Monday | 8:30 |",
    "Nothing is said here of it.",
    "The canteen opens at noon.",
    "Call twice, then wait at the desk.",
)
ARTICLES = [Article(f"a{n}", "Opening hours", text) for n, text in enumerate(TEXTS)]
PASSAGES = [
    Passage(f"a{n}#0-{len(text)}", f"a{n}", 0, len(text), text, "Opening hours")
    for n, text in enumerate(TEXTS)
]
HITS = [Hit(passage, 1.0 / (1 + rank)) for rank, passage in enumerate(PASSAGES)]
QUESTION = "When does the desk open?"


@pytest.fixture
def apart(fake_reader: Make) -> Make:
    """Return a maker of fake readers that read apart and remember what they were given."""

    class Apart(fake_reader):  # type: ignore[misc, valid-type]
        reads_apart = True
        given: list[list[str]]

        def read(
            self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
        ) -> Reading:
            self.__dict__.setdefault("given", []).append([p.article_id for p in passages])
            found: Reading = super().read(question, passages, deadline_s=deadline_s)
            return found

    return Apart


@given(
    question=st.sampled_from(
        [QUESTION, "How do I press sync?", "How many desks?", "monday", "When?", "Say: where?"]
    ),
    number=st.integers(FIRST_READ, len(TEXTS) - 1),
    words=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_lags_hold_for_every_candidate_of_a_passage(
    question: str, number: int, words: tuple[int, int]
) -> None:
    passage, rule = PASSAGES[number], GENERIC.ranking
    starts = [at for at in range(passage.end) if passage.text[at - 1 : at] in ("", " ", "\n")]
    first, last = sorted(starts[word % len(starts)] for word in words)
    end = min((at for at in starts if at > last), default=passage.end + 1) - 1
    if end <= first:
        return
    found = Candidate(PASSAGES[0], 0, 4, 1.0, 0.0)
    asked = Asked(question)
    best = rule(ranking_features(asked, found, HITS, 0, 0.0))
    proposed = Candidate(passage, first, end, 0.0, 0.0)
    score = rule(ranking_features(asked, proposed, HITS, number, 0.0))
    assert lags(question, [found], HITS, rule)[passage.id] <= best - score + 1e-9


def test_lags_count_only_what_the_first_passages_hold() -> None:
    near, far = (Candidate(PASSAGES[n], 0, 4, 9.0, 0.0) for n in (0, FIRST_READ))
    rule = GENERIC.ranking
    assert lags(QUESTION, [near, far], HITS, rule) == lags(QUESTION, [near], HITS, rule)
    assert lags(QUESTION, [far], HITS, rule) == {}
    assert list(lags(QUESTION, [near], HITS, rule)) == [p.id for p in PASSAGES[FIRST_READ:]]


def test_read_promising_leaves_out_what_lags(apart: Make) -> None:
    phrases = {"8:30": 9.0, "noon": 8.0, "twice": 1.0}
    reader = apart(phrases)
    behind = lags(QUESTION, reader.read(QUESTION, PASSAGES).candidates, HITS, GENERIC.ranking)
    slack = sorted(behind.values())[2]
    left_out = tuple(p.id for p in PASSAGES[FIRST_READ:] if behind[p.id] >= slack)
    assert 0 < len(left_out) < len(PASSAGES) - FIRST_READ
    reading = read_promising(reader, QUESTION, HITS, replace(GENERIC, slack=slack))
    assert reading.skipped == left_out
    assert reading.unread == ()
    read = [p for p in PASSAGES if p.id not in left_out]
    assert reading.candidates == apart(phrases).read(QUESTION, read).candidates
    first, later = reader.given[1:]
    assert first == [f"a{n}" for n in range(FIRST_READ)]
    assert later == [p.article_id for p in read[FIRST_READ:]]


def test_read_promising_far_ahead_ends_the_reading(apart: Make) -> None:
    reader = apart({"8:30": 30.0})
    reading = read_promising(reader, QUESTION, HITS, replace(GENERIC, slack=1.0))
    assert reading.skipped == tuple(passage.id for passage in PASSAGES[FIRST_READ:])
    assert len(reader.given) == 1


@pytest.mark.parametrize("slack", [None, math.inf])
def test_read_promising_with_a_wide_slack_reads_as_at_once(
    tiny_bert: Path, slack: float | None
) -> None:
    reader = BertReader.load(tiny_bert, dtype="float32")
    reading = read_promising(reader, QUESTION, HITS, replace(GENERIC, slack=slack))
    at_once = reader.read(QUESTION, PASSAGES)
    assert reading.skipped == reading.unread == ()
    places = [(c.passage.id, c.start, c.end) for c in reading.candidates]
    assert places == [(c.passage.id, c.start, c.end) for c in at_once.candidates]
    assert reading.null_score == pytest.approx(at_once.null_score, abs=1e-4)


def test_read_promising_reads_all_where_nothing_was_found_first(apart: Make) -> None:
    reader = apart({"noon": 5.0})
    reading = read_promising(reader, QUESTION, HITS, replace(GENERIC, slack=0.0))
    assert [c.text for c in reading.candidates] == ["noon"]
    assert reading.skipped == ()


def test_read_promising_finds_nothing_in_nothing(apart: Make) -> None:
    calibration = replace(GENERIC, slack=1.0)
    assert read_promising(apart({}), QUESTION, HITS, calibration).candidates == ()
    assert read_promising(apart({}), QUESTION, [], calibration) == Reading((), 0.0)
    assert read_promising(apart({"8:30": 3.0}), QUESTION, HITS[:2], calibration).skipped == ()


def test_read_promising_reads_all_with_readers_that_compare(fake_reader: Make) -> None:
    reading = read_promising(
        fake_reader({"8:30": 30.0}), QUESTION, HITS, replace(GENERIC, slack=1.0)
    )
    assert reading.skipped == ()
    assert {c.passage.article_id for c in reading.candidates} == {"a0", "a3"}


def test_read_promising_out_of_time_names_all_that_is_unread(apart: Make) -> None:
    reader = apart({"8:30": 1.0}, seconds=0.1)
    calibration = replace(GENERIC, slack=math.inf)
    deadline_s = time.monotonic() + 0.25
    reading = read_promising(reader, QUESTION, HITS, calibration, deadline_s=deadline_s)
    read = len(PASSAGES) - len(reading.unread)
    assert read <= FIRST_READ
    assert reading.unread == tuple(passage.id for passage in PASSAGES[read:])
    assert reading.skipped == ()
    deadline_s = time.monotonic() + 0.1 * FIRST_READ + 0.15
    reading = read_promising(reader, QUESTION, HITS, calibration, deadline_s=deadline_s)
    assert reading.unread == tuple(
        passage.id for passage in PASSAGES[len(PASSAGES) - len(reading.unread) :]
    )
    assert reading.unread


def test_ask_that_skips_is_neither_stale_nor_out_of_time(fake_engine: Make, apart: Make) -> None:
    reader = apart({"8:30": 30.0})
    engine = fake_engine(ARTICLES, PASSAGES)
    calibration = replace(GENERIC, slack=1.0)
    bound = Bound(
        reader=reader.id,
        encoder=engine.encoder_id,
        generation=engine.generation,
        rule=calibration.digest,
        top_k=10,
        threshold=0.5,
        max_wrong=0.05,
        certainty=0.95,
        n=100,
        answered=80,
        wrong=0,
    )
    book = OpenBook(engine, reader, calibration=calibration, bound=bound)
    result = book.ask(QUESTION, trace=True)
    assert result.reading is not None
    assert result.reading.skipped
    assert result.status == "answered"
    assert result.calibration is CalibrationState.VALID
    book.bound = bound.model_copy(update={"threshold": 1.0})
    refused = book.ask(QUESTION)
    assert refused.refusal is not None
    assert refused.refusal.reason is RefusalReason.LOW_CONFIDENCE
