from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.conversation.routing import (
    SOMETHING_ELSE,
    TABLE,
    FoundArticle,
    RouterInputs,
    Thresholds,
    VerdictFacts,
    record,
    replay,
    route,
)
from agent.types import Decision, HandoverReason, IntentScore, Route
from agent.understanding.cleaning import MessageKind

TARGETS = {
    "hello": "smalltalk:hello",
    "bye": "smalltalk:bye",
    "order": "form:order",
    "reorder": "form:order",
    "fault": "form:fault",
    "ticket": "call:ticket",
    "hours": "answer:When is the desk open?",
    "parking": "say:parking",
    "person": "handover",
    "complaint": "handover:complaints desk",
}
ANSWERED = VerdictFacts("answered", None, 0.7, (FoundArticle("a", "A", 0.7, "one"),))
REFUSED = VerdictFacts("refused", "low_confidence", 0.1, (FoundArticle("a", "A", 0.1, "one"),))


def inputs(*scores: tuple[str, float], in_scope: float = 1.0, **facts: object) -> RouterInputs:
    """Return inputs with a ranking, and facts that differ from the plain ones."""
    ranked = tuple(IntentScore(intent, confidence) for intent, confidence in scores)
    plain = RouterInputs(scores=ranked, in_scope=in_scope, scope_threshold=0.5, targets=TARGETS)
    return replace(plain, **facts)  # type: ignore[arg-type]


# One case a row: that row fires, with this route.
CASES: dict[str, tuple[RouterInputs, Route | None]] = {
    "broken": (inputs(broken=True), Route.HANDLE),
    "start_over": (inputs(message=MessageKind.START_OVER, handed_over=True), Route.HANDLE),
    "gets_through": (
        inputs(
            urgent="parking",
            form="order",
            form_outcome="ask",
            pending="intent",
            handed_over=True,
        ),
        Route.HANDLE,
    ),
    "begins": (inputs(message=MessageKind.BEGIN, handed_over=True), Route.HANDLE),
    "given_back": (inputs(("person", 0.6), handed_over=True, wants_back=True), Route.HANDLE),
    "still_with_a_person": (inputs(("person", 0.9), handed_over=True), Route.HANDOFF),
    "with_a_person": (inputs(in_scope=0.1, handed_over=True, verdict=REFUSED), Route.HANDOFF),
    "which_still": (
        inputs(pending="intent", pending_values=("order", "fault", SOMETHING_ELSE), small="yes"),
        Route.CLARIFY,
    ),
    "small_talk_word": (inputs(("hello", 0.9), small="ok"), Route.HANDLE),
    "small_word": (inputs(("complaint", 0.4), small="no"), Route.HANDLE),
    "denied": (inputs(("fault", 0.2), denied="don't order"), Route.HANDLE),
    "undone": (inputs(in_scope=0.1, undone="cancel", verdict=REFUSED), Route.HANDLE),
    "action_failed": (inputs(("ticket", 0.9), failed_action="ticket"), Route.HANDOFF),
    "handover_rule": (inputs(("hello", 0.99), rule="legal"), Route.HANDOFF),
    "asked_for_a_person": (inputs(("person", 0.9), ("order", 0.05)), Route.HANDOFF),
    "form_failed": (inputs(form="order", form_outcome="failed"), Route.HANDOFF),
    "form_to_a_person": (
        inputs(form="order", form_outcome="done", form_then="handover:orders"),
        Route.HANDOFF,
    ),
    "form_step": (inputs(("person", 0.9), form="order", form_outcome="ask"), Route.HANDLE),
    "nothing_to_cancel": (inputs(message=MessageKind.CANCEL), Route.HANDLE),
    "chose_something_else": (inputs(pending="intent", chosen=SOMETHING_ELSE), Route.HANDLE),
    "no_words": (inputs(message=MessageKind.NO_WORDS), Route.HANDLE),
    "chose_intent": (inputs(pending="intent", chosen="fault"), Route.HANDLE),
    "unsupported_language": (inputs(("order", 0.9), supported=False), Route.ANSWER),
    "too_many_forms": (inputs(("order", 0.9), form="fault", n_forms=3), Route.HANDLE),
    "clear_intent": (inputs(("order", 0.9)), Route.HANDLE),
    "clearly_tied_intents": (inputs(("order", 0.48), ("fault", 0.46)), Route.CLARIFY),
    "ask_knowledge_base": (inputs(("hello", 0.9), in_scope=0.1), None),
    "chose_article": (inputs(pending="article", chosen="a", verdict=REFUSED), Route.ANSWER),
    "tied_intents": (
        inputs(("order", 0.3), ("fault", 0.28), asks=True, verdict=REFUSED),
        Route.CLARIFY,
    ),
    "likely_intent": (inputs(("order", 0.6), verdict=REFUSED), Route.HANDLE),
    "tied_articles": (
        inputs(
            verdict=VerdictFacts(
                "answered",
                None,
                0.6,
                (FoundArticle("a", "A", 0.6, "one"), FoundArticle("b", "B", 0.55, "two")),
            )
        ),
        Route.CLARIFY,
    ),
    "named_article": (
        inputs(
            verdict=VerdictFacts(
                "refused",
                "low_confidence",
                0.3,
                (FoundArticle("a", "A", 0.3, "one"), FoundArticle("b", "B", 0.29, "two", True)),
            )
        ),
        Route.ANSWER,
    ),
    "answered": (inputs(verdict=ANSWERED), Route.ANSWER),
    "likely_small_talk": (inputs(("hello", 0.3), verdict=REFUSED), Route.HANDLE),
    "doubtful_intent": (inputs(("order", 0.3), verdict=REFUSED), Route.CLARIFY),
    "unsure_again": (inputs(verdict=REFUSED, unsure=1), Route.HANDOFF),
    "refused": (inputs(verdict=REFUSED), Route.ANSWER),
}


