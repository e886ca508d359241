"""Which candidates a person is shown together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.deciding.grouping import shown_place
from qa.types import Candidate
from retrieval.types import Article, Passage

Cut = Callable[..., Passage]

BODY = (
    "To install it:\n\n1. Open Software Centre from the Start menu.\n2. Select Install.\n\n"
    "It was founded in 1851 in Lyon.\n\n"
    "| Tier | Covers |\n|---|---|\n| Gold | dental, eyes |\n| Tin | nothing |\n\n"
    "- Bring your badge, or a passport.\n- Bring a pen.\n"
)


def shown(passage: Passage, text: str, question: str) -> str | None:
    start = passage.start + passage.text.index(text)
    candidate = Candidate(passage, start, start + len(text), 0.0, 0.0)
    found = shown_place(candidate, question)
    return None if found is None else BODY[found[0] : found[1]]


@pytest.mark.parametrize("start", [0, BODY.index("1. Open")])
def test_shown_place_is_the_whole_procedure(cut_passage: Cut, start: int) -> None:
    passage = cut_passage(Article("a", "A", BODY), start=start)
    place = shown(passage, "Start menu", "How do I install it?")
    assert place is not None
    assert place.endswith("2. Select Install.")
    assert "Open Software Centre" in place


def test_shown_place_is_the_step_where_a_fact_is_asked_for(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "A", BODY))
    place = shown(passage, "Start menu", "Where is Software Centre?")
    assert place == "Open Software Centre from the Start menu."


def test_shown_place_is_the_row_or_the_item(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "A", BODY), start=10)
    assert shown(passage, "dental", "What does Gold cover?") == "| Gold | dental, eyes |"
    assert shown(passage, "badge", "May I bring a badge?") == "Bring your badge, or a passport."


def test_shown_place_is_the_list_where_several_things_are_asked_for(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "A", BODY))
    place = shown(passage, "badge", "What do I need to bring?")
    assert place is not None
    assert place.endswith("- Bring a pen.")


@pytest.mark.parametrize("question", ["When was it founded?", "Why 1851?"])
def test_shown_place_leaves_prose_to_its_words(cut_passage: Cut, question: str) -> None:
    passage = cut_passage(Article("a", "A", BODY))
    assert shown(passage, "1851", question) is None


def test_shown_place_of_what_is_no_span_is_none() -> None:
    passage = Passage("a#5-9", "a", 5, 9, "text")
    assert shown_place(Candidate(passage, 5, 5, 0.0, 0.0), "?") is None
    assert shown_place(Candidate(passage, 0, 8, 0.0, 0.0), "?") is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(max_size=30), places=st.data())
def test_shown_place_holds_the_candidate_and_stays_inside_the_passage(
    cut_passage: Cut, question: str, places: st.DataObject
) -> None:
    first = places.draw(st.integers(0, len(BODY) - 2))
    passage = cut_passage(Article("a", "A", BODY), start=first)
    start = places.draw(st.integers(first, len(BODY) - 1))
    end = places.draw(st.integers(start + 1, len(BODY)))
    found = shown_place(Candidate(passage, start, end, 0.0, 0.0), question)
    assert found is None or first <= found[0] <= start < end <= found[1] <= len(BODY)
