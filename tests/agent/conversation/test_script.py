from __future__ import annotations

import pytest

from agent.configuration.schema import (
    AgentConfig,
    Answer,
    Call,
    Form,
    Handling,
    HandOver,
    HandoverRule,
    HandoverSettings,
    OpenForm,
    Routing,
    Say,
    Slot,
    SlotType,
    Step,
)
from agent.configuration.smalltalk import SmallTalk
from agent.conversation.script import PERSON_INTENT, Script, person_examples, target_of
from agent.types import HandoverReason

ASKED = HandOver(HandoverReason.ASKED)


def script(rules: tuple[HandoverRule, ...] = (), **steps: Step) -> Script:
    handle = {name: Handling(name, step, f"Do {name}") for name, step in steps.items()}
    config = AgentConfig(name="desk", handle=handle, handover=HandoverSettings(rules=rules))
    return Script.make(config, [SmallTalk("smalltalk/how-are-you", ("how are you",), "Fine.")])


@pytest.mark.parametrize(
    ("step", "target"),
    [
        (Say("Hi."), "say:order"),
        (Answer(), "answer"),
        (Answer("When?"), "answer:When?"),
        (OpenForm("desk"), "form:desk"),
        (Call("lookup"), "call:lookup"),
        (ASKED, "handover"),
        (HandOver(HandoverReason.RULE, "press"), "handover:press"),
        (HandOver(HandoverReason.RULE), "handover:order"),
    ],
)
def test_target_says_what_a_step_leads_to(step: Step, target: str) -> None:
    assert target_of(step, "order") == target


def test_targets_hold_small_talk_a_person_and_what_is_configured() -> None:
    made = script(order=OpenForm("desk"), reorder=OpenForm("desk"))
    assert dict(made.targets) == {
        "smalltalk/how-are-you": "smalltalk:smalltalk/how-are-you",
        PERSON_INTENT: "handover",
        "order": "form:desk",
        "reorder": "form:desk",
    }
    assert made.opening("desk") == ("order", "reorder")
    assert made.opening("taxi") == ()


def test_thresholds_are_the_configurations() -> None:
    config = AgentConfig(
        name="desk",
        routing=Routing(handle=0.6, consider=0.2, tie=0.05),
        handover=HandoverSettings(unsure_turns=3),
    )
    found = Script.make(config).thresholds
    assert (found.handle, found.consider, found.tie, found.unsure_turns) == (0.6, 0.2, 0.05, 3)


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("I will ask my LAWYER", "legal"),
        ("there is a law  suit\ncoming", "legal"),
        ("the lawyers' lounge", ""),
        ("outlaw suits", ""),
        ("what does C++ (new) mean", "odd"),
        ("", ""),
    ],
)
def test_rules_find_whole_words_however_they_are_spaced(message: str, rule: str) -> None:
    made = script(
        (
            HandoverRule("legal", words=("lawyer", "law suit")),
            HandoverRule("odd", words=("C++ (new)", "  ")),
            HandoverRule("late", words=("lawyer",)),
            HandoverRule("empty", words=(" ",)),
        )
    )
    assert made.rule_for(message) == rule


def test_rules_of_intents_are_the_first_that_name_them() -> None:
    made = script((HandoverRule("one", intents=("a", "b")), HandoverRule("two", intents=("b",))))
    assert dict(made.rules) == {"a": "one", "b": "one"}


def test_personal_slots_are_those_of_all_forms() -> None:
    slots = (
        Slot("mail", SlotType.EMAIL, "Which?", "mail", personal=True),
        Slot("item", SlotType.TEXT, "Which?", "item"),
    )
    forms = {"order": Form("order", slots, Say("Done."), "the order")}
    assert Script.make(AgentConfig(name="desk", forms=forms)).personal_slots == {"mail"}


def test_labels_are_words() -> None:
    made = script(order=Say("Hi."))
    assert made.label("order") == "Do order"
    assert made.label(PERSON_INTENT) == "Talk to a person"
    assert made.label("smalltalk/how-are-you") == "How are you"
    assert made.label("__") == "__"


def test_everybody_can_ask_for_a_person() -> None:
    config = AgentConfig(name="desk")
    found = person_examples(config, ())
    assert len(found) >= 10
    assert {one.intent for one in found} == {PERSON_INTENT}
    assert person_examples(config, [PERSON_INTENT]) == ()


def test_an_own_way_to_ask_for_a_person_needs_examples() -> None:
    config = AgentConfig(name="desk", handle={"human": Handling("human", ASKED, "Human")})
    assert person_examples(config, ["human"]) == ()
    # Without any nobody could be understood to ask.
    assert person_examples(config, ["order"])
