"""A decision record in words: nothing in it is left out, and little is needed."""

from __future__ import annotations

from typing import Any

import pytest

from agent.conversation.routing.why import explain
from agent.types import Decision, Route


def lines(**inputs: Any) -> str:
    decision = Decision("d", Route.CLARIFY, "tied", "a", 0.4, inputs, "Two are tied.")
    return "\n".join(
        text
        for section in explain(decision)
        for text in (section.title, *section.lines, *(" | ".join(row) for row in section.rows))
    )


def test_explain_starts_with_the_outcome() -> None:
    first = explain(Decision("d", Route.CLARIFY, "tied", None, 0.4, {}, "Two are tied."))[0]
    assert first.lines == (
        "Two are tied.",
        "So the turn went to a question back (CLARIFY), by the rule 'tied', 40 % sure.",
    )


def test_explain_says_when_no_intent_is_believed() -> None:
    shown = lines(
        scores=[{"intent": "a", "confidence": 0.5}], in_scope=0.2, scope_threshold=0.4, targets={}
    )
    assert "20 % sure that the message is about one of them (at least 40 % is needed)" in shown
    assert "so none is believed" in shown
    assert "a | 10 % | 50 % | the knowledge base" in shown


def test_explain_names_handover_rules_of_intents() -> None:
    shown = lines(scores=[{"intent": "a", "confidence": 1.0}], in_scope=1.0, rules={"a": "legal"})
    assert "a | 100 % | 100 % | a person, by the rule 'legal'" in shown


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"message": "no_words"}, "The message has no words."),
        ({"supported": False, "language": "de"}, "The language (de) isn't supported."),
        ({"asks": True}, "The message is put as a question."),
        ({"form_then": "answer:How?", "form": "x"}, "the knowledge base, asked 'How?'."),
        ({"form_then": "handover:legal", "form": "x"}, "a person, by the rule 'legal'."),
        ({"broken": True}, "Something inside failed"),
        ({"rule": "legal"}, "set off the handover rule 'legal'"),
        ({"form": "order", "form_outcome": "ask"}, "open form 'order' took the message (ask)."),
        (
            {"form": "order", "form_outcome": "not_for_form", "n_forms": 2},
            "left the message to others.\n2 forms are open.",
        ),
        ({"form": "order", "form_then": "call:place"}, "After the form comes the call 'place'."),
        ({"pending": "intent", "chosen": "b"}, "(intent) was open, and 'b' was chosen."),
        ({"pending": "article", "chosen": None}, "and nothing was chosen."),
        ({"clarified": True}, "asked back, so this one may not"),
        ({"unsure": 1, "thresholds": {"unsure_turns": 2}}, "1 of 2 turns in a row"),
        ({"failed_action": "place"}, "The call 'place' failed."),
        ({"handed_over": True}, "A person has taken over."),
        ({"verdict": {"status": "answered", "confidence": 0.8}}, "It answers, 80 % sure."),
        ({"verdict": {"status": "refused", "reason": "odd"}}, "It doesn't answer: odd."),
        ({"verdict": None}, "It wasn't asked"),
        ({"thresholds": {"tie": 0.1, "new": 0.25}}, "new: 0.25."),
        ({"unknown": [0.5, {"x": []}]}, "unknown | 0.5, x none"),
    ],
)
def test_explain_words_what_counted(inputs: dict[str, Any], words: str) -> None:
    assert words in lines(**inputs)