def test_table_names_every_row_once_and_has_a_case_for_each() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))
    assert set(names) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_route_takes_the_row(name: str) -> None:
    given_inputs, expected = CASES[name]
    routed = route(given_inputs)
    assert (routed.rule, routed.route) == (name, expected)
    assert routed.explanation.endswith(".")


def test_route_needs_no_verdict_for_scripted_turns() -> None:
    for scores in ([("hello", 0.9)], [("person", 0.6)], [("order", 0.8)], [("ticket", 0.95)]):
        assert not route(inputs(*scores)).needs_verdict


def test_route_sums_intents_that_lead_to_the_same_form() -> None:
    routed = route(inputs(("order", 0.45), ("reorder", 0.4), ("hello", 0.15)))
    assert (routed.rule, routed.intent) == ("clear_intent", "order")
    assert routed.confidence == pytest.approx(0.85)


def test_route_prefers_an_answer_that_is_surer_than_the_intent() -> None:
    sure = replace(ANSWERED, confidence=0.9)
    assert route(inputs(("order", 0.6), verdict=sure)).rule == "answered"
    assert route(inputs(("order", 0.6), verdict=ANSWERED)).rule == "likely_intent"


def test_route_does_what_is_plainly_wished_whatever_an_article_says() -> None:
    sure = replace(ANSWERED, confidence=0.95)
    wish = inputs(("order", 0.7), verdict=sure)
    assert route(wish).rule == "likely_intent"
    assert route(replace(wish, asks=True)).rule == "answered"


def test_route_follows_a_wish_sooner_than_it_turns_a_question_into_a_task() -> None:
    wish = inputs(("order", 0.4), verdict=ANSWERED)
    assert route(wish).rule == "likely_intent"
    assert route(replace(wish, asks=True)).rule == "answered"


def test_route_tells_how_a_task_is_done_before_it_does_it() -> None:
    how = inputs(("order", 0.95), asks=True, asks_how=True)
    assert route(how).needs_verdict
    assert route(replace(how, verdict=ANSWERED)).rule == "answered"
    assert route(replace(how, verdict=REFUSED)).rule == "likely_intent"


def test_route_believes_no_intent_out_of_scope() -> None:
    routed = route(inputs(("order", 0.99), in_scope=0.45, verdict=REFUSED))
    assert routed.rule == "refused"


def test_route_asks_back_only_once_in_a_row() -> None:
    for name in ("clearly_tied_intents", "tied_intents", "tied_articles", "doubtful_intent"):
        once, _ = CASES[name]
        again = route(replace(once, clarified=True, verdict=once.verdict or REFUSED))
        assert again.route is not Route.CLARIFY


def test_route_asks_back_about_small_talk_and_questions_never() -> None:
    routed = route(inputs(("hello", 0.48), ("bye", 0.47), verdict=REFUSED))
    assert (routed.rule, routed.intent) == ("likely_small_talk", "hello")
    assert route(inputs(("hours", 0.48), ("pto", 0.47), verdict=REFUSED)).rule == "refused"


def test_route_takes_articles_that_say_the_same_for_one() -> None:
    same = VerdictFacts(
        "answered",
        None,
        0.6,
        (FoundArticle("a", "A", 0.6, "in June"), FoundArticle("b", "B", 0.58, "in  June")),
    )
    assert route(inputs(verdict=same)).rule == "answered"


def test_route_hands_over_by_the_rule_of_an_intent() -> None:
    routed = route(inputs(("order", 0.9), rules={"order": "purchases"}))
    assert (routed.reason, routed.detail) == (HandoverReason.RULE, "purchases")


