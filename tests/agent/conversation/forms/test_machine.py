from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_form import COUNT, FILLED, ORDER, TODAY, asked, ranked, said, slots_of, summary, talk

from agent.configuration import Choice, Form, Say, Slot, SlotType
from agent.conversation.forms import FormOutcome, ask_again, fill, start
from agent.conversation.forms.values import valid
from agent.types import FormProgress, IntentRanking


def test_form_is_filled_one_answer_at_a_time() -> None:
    messages = ["a screen", "two", "next Friday", "anna@Example.ORG", "it broke", "yes please"]
    step = talk(ORDER, messages)
    assert step.outcome is FormOutcome.DONE
    assert step.progress is None
    assert step.slots == FILLED


def test_start_asks_the_first_question_with_its_choices() -> None:
    step = start(replace(ORDER, start="Let's see."))
    assert (step.say, step.choices) == ("Let's see. Which item?", ("monitor", "keyboard", "mouse"))
    assert step.outcome is FormOutcome.ASK


@pytest.mark.parametrize(
    ("slot", "message", "expected"),
    [
        ("item", "chair", "Please choose monitor, keyboard or mouse."),
        ("item", "mouse or keyboard", "that could be mouse or keyboard"),
        ("quantity", "lots", "a whole number, from 1 to 5"),
        ("quantity", "7", "7 is too high; it must be from 1 to 5"),
        ("quantity", "0", "0 is too low"),
        ("quantity", "1.5", "it must be a whole number"),
        ("quantity", "2 or 3", "I can only take one, 2 or 3"),
        ("needed_by", "soon", "like 'tomorrow', 'next Friday', '3 December' or 3/12/2026"),
        ("needed_by", "yesterday", "Sunday 22 November 2026 has passed already"),
        ("needed_by", "30 February", "there is no 30 February 2026"),
        ("contact", "anna at example", "like name@example.org"),
        ("reason", "x", "at least 3 characters"),
        ("reason", "x" * 101, "at most 100 characters"),
        ("reason", "...", "Please tell me in a few words."),
        ("quantity", "skip", "I can't go on without that"),
        ("quantity", "", "a whole number"),
    ],
)
def test_fill_says_what_was_expected(slot: str, message: str, expected: str) -> None:
    step = said(asked(slot, **{n: v for n, v in FILLED.items() if n != slot}), message)
    assert step.outcome is FormOutcome.ASK
    assert expected in step.say
    assert step.progress is not None
    assert (step.progress.asking, step.progress.failures) == (slot, 1)


def test_fill_says_the_configurations_hint() -> None:
    code = Slot("code", SlotType.TEXT, "Code?", "code", hint="Four figures.", pattern=r"\d{4}")
    form = Form("f", (code,), Say("ok"), "f")
    step = fill(form, FormProgress("f", {}, "code"), "12", today=TODAY)
    assert step.say == "Sorry, that doesn't look right. Four figures. Code?"
    assert talk(form, ["1234"]).slots == {"code": "1234"}


def test_fill_gives_up_after_three_answers_without_sense() -> None:
    step = talk(ORDER, ["blah", "hm", "🤷"])
    assert step.outcome is FormOutcome.FAILED
    assert step.progress is None


def test_fill_counts_failures_in_a_row_only() -> None:
    step = talk(ORDER, ["blah", "hm", "mouse", "blah", "hm"])
    assert step.outcome is FormOutcome.ASK
    assert step.progress is not None
    assert step.progress.failures == 2


@pytest.mark.parametrize(
    "message",
    ["cancel", "Cancel that, please.", "forget it", "never mind", "stop", "no, forget it",
     "I don't want it anymore", "I changed my mind", "cancel my order"],
)  # fmt: skip
@pytest.mark.parametrize("progress", [asked("reason"), asked("item"), summary()])
def test_fill_breaks_off(progress: FormProgress, message: str) -> None:
    step = said(progress, message)
    assert step.outcome is FormOutcome.CANCELLED
    assert step.say == ORDER.cancelled


def test_fill_takes_cancel_for_an_answer_where_it_is_one() -> None:
    what = Slot("what", SlotType.CHOICE, "What?", "what", choices=(Choice("cancel"), Choice("b")))
    assert talk(Form("f", (what,), Say("ok"), "f"), ["cancel"]).slots == {"what": "cancel"}


@pytest.mark.parametrize("message", ["skip", "none", "no thanks", "I don't have one", "-"])
def test_fill_leaves_an_optional_slot_out(message: str) -> None:
    step = said(asked("contact", item="mouse", quantity=1, needed_by="2026-12-04"), message)
    assert step.progress is not None
    assert step.progress.asking == "reason"
    assert "contact" not in step.slots


