"""What the wording of a question says about a candidate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.evidence import Asked
from qa.types import Candidate
from retrieval.types import Passage

TEXT = (
    "The Service Desk is open on weekdays. Call it on 555-0140.\n"
    "1. Open Mail.\n2. Press Sync.\n"
    "| Office | Friday |\n|---|---|\n| Dublin | closed |\n"
)
PASSAGE = Passage("a#5-200", "a", 5, 5 + len(TEXT), TEXT, "Getting help", ("Phone numbers",))


def evidence(question: str, quote: str) -> dict[str, float]:
    start = PASSAGE.start + TEXT.index(quote)
    return Asked(question).evidence(Candidate(PASSAGE, start, start + len(quote), 0.0, 0.0))


def test_echo_counts_words_of_the_sentence_and_of_what_stands_above() -> None:
    assert evidence("What is the phone number to call?", "555-0140")["echo"] == 1.0
    # "weekdays" stands in the sentence before.
    assert evidence("Which phone on weekdays?", "555-0140")["echo"] == 0.5
    assert evidence("When are you closed in Madrid on Sunday?", "555-0140")["echo"] == 0.0


def test_echo_of_a_table_row_counts_the_columns_names() -> None:
    assert evidence("Is Dublin open on Friday?", "closed")["echo"] == pytest.approx(2 / 3)


def test_echo_of_a_row_counts_the_header_that_its_passage_lacks() -> None:
    text = "| Lyon | 9 to 5 |\n| Dublin | closed |\n"
    bare = Passage("a#40-80", "a", 40, 40 + len(text), text)
    start = bare.start + text.index("closed")
    for passage, echo in (
        (bare, 1 / 3),
        (replace(bare, table_header="| Office | Friday |"), 2 / 3),
    ):
        candidate = Candidate(passage, start, start + 6, 0.0, 0.0)
        asked = Asked("Is Dublin open on Friday?")
        assert asked.evidence(candidate)["echo"] == pytest.approx(echo)
        assert asked.most_evidence(passage)["echo"] >= echo


def test_echo_of_question_words_alone_is_silent() -> None:
    assert evidence("What is it?", "555-0140")["echo"] == 0.0


@pytest.mark.parametrize(
    ("question", "quote", "steps"),
    [
        ("How do I sync my mail?", "Press Sync", 1.0),
        ("How do I sync my mail?", "555-0140", 0.0),
        ("When do I press Sync?", "Press Sync", 0.0),
    ],
)
def test_steps_belong_to_how_to_questions(question: str, quote: str, steps: float) -> None:
    assert evidence(question, quote)["steps"] == steps


@pytest.mark.parametrize(
    ("question", "quote", "number"),
    [
        ("Which phone number is it?", "555-0140", 1.0),
        ("Which phone number is it?", "Service Desk", 0.0),
        ("Who is there?", "555-0140", 0.0),
    ],
)
def test_number_belongs_to_questions_for_one(question: str, quote: str, number: float) -> None:
    assert evidence(question, quote)["number"] == number


@given(text=st.text(min_size=1, max_size=80), question=st.text(max_size=40), cut=st.data())
def test_evidence_is_a_share_of_any_text(text: str, question: str, cut: st.DataObject) -> None:
    passage = replace(PASSAGE, text=text, end=PASSAGE.start + len(text))
    start = cut.draw(st.integers(0, len(text) - 1))
    end = cut.draw(st.integers(start + 1, len(text)))
    candidate = Candidate(passage, passage.start + start, passage.start + end, 0.0, 0.0)
    assert all(0 <= value <= 1 for value in Asked(question).evidence(candidate).values())


def test_most_evidence_is_that_of_the_whole_passage() -> None:
    most = Asked("How many days on Friday in Mail?").most_evidence(PASSAGE)
    assert most == {"echo": pytest.approx(2 / 3), "steps": 0.0, "number": 1.0}
    assert Asked("How do I press sync?").most_evidence(PASSAGE)["steps"] == 1.0
    prose = replace(PASSAGE, text="Version 2. Then none.")
    assert Asked("How do I press sync?").most_evidence(prose)["steps"] == 0.0
    assert Asked("What is it?").most_evidence(PASSAGE)["echo"] == 0.0