def test_route_names_the_reason_for_a_person() -> None:
    asked = route(inputs(("person", 0.9)))
    assert (asked.reason, asked.detail) == (HandoverReason.ASKED, "")
    rule = route(inputs(("complaint", 0.9)))
    assert (rule.reason, rule.detail) == (HandoverReason.RULE, "complaints desk")


def test_route_asks_the_knowledge_base_for_a_chosen_question() -> None:
    chosen = inputs(pending="intent", chosen="hours")
    assert route(chosen).needs_verdict
    answered = route(replace(chosen, verdict=ANSWERED))
    assert (answered.rule, answered.intent) == ("answered", "hours")


def test_route_asks_the_knowledge_base_after_a_form_that_says_so() -> None:
    done = inputs(form="order", form_intent="order", form_outcome="done", form_then="answer")
    assert route(done).needs_verdict
    assert route(replace(done, verdict=ANSWERED)).intent == "order"


def test_decide_refuses_inputs_that_still_need_a_verdict() -> None:
    with pytest.raises(ValueError, match="Ask the knowledge base"):
        record(route(inputs()), inputs(), "d1")


confidences = st.floats(0.0, 1.0)
names = st.sampled_from([*TARGETS, "pto", "vpn"])
found_articles = st.lists(
    st.builds(
        FoundArticle,
        article_id=st.sampled_from("abc"),
        title=st.sampled_from(["A", "B"]),
        confidence=confidences,
        quote=st.sampled_from(["one", "two"]),
        named=st.booleans(),
    ),
    max_size=3,
).map(lambda found: tuple(sorted(found, key=lambda one: -one.confidence)))
verdicts = st.builds(
    lambda reason, found: VerdictFacts(
        "refused" if reason else "answered", reason, found[0].confidence if found else 0.0, found
    ),
    st.sampled_from([None, "not_found", "low_confidence", "unsupported_language"]),
    found_articles,
)
any_inputs = st.builds(
    RouterInputs,
    message=st.sampled_from(MessageKind),
    asks=st.booleans(),
    asks_how=st.booleans(),
    supported=st.booleans(),
    language=st.sampled_from(["", "en", "de"]),
    scores=st.lists(st.builds(IntentScore, names, confidences), max_size=5).map(
        lambda scores: tuple(sorted(scores, key=lambda one: -one.confidence))
    ),
    in_scope=confidences,
    scope_threshold=confidences,
    targets=st.just(TARGETS),
    rule=st.sampled_from(["", "", "", "legal"]),
    rules=st.sampled_from([{}, {"order": "purchases"}]),
    form=st.sampled_from(["", "order", "fault"]),
    form_intent=st.sampled_from([None, "order"]),
    form_outcome=st.sampled_from(
        ["", "", "ask", "confirm", "done", "cancelled", "failed", "not_for_form"]
    ),
    form_then=st.sampled_from(["", "say:", "answer", "answer:x", "handover", "call:ticket"]),
    n_forms=st.integers(0, 4),
    pending=st.sampled_from(["", "intent", "article"]),
    chosen=st.sampled_from([None, None, SOMETHING_ELSE, "order", "person", "hours", "a"]),
    clarified=st.booleans(),
    unsure=st.integers(0, 3),
    handed_over=st.booleans(),
    broken=st.sampled_from([False, False, False, True]),
    failed_action=st.sampled_from(["", "", "ticket"]),
    verdict=st.none() | verdicts,
    thresholds=st.builds(
        Thresholds,
        handle=confidences,
        consider=confidences,
        tie=confidences,
        unsure_turns=st.integers(1, 4),
    ),
)


@settings(max_examples=400)
@given(any_inputs)
def test_every_input_has_a_row_and_every_decision_replays(inputs: RouterInputs) -> None:
    routed = route(inputs)
    if routed.needs_verdict:
        assert inputs.verdict is None
        return
    decision = record(route(inputs), inputs, "d")
    stored = replace(decision, inputs=json.loads(json.dumps(decision.inputs)))
    again = replay(stored)
    assert (again.route, again.rule, again.intent) == (routed.route, routed.rule, routed.intent)
    assert again == routed
    assert isinstance(decision, Decision)
    assert 0.0 <= routed.confidence <= 5.0
    # A reason stands for a new handover and for nothing else.
    assert routed.reason is None or routed.route is Route.HANDOFF
    if routed.route is Route.CLARIFY:
        assert not inputs.clarified
        assert 1 <= len(routed.choices) <= 3
        assert len(set(routed.choices)) == len(routed.choices)


@settings(max_examples=200)
@given(any_inputs)
def test_a_verdict_is_all_that_is_ever_missing(inputs: RouterInputs) -> None:
    if route(inputs).needs_verdict:
        assert not route(replace(inputs, verdict=REFUSED)).needs_verdict