def test_fill_shows_nothing_for_what_was_left_out() -> None:
    assert "()" in said(summary(contact=""), "hm?!").say
    done = said(summary(contact=""), "yes")
    assert "contact" not in done.slots


@pytest.mark.parametrize(
    "message",
    ["yes", "Yes please!", "yep", "ok", "sure, go ahead", "that's right", "correct", "looks good",
     "👍", "yes, that's correct", "do it", "perfect thanks"],
)  # fmt: skip
def test_fill_is_confirmed_in_many_ways(message: str) -> None:
    assert said(summary(), message).outcome is FormOutcome.DONE


@pytest.mark.parametrize("message", ["no", "Nope", "not quite", "that's wrong", "no, wait"])
def test_fill_asks_what_to_change(message: str) -> None:
    step = said(summary(), message)
    assert step.outcome is FormOutcome.CONFIRM
    assert "What should I change" in step.say
    assert step.choices == ("Item", "Quantity", "Needed by", "Contact", "Reason", "Cancel")
    assert step.progress is not None
    changed = said(step.progress, "the item")
    assert changed.say == "Which item?"
    assert "item" not in slots_of(changed)


def test_ask_again_puts_the_open_question() -> None:
    assert ask_again(ORDER, asked("quantity", item="mouse"), today=TODAY).say == "How many?"
    assert ask_again(ORDER, summary()).say.startswith("2 x monitor for Friday 4 December 2026")


def test_fill_without_a_summary_is_done_with_the_last_answer() -> None:
    form = Form("f", (COUNT,), Say("ok"), "f")
    assert talk(form, ["3"]).outcome is FormOutcome.DONE


SNIPPETS = """yes|no|cancel|skip|change the item|make it|Friday|tomorrow|31/2|2|two|99|monitor|mouse
the second|anna@example.org|@|why?|what is this|no, |actually |to |instead|the date|:|?|...|👍|\x00
3 Dec|1e9|the|reason|quantity|blah|change|should be|how about|talk to a person"""


snippets = st.sampled_from(SNIPPETS.replace("\n", "|").split("|"))


messages = st.lists(snippets | st.text(max_size=8), max_size=5).map(" ".join)


rankings = st.none() | st.builds(
    ranked, st.sampled_from(["order", "other", "smalltalk/hello"]), st.floats(0, 1)
)


@settings(max_examples=120)
@given(
    opening=messages,
    turns=st.lists(st.tuples(messages, rankings), max_size=12),
    today=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    confirm=st.booleans(),
)
def test_random_conversations_end_well(
    opening: str,
    turns: list[tuple[str, IntentRanking | None]],
    today: date,
    confirm: bool,
) -> None:
    form = ORDER if confirm else replace(ORDER, confirm=None)
    step = start(form, message=opening, today=today)
    for message, ranking in turns:
        if step.progress is None:
            break
        before = step.progress
        step = fill(form, before, message, today=today, ranking=ranking, own={"order"})
        assert step == fill(form, before, message, today=today, ranking=ranking, own={"order"})
        if step.outcome is FormOutcome.NOT_FOR_FORM:
            assert step.progress is not None
            assert step.progress.slots == before.slots
    over = step.outcome in (FormOutcome.DONE, FormOutcome.CANCELLED, FormOutcome.FAILED)
    assert over == (step.progress is None)
    assert bool(step.say) == (step.outcome not in (FormOutcome.DONE, FormOutcome.FAILED))
    for name, value in step.slots.items():
        assert valid(form.slot(name), value, today=today)
    if step.outcome is FormOutcome.DONE:
        assert set(step.slots) >= {slot.name for slot in form.slots if not slot.optional}
    if step.progress is not None:
        assert json.loads(json.dumps(asdict(step.progress))) == asdict(step.progress)


@given(nonsense=st.lists(st.text("zxqj ", min_size=1, max_size=9), min_size=3, max_size=3))
def test_nonsense_three_times_always_ends_the_form(nonsense: list[str]) -> None:
    assert talk(ORDER, nonsense).outcome is FormOutcome.FAILED


@pytest.mark.parametrize("part", ["a", "no, ", "change ", "1,", "yes ", "(", "@a.", "2 ", "1/"])
def test_fill_is_not_held_up_by_long_messages(part: str) -> None:
    message = part * (100_000 // len(part))
    for progress in (asked("item"), asked("contact"), asked("needed_by"), summary()):
        # Anything quadratic would take minutes here, and one odd message never fails a form.
        assert said(progress, message).outcome is not FormOutcome.FAILED


def test_fill_gives_up_on_a_pattern_that_runs_away() -> None:
    code = Slot("code", SlotType.TEXT, "Code?", "code", pattern=r"(\w+\s?)+!")
    step = fill(Form("f", (code,), Say("ok"), "f"), FormProgress("f"), "ab " * 60, today=TODAY)
    assert step.outcome is FormOutcome.ASK
