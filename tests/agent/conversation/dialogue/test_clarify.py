from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation.dialogue.clarify import SOMETHING_ELSE_LABEL, ask_back, understand
from agent.conversation.routing import SOMETHING_ELSE
from agent.types import IntentRanking, IntentScore, Pending

LABELS = ("Order equipment", "Report a fault")
PENDING = Pending(
    kind="intent",
    message="my gadget",
    choices=(*LABELS, SOMETHING_ELSE_LABEL),
    values=("order", "fault", SOMETHING_ELSE),
)
ARTICLES = Pending(
    kind="article",
    message="vpn setup",
    choices=("Set up the VPN on Windows", "Set up the VPN on a Mac", SOMETHING_ELSE_LABEL),
    values=("win", "mac", SOMETHING_ELSE),
)


def test_ask_back_numbers_the_choices_and_ends_with_something_else() -> None:
    text, choices = ask_back("Which?", LABELS)
    assert choices == (*LABELS, "Something else")
    assert text == "Which?\n1. Order equipment\n2. Report a fault\n3. Something else"


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("1", "order"),
        ("2.", "fault"),
        ("number two", "fault"),
        ("option 2 please", "fault"),
        ("the first one", "order"),
        ("the 2nd", "fault"),
        ("the last one", "fault"),
        ("the latter", "fault"),
        ("one", "order"),
        ("b", "fault"),
        ("3", SOMETHING_ELSE),
        ("Report a fault", "fault"),
        ("report a fault please", "fault"),
        ("the fault", "fault"),
        ("faults", "fault"),
        ("orderr equipment", "order"),
        ("I want to order", "order"),
        ("something else", SOMETHING_ELSE),
        ("none of these", SOMETHING_ELSE),
        ("neither", SOMETHING_ELSE),
        ("no", SOMETHING_ELSE),
    ],
)
def test_understand_takes_numbers_places_names_and_none(message: str, value: str) -> None:
    assert understand(message, PENDING) == value


@pytest.mark.parametrize(
    "message",
    [
        "",
        "4",
        "0",
        "the one",
        "yes",
        "hello",
        "how do I reset my password",
        "when is the canteen open on Fridays and what does it cost for visitors",
    ],
)
def test_understand_takes_anything_else_for_a_new_message(message: str) -> None:
    assert understand(message, PENDING) is None


def test_understand_tells_articles_by_what_differs_in_their_titles() -> None:
    assert understand("the Mac one", ARTICLES) == "mac"
    assert understand("windows", ARTICLES) == "win"
    assert understand("the vpn", ARTICLES) is None


def test_understand_takes_an_intent_in_other_words() -> None:
    ranking = IntentRanking((IntentScore("fault", 0.8),), 0.9, 0.5)
    assert understand("it doesn't work", PENDING, ranking=ranking) == "fault"
    assert understand("it doesn't work", ARTICLES, ranking=ranking) is None
    assert understand("it doesn't work", PENDING, ranking=ranking, least=0.9) is None


@given(st.text(max_size=60))
def test_understand_never_gives_what_was_not_offered(message: str) -> None:
    assert understand(message, PENDING) in (None, *PENDING.values)


@pytest.mark.parametrize("message", ["yes", "Yes please!", "exactly", "that's it", "ok"])
def test_understand_takes_a_yes_for_a_single_choice(message: str) -> None:
    one = Pending("intent", "gadget", ("Order equipment", "Something else"), ("order", "else"))
    assert understand(message, one) == "order"
    assert understand(message, PENDING) is None


def test_understand_takes_a_no_to_a_single_choice_for_something_else() -> None:
    one = Pending("intent", "gadget", ("Order equipment", "Something else"), ("order", "else"))
    assert understand("no", one) == SOMETHING_ELSE
