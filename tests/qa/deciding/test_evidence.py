"""What the wording of a question says about a candidate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.evidence import Asked, words
from qa.types import Candidate
from retrieval.types import Passage

TEXT = (
    "The Service Desk is open on weekdays. Call it on 555-0140.\n"
    "1. Open Mail.\n2. Press Sync.\n"
    "| Office | Friday |\n|---|---|\n| Dublin | closed |\n"
)
PASSAGE = Passage("a#5-200", "a", 5, 5 + len(TEXT), TEXT, "Getting help", ("Phone numbers",))


def evidence(question: str, quote: str) -> Mapping[str, float]:
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
def test_evidence_of_any_text_is_bounded(text: str, question: str, cut: st.DataObject) -> None:
    passage = replace(PASSAGE, text=text, end=PASSAGE.start + len(text))
    start = cut.draw(st.integers(0, len(text) - 1))
    end = cut.draw(st.integers(start + 1, len(text)))
    candidate = Candidate(passage, passage.start + start, passage.start + end, 0.0, 0.0)
    found = Asked(question).evidence(candidate)
    against = ("opposite", "particulars", "polarity", "current")
    assert all(-1 <= found[name] <= 0 for name in against)
    assert all(0 <= value <= 1 for name, value in found.items() if name not in (*against, "kind"))
    assert found["kind"] in (-1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "question",
    ["How many days on Friday in Mail?", "How do I press sync?", "Who is in 4.2?", "What is it?"],
)
def test_most_evidence_is_no_less_than_that_of_any_words(question: str) -> None:
    asked = Asked(question)
    most = asked.most_evidence(PASSAGE)
    for word in re.finditer(r"[^\W_]+(?:[ -][^\W_]+)*", PASSAGE.text):
        place = PASSAGE.start + word.start(), PASSAGE.start + word.end()
        found = asked.evidence(Candidate(PASSAGE, *place, 0.0, 0.0))
        assert all(found[name] <= most[name] for name in found), (word.group(), found, most)


def test_most_evidence_is_that_of_the_whole_passage() -> None:
    most = Asked("How many days on Friday in Mail?").most_evidence(PASSAGE)
    assert (most["echo"], most["steps"], most["number"]) == (pytest.approx(2 / 3), 0.0, 1.0)
    assert Asked("How do I press sync?").most_evidence(PASSAGE)["steps"] == 1.0
    prose = replace(PASSAGE, text="Version 2. Then none.")
    assert Asked("How do I press sync?").most_evidence(prose)["steps"] == 0.0
    assert Asked("What is it?").most_evidence(PASSAGE)["echo"] == 0.0


def quoted(question: str, text: str, quote: str, **more: object) -> dict[str, float]:
    """Return the evidence for a quote of a passage of its own."""
    passage = replace(
        Passage(f"a#0-{len(text)}", "a", 0, len(text), text),
        **more,  # type: ignore[arg-type]
    )
    start = text.index(quote)
    return dict(Asked(question).evidence(Candidate(passage, start, start + len(quote), 0.0, 0.0)))


def test_the_nearest_question_above_says_what_a_quote_answers() -> None:
    text = "**Can I bring a dog?**\n\nNo.\n\n**Can I bring a guest?**\n\nYes, two.\n"
    near = quoted("may I bring a guest", text, "Yes")
    far = quoted("may I bring a guest", text, "No")
    assert near["asked_above"] > far["asked_above"]
    assert near["echo"] > far["echo"]


@pytest.mark.parametrize(
    ("question", "text", "quote", "name"),
    [
        ("how do I unlock a till?", "Lock a till: press Lock twice.", "press Lock", "opposite"),
        ("how do I set it up on Windows", "On the Mac, open Finder.", "open Finder", "opposite"),
        ("what does error KB77120 mean?", "KB77001 means no paper.", "no paper", "particulars"),
        ("when does Corvid 3.12 end?", "Corvid 3.11 ends in May.", "in May", "particulars"),
        ("where are dogs allowed?", "Dogs are not allowed in the hall.", "the hall", "polarity"),
        ("which days are not paid?", "Mondays are paid.", "Mondays", "polarity"),
        ("how much is lunch?", "Superseded: lunch is 4 euros.", "4 euros", "current"),
        ("who signs it?", "It takes 3 days.", "3 days", "kind"),
        ("what is the phone number of the desk?", "It is in wing 2.", "wing 2", "kind"),
    ],
)
def test_signs_against_a_look_alike(question: str, text: str, quote: str, name: str) -> None:
    assert quoted(question, text, quote)[name] == -1.0


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("how do I lock a till?", "Lock a till: press Lock twice.", "press Lock"),
        ("what does error KB77001 mean?", "KB77001 means no paper.", "no paper"),
        ("where are dogs not allowed?", "Dogs are not allowed in the hall.", "the hall"),
        ("are dogs allowed in the hall?", "Dogs are not allowed in the hall.", "not allowed"),
        ("who signs it?", "The head of Finance signs.", "The head of Finance"),
    ],
)
def test_no_sign_against_the_right_one(question: str, text: str, quote: str) -> None:
    found = quoted(question, text, quote)
    against = ("opposite", "particulars", "polarity", "current", "kind")
    assert all(found[name] >= 0.0 for name in against)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What does KB77120 do?", True),
        ("What does KB77001 do?", False),
        ("what means error 0x80070057", True),
        ("vpn error 699", True),
        ("What is new in Corvid 14.3?", True),
        ("My son is 24 and has 3 cats, is he in?", False),
        ("How do I print at 9?", False),
    ],
)
def test_a_code_that_no_passage_has_is_missing(question: str, missing: bool) -> None:
    text = "KB77001 means no paper. Error 612 means no link. Corvid 14.21 is out."
    passage = Passage(f"a#0-{len(text)}", "a", 0, len(text), text)
    found = Asked(question).support(Candidate(passage, 0, 7, 0.0, 0.0), words(passage))
    assert found["code"] == -float(missing)


def test_support_counts_what_was_found_anywhere() -> None:
    asked = Asked("Does the Gold plan of Aerolux cover tyres?")
    passage = Passage("a#0-23", "a", 0, 23, "Tyres cost extra, mind.", title="Aerolux cover")
    candidate = Candidate(passage, 0, 5, 0.0, 0.0)
    alone = asked.support(candidate, words(passage))
    assert alone["known"] == -0.5
    assert alone["code"] == 0.0
    assert asked.support(candidate, words(passage) | {"gold"})["known"] == 0.0
    assert alone["held_by_passage"] == alone["held_anywhere"] > alone["held_by_title"] > 0.0
    assert (alone["simple"], alone["factual"]) == (-1.0, 0.0)
