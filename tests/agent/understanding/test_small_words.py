from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.people import asks_for_person, wants_bot_back
from agent.understanding.small_words import (
    SmallWord,
    is_cancel,
    is_no,
    is_skip,
    is_yes,
    small_word,
)

SAID = {
    SmallWord.YES: [
        "yes", "👍🏽", "looks good to me", "yes please", "sure, why not", "that is correct",
        "do it",
    ],
    SmallWord.NO: ["no", "absolutely not", "no thanks", "not really", "Nope.", "no, that is wrong"],
    SmallWord.OK: ["ok", "k", "got it", "ok thanks", "perfect, thank you", "no problem", "I see"],
    SmallWord.DONE: ["that's all", "nope that's all", "no, that's it", "nothing else, thanks"],
    SmallWord.CANCEL: [
        "never mind", "nvm", "never mind forget it", "scratch that", "leave me alone", "go back",
        "please don't order anything", "I changed my mind", "don't do it", "forget it",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "said"), [(k, said) for k, all_ in SAID.items() for said in all_])
def test_small_word_knows_a_message_of_small_words(kind: SmallWord, said: str) -> None:
    assert small_word(said) is kind
    assert small_word(said.upper()) is kind


@pytest.mark.parametrize(
    "said",
    ["cancel my parking permit", "no, the blue one", "yes but friday", "friday", "hello", "", "on"],
)
def test_small_word_leaves_what_says_more(said: str) -> None:
    assert small_word(said) is None


@given(st.lists(st.sampled_from(["no", "thanks", "ok", "so", "well", "never mind", "yes"])))
def test_small_word_ends_however_long_the_row_is(row: list[str]) -> None:
    said = " ".join(row)
    assert small_word(said + " xylophone") is None
    assert small_word(said) is small_word(said)


def test_is_yes_and_is_no_know_what_was_asked() -> None:
    asked = ["shall", "i", "send", "it", "to", "your", "manager"]
    assert is_yes("yes, please send it to my manager", asked)
    assert is_no("no, don't send it", asked)
    assert not is_yes("absolutely not", asked)
    assert not is_yes("yes, but change the date", asked)


def test_is_cancel_knows_the_open_form_by_its_names() -> None:
    assert is_cancel("cancel the leave request", ["request leave"])
    assert is_cancel("please drop the equipment order", ["equipment order"])
    assert not is_cancel("cancel my parking permit", ["call back"])
    assert not is_cancel("cancel the leave request")


def test_is_skip_takes_having_nothing_to_add() -> None:
    assert is_skip("that's all")
    assert is_skip("no wishes")
    assert not is_skip("two vegans")


@pytest.mark.parametrize(
    "said",
    [
        "human please", "agent!", "representative", "get me a human", "can I talk to someone",
        "I don't want to talk to a bot", "is there a real person I can talk to", "stop, human",
        "let me speak to a supervisor", "customer service", "connect me with support staff",
    ],
)  # fmt: skip
def test_asks_for_person_hears_it(said: str) -> None:
    assert asks_for_person(said)


@pytest.mark.parametrize(
    "said",
    [
        "I don't want to talk to a human", "are you a real person", "my colleague is sick",
        "can somebody call me back", "talk to my manager about it", "who is the person responsible",
    ],
)  # fmt: skip
def test_asks_for_person_leaves_others(said: str) -> None:
    assert not asks_for_person(said)


def test_wants_bot_back_is_no_wish_for_a_person() -> None:
    assert wants_bot_back("can I talk to the bot again?")
    assert wants_bot_back("back to the assistant please")
    assert not wants_bot_back("I don't want to talk to a bot")
    assert not wants_bot_back("I want to give back my laptop")
