from __future__ import annotations

import pytest

from agent.understanding.followups.dependence import Cue, cue, opens_new_subject


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who signs it?", Cue.PRONOUN),
        ("Is it the same for trips?", Cue.PRONOUN),
        ("What was the population back then?", Cue.PRONOUN),
        ("so where do I upload receipts for Oslo?", Cue.OPENER),
        ("why?", Cue.NO_SUBJECT),
        ("receipts for taxis", Cue.FRAGMENT),
        ("Where do I upload?", Cue.LITTLE_SAID),
        ("Who signs the form for interns?", Cue.DEFINITE),
        ("Where do I park in Oslo?", None),
        ("Is it possible to work from home in winter?", None),
        ("Which trains run this weekend to the coast?", None),
        ("I was told that trains to the coast are late", None),
        ("What is a fuel card and who gets them?", None),
        ("", None),
        ("it " * 61, None),
    ],
)
def test_cue_is_what_leans_on_something_earlier(text: str, expected: Cue | None) -> None:
    assert cue(text, ()) is expected


def test_cue_of_a_word_under_discussion_is_none() -> None:
    assert cue("Who gets receipts?", {"receipt"}) is None


def test_new_subject_is_announced() -> None:
    assert opens_new_subject("By the way, who signs it?")
    assert not opens_new_subject("Who signs it, by the way?")
    assert not opens_new_subject("")
