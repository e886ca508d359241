"""Two readers: agreement, dispute, and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.calibration import GENERIC
from qa.deciding.features import Linear
from qa.openbook import OpenBook
from qa.reading.both import BothReader, agreement
from qa.reading.overlap import token_f1
from qa.types import Candidate, Reader, RefusalReason
from retrieval.types import Article, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]

HOURS = Article("hours", "Opening hours", "The desk opens at 8:30 on weekdays.")
LEAVE = Article("leave", "Leave", "You get 25 days, from 31 March on.")


@pytest.fixture
def passages(cut_passage: Cut) -> list[Passage]:
    return [cut_passage(HOURS), cut_passage(LEAVE)]


def test_both_gives_the_first_readers_candidates(
    fake_reader: Make, passages: list[Passage]
) -> None:
    first = fake_reader({"8:30": 3.0, "25 days": 2.0})
    second = fake_reader({"8:30 on weekdays": 5.0, "31 March": 1.0})
    both = BothReader(first, second)
    assert isinstance(both, Reader)
    found = both.read("When?", passages)
    assert [replace(c, agreement=None) for c in found.candidates] == list(
        first.read("When?", passages).candidates
    )
    f1 = token_f1("8:30", "8:30 on weekdays")
    assert [c.agreement for c in found.candidates] == [pytest.approx(f1), 0.0]
    assert found.rival is not None
    assert found.rival.text == "8:30 on weekdays"


def test_both_has_a_rival_only_where_the_second_is_sure(
    fake_reader: Make, passages: list[Passage]
) -> None:
    both = BothReader(fake_reader({"8:30": 3.0}), fake_reader({"25 days": -0.5}))
    assert both.read("When?", passages).rival is None
    nothing = BothReader(fake_reader({"8:30": 3.0}), fake_reader({}))
    found = nothing.read("When?", passages)
    assert (found.rival, found.candidates[0].agreement) == (None, 0.0)


def test_both_of_nothing_is_nothing(fake_reader: Make, passages: list[Passage]) -> None:
    both = BothReader(fake_reader({"8:30": 3.0}), fake_reader({"8:30": 3.0}))
    assert both.read("", passages).candidates == ()
    assert both.read("When?", []).candidates == ()


def test_both_is_named_by_both(fake_reader: Make) -> None:
    one, other = fake_reader({"a": 1.0}), fake_reader({"b": 1.0})
    assert BothReader(one, other).id.startswith("both@")
    assert BothReader(one, other).id != BothReader(other, one).id
    assert BothReader(one, other).null_threshold == one.null_threshold


def test_both_keeps_the_time(fake_reader: Make, passages: list[Passage]) -> None:
    both = BothReader(fake_reader({"8:30": 3.0}), fake_reader({"8:30": 3.0}, seconds=3_600.0))
    found = both.read("When?", passages, deadline_s=time.monotonic() + 60.0)
    assert found.unread == ()
    # The second read nothing, so it agreed with nothing.
    assert found.candidates[0].agreement == 0.0


def test_both_shares_the_scoring_of_those_that_can(fake_reader: Make) -> None:
    asked = []

    class Sharing:
        id, null_threshold = "s@1", 0.0

        def share_scoring(self, *, workers: int) -> None:
            asked.append(workers)

    BothReader(Sharing(), fake_reader({})).share_scoring(workers=2)  # type: ignore[arg-type]
    assert asked == [2]


@given(texts=st.lists(st.sampled_from(["8:30", "desk", "opens at", "weekdays"]), max_size=4))
def test_agreement_is_a_share(texts: list[str]) -> None:
    passage = Passage("p", "hours", 0, len(HOURS.body), HOURS.body)

    def candidate(text: str) -> Candidate:
        at = HOURS.body.index(text)
        return Candidate(passage, at, at + len(text), 1.0, 0.0)

    others = [candidate(text) for text in texts]
    value = agreement(candidate("8:30"), others)
    assert 0.0 <= value <= 1.0
    if texts:
        assert (value == 1.0) == (texts[0] == "8:30")


def test_agreement_is_half_where_the_second_believes_in_another_passage(
    passages: list[Passage],
) -> None:
    mine = Candidate(passages[0], 18, 22, 1.0, 0.0)
    assert mine.text == "8:30"
    best = Candidate(passages[1], 8, 15, 9.0, 0.0)
    assert agreement(mine, [best, mine]) == 0.5


RULE = replace(GENERIC, confidence=Linear(-1.0, {"agreement": 2.0, "margin": 0.01}), threshold=0.5)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"8:30": 4.0}, None),
        ({"25 days": 4.0}, RefusalReason.READERS_DISAGREE),
        # The second isn't sure of it.
        ({"25 days": -1.0}, RefusalReason.LOW_CONFIDENCE),
        ({}, RefusalReason.LOW_CONFIDENCE),
    ],
)
def test_ask_refuses_where_two_sure_readers_disagree(
    fake_engine: Make,
    fake_reader: Make,
    passages: list[Passage],
    second: dict[str, float],
    expected: RefusalReason | None,
) -> None:
    engine = fake_engine([HOURS, LEAVE], passages)
    both = BothReader(fake_reader({"8:30": 3.0}), fake_reader(second))
    result = OpenBook(engine, both, reader_name="both", calibration=RULE).ask("When is it open?")
    assert (None if result.refusal is None else result.refusal.reason) is expected
    assert result.answers[0].reader == "both"
    if expected is RefusalReason.READERS_DISAGREE:
        assert result.refusal is not None
        assert "Two readers" in result.refusal.message


def test_ask_blames_the_readers_only_if_agreement_would_have_helped(
    fake_engine: Make, fake_reader: Make, passages: list[Passage]
) -> None:
    both = BothReader(fake_reader({"8:30": 3.0}), fake_reader({"25 days": 4.0}))
    strict = replace(RULE, threshold=0.99)
    result = OpenBook(fake_engine([HOURS, LEAVE], passages), both, calibration=strict).ask("When?")
    assert result.refusal is not None
    assert result.refusal.reason is RefusalReason.LOW_CONFIDENCE
