from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.polarity import denied_spans, differ_in_polarity, polarity, turned_round


@pytest.mark.parametrize(
    "message",
    [
        "please don't order a monitor",
        "I do not need a monitor",
        "don't call me back",
        "I did not lose my laptop",
        "I don't want to talk to a human",
        "I wouldn't like to order a monitor",
        "no need to call me back",
        "I am not asking for a new laptop",
        "I never ordered a monitor",
        "no monitor please",
        "I'd rather not order a headset today",
        "never mind the monitor",
        "forget about the monitor",
    ],
)
def test_polarity_leaves_nothing_of_what_is_only_denied(message: str) -> None:
    sides = polarity(message)
    assert sides.rest == ""
    assert sides.denied


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("my password is fine, it's the vpn that doesn't work", "it's the vpn that doesn't work"),
        ("I'm not sick, I just need a day off", "I just need a day off"),
        ("I don't want a monitor but a keyboard", "I want a keyboard"),
        ("I want a keyboard, not a monitor", "I want a keyboard"),
        ("order a headset instead of a monitor", "order a headset"),
        ("My laptop is fine but my phone was stolen", "my phone was stolen"),
    ],
)
def test_polarity_keeps_what_is_said_beside(message: str, rest: str) -> None:
    assert polarity(message).rest == rest
    assert polarity(message).denied


@pytest.mark.parametrize(
    "message",
    [
        "don't forget to order me a monitor",
        "can't you just call me back",
        "why don't you call me",
        "I can't log in",
        "my laptop doesn't start",
        "I didn't get my monitor",
        "I don't know how to reset my password",
        "I'm not happy with your service",
        "never mind",
        "no wifi",
        "don't you have a phone number?",
    ],
)
def test_polarity_takes_a_fault_or_a_question_for_no_denial(message: str) -> None:
    assert polarity(message).rest == message
    assert polarity(message).denied == ""


@pytest.mark.parametrize(
    ("message", "cue"),
    [
        ("cancel my leave request", "cancel"),
        ("please withdraw my request", "withdraw"),
        ("can you call off the catering", "call off"),
        ("I no longer need the monitor I ordered", "no longer need"),
        ("order a monitor", ""),
        ("I want to stop here", ""),
        ("my cancellation fee", ""),
    ],
)
def test_turned_round_names_the_opposite(message: str, cue: str) -> None:
    assert turned_round(message) == cue


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("not urgent", ["not urgent"]),
        ("anything but low", ["anything but low"]),
        ("not that urgent, so low", ["not that urgent"]),
        ("low, no wait, high", ["low, no wait, "]),
        ("monday, not tuesday", ["not tuesday"]),
        ("no later than friday", []),
        ("not sure, maybe friday", []),
        ("friday please", []),
    ],
)
def test_denied_spans_covers_what_a_value_is_not(text: str, denied: list[str]) -> None:
    assert [text[start:end] for start, end in denied_spans(text)] == denied


def test_opposites_differ_and_other_words_do_not() -> None:
    assert differ_in_polarity({"on"}, {"off"})
    assert differ_in_polarity({"mute"}, {"unmute"})
    assert differ_in_polarity(set(), {"not"})
    assert not differ_in_polarity({"kitchen"}, {"hall"})


@given(st.text(max_size=300))
def test_polarity_takes_any_text(text: str) -> None:
    sides = polarity(text)
    assert sides.rest == text or sides.denied
    for start, end in denied_spans(text):
        assert 0 <= start <= end <= len(text)
