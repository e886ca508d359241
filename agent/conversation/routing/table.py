"""The router: one table from what is known of a message to what is done with it.

Pure. `route` goes down the rows of `TABLE` and takes the first whose condition holds; the
last one always does, so every input has exactly one row. What a row may look at is in
`RouterInputs` and nowhere else, and a decision keeps it as JSON, so that any turn can be
replayed later, without the classifier, the knowledge base or the session.

Asking the knowledge base is the dear part of a turn. The rows above `ask_knowledge_base`
do without it; that row says that its verdict is needed, and the caller comes back with it.

Confidences of intents and of answers are both calibrated probabilities, so they compare.
"""

from __future__ import annotations

from agent.conversation.routing.articles import (
    answer_settles,
    answered,
    by_chosen_article,
    by_name,
    chosen_article,
    intent_of_answer,
    named_article,
    refused,
    rival_articles,
    verdict_of,
    which_article,
)
from agent.conversation.routing.inputs import SOMETHING_ELSE, Routed, RouterInputs, Row, fixed
from agent.conversation.routing.intents import (
    asks_for_person,
    by_choice,
    by_request,
    by_rule,
    by_urgency,
    chats_small,
    chose_task,
    clearly_tied,
    doubtful,
    gets_through,
    handles,
    is_clear,
    least_of,
    may_be_chat,
    person_for,
    rule_of_intent,
    tied,
    too_many_forms,
    which_intent,
    which_task,
)
from agent.types import Decision, HandoverReason, Route
from agent.understanding.cleaning import MessageKind

__all__ = ["TABLE", "record", "replay", "route"]


def route(inputs: RouterInputs) -> Routed:
    """Return what the first row that fits gives."""
    # The last row always fits, so there is always one.
    return next(row.gives(inputs) for row in TABLE if row.when(inputs))


def record(routed: Routed, inputs: RouterInputs, id: str) -> Decision:  # noqa: A002
    """Return the record of what `route` made of the inputs.

    Raises:
        ValueError: That was to ask the knowledge base first.
    """
    if routed.route is None:
        msg = (
            f"the router's inputs {inputs!r} have no verdict, and row {routed.rule!r} needs one. "
            "Ask the knowledge base, add its verdict and decide again."
        )
        raise ValueError(msg)
    return Decision(
        id=id,
        route=routed.route,
        rule=routed.rule,
        intent=routed.intent,
        confidence=min(1.0, max(0.0, routed.confidence)),
        inputs=inputs.to_json(),
        explanation=routed.explanation,
    )


def replay(decision: Decision) -> Routed:
    """Decide again from the record alone."""
    return route(RouterInputs.from_json(decision.inputs))


def _form_step(inputs: RouterInputs) -> Routed:
    return Routed(
        "form_step",
        Route.HANDLE,
        intent=inputs.form_intent,
        explanation=f"The open form {inputs.form!r} took the message ({inputs.form_outcome}).",
    )


def _left_to_a_person(inputs: RouterInputs) -> bool:
    """Whether a message is for the person who has taken over, and no question or task."""
    return inputs.handed_over and (
        asks_for_person(inputs)
        or inputs.rule != ""
        or rule_of_intent(inputs) != ""
        or (may_be_chat(inputs) and not inputs.small)
    )


def _means_nothing(inputs: RouterInputs) -> bool:
    """Whether a chat page sent a payload that names nothing we know."""
    return inputs.message is MessageKind.PAYLOAD and not inputs.scores


def _still_open(inputs: RouterInputs) -> bool:
    """Whether a "yes" leaves open which of several things is meant."""
    return inputs.pending != "" and inputs.chosen is None and inputs.small in ("yes", "ok")


def _which_still(inputs: RouterInputs) -> Routed:
    return Routed(
        "which_still",
        Route.CLARIFY,
        explanation="The person said yes, but not to which of the choices.",
        kind=inputs.pending,
        choices=tuple(each for each in inputs.pending_values if each != SOMETHING_ELSE),
    )


def _unsettled_tie(inputs: RouterInputs) -> bool:
    return bool(tied(inputs)) and not answer_settles(inputs)


def _likely(inputs: RouterInputs) -> bool:
    first = inputs.first
    return (
        first is not None
        and first.scripted
        and first.confidence >= least_of(inputs)
        and not answer_settles(inputs)
    )


TABLE: tuple[Row, ...] = (
    Row(
        "broken",
        lambda i: i.broken,
        fixed("broken", Route.HANDLE, "Something inside failed, so the person got an apology."),
    ),
    Row("gets_through", gets_through, by_urgency),
    Row(
        "start_over",
        lambda i: i.message is MessageKind.START_OVER,
        fixed("start_over", Route.HANDLE, "The person asked to start over."),
    ),
    Row(
        "begins",
        lambda i: i.message is MessageKind.BEGIN or _means_nothing(i),
        fixed("begins", Route.HANDLE, "The chat page opened the conversation."),
    ),
    Row(
        "given_back",
        lambda i: i.wants_back,
        fixed("given_back", Route.HANDLE, "The person wants to go on without a colleague."),
    ),
    Row(
        "still_with_a_person",
        _left_to_a_person,
        fixed("still_with_a_person", Route.HANDOFF, "A person has taken over already."),
    ),
    Row(
        "action_failed",
        lambda i: i.failed_action != "",
        lambda i: Routed(
            "action_failed",
            Route.HANDOFF,
            intent=i.first.intent if i.first else i.form_intent,
            explanation=f"The action {i.failed_action!r} failed, so a person takes over.",
            reason=HandoverReason.ACTION_FAILED,
            detail=i.failed_action,
        ),
    ),
    Row(
        "handover_rule",
        lambda i: i.rule != "" or rule_of_intent(i) != "",
        by_rule,
    ),
    Row("asked_for_a_person", asks_for_person, by_request),
    Row(
        "form_failed",
        lambda i: i.form_outcome == "failed",
        lambda i: Routed(
            "form_failed",
            Route.HANDOFF,
            intent=i.form_intent,
            explanation=f"The answers to the form {i.form!r} made no sense, again and again.",
            reason=HandoverReason.FORM_FAILED,
            detail=i.form,
        ),
    ),
    Row(
        "form_to_a_person",
        lambda i: i.form_outcome == "done" and i.form_then.startswith("handover"),
        lambda i: Routed(
            "form_to_a_person",
            Route.HANDOFF,
            intent=i.form_intent,
            explanation=f"The form {i.form!r} is filled; a person takes over from there.",
            **person_for(i.form_then),
        ),
    ),
    Row(
        "form_step",
        lambda i: i.form_took_it and not i.form_then.startswith("answer"),
        _form_step,
    ),
    Row("which_still", _still_open, _which_still),
    Row("small_talk_word", chats_small, handles("small_talk_word", "")),
    Row(
        "small_word",
        lambda i: i.small in ("yes", "no", "ok", "done") and i.chosen is None,
        lambda i: Routed(
            "small_word",
            Route.HANDLE,
            explanation=f"The message says {i.small!r} and nothing else.",
        ),
    ),
    Row(
        "no_words",
        lambda i: i.message is MessageKind.NO_WORDS,
        fixed("no_words", Route.HANDLE, "The message holds no words."),
    ),
    Row(
        "nothing_to_cancel",
        lambda i: i.message is MessageKind.CANCEL,
        fixed("nothing_to_cancel", Route.HANDLE, "The person cancelled, but nothing was open."),
    ),
    Row(
        "chose_something_else",
        lambda i: i.chosen == SOMETHING_ELSE,
        fixed("chose_something_else", Route.HANDLE, "None of the choices was meant."),
    ),
    Row("chose_intent", chose_task, by_choice),
    Row(
        "unsupported_language",
        lambda i: not i.supported,
        lambda i: Routed(
            "unsupported_language",
            Route.ANSWER,
            explanation=f"The message is in a language that isn't answered: {i.language!r}.",
        ),
    ),
    Row(
        "denied",
        lambda i: i.denied != "" and not i.asks and not may_be_chat(i),
        lambda i: Routed(
            "denied",
            Route.HANDLE,
            explanation=f"The message says {i.denied!r}, so what it names isn't done.",
        ),
    ),
    Row(
        "too_many_forms",
        too_many_forms,
        lambda i: Routed(
            "too_many_forms",
            Route.HANDLE,
            intent=i.form_intent,
            explanation=f"{i.n_forms} forms are open; the last one has to be finished first.",
        ),
    ),
    Row("clear_intent", is_clear, handles("clear_intent", "")),
    Row("clearly_tied_intents", clearly_tied, which_intent("clearly_tied_intents")),
    Row(
        "ask_knowledge_base",
        lambda i: i.verdict is None,
        lambda i: Routed(
            "ask_knowledge_base",
            None,
            intent=intent_of_answer(i),
            explanation="Nothing is decided before the knowledge base was asked.",
        ),
    ),
    Row("chose_article", lambda i: chosen_article(i) is not None, by_chosen_article),
    Row("tied_intents", _unsettled_tie, which_intent("tied_intents")),
    Row(
        "likely_intent",
        _likely,
        handles("likely_intent", ", and no article answers with more confidence"),
    ),
    Row("named_article", lambda i: named_article(i) is not None, by_name),
    Row(
        "tied_articles",
        lambda i: bool(rival_articles(i)) and not i.clarified,
        which_article,
    ),
    Row("answered", lambda i: verdict_of(i).answered, answered),
    Row(
        "undone",
        lambda i: i.undone != "",
        lambda i: Routed(
            "undone",
            Route.HANDLE,
            confidence=verdict_of(i).confidence,
            explanation=(
                f"The message says {i.undone!r}, which is the opposite of what we can do, and no "
                "article answers."
            ),
        ),
    ),
    Row("likely_small_talk", may_be_chat, handles("likely_small_talk", ", and nothing else fits")),
    Row(
        "with_a_person",
        lambda i: i.handed_over,
        fixed("with_a_person", Route.HANDOFF, "A person has taken over this conversation."),
    ),
    Row("doubtful_intent", lambda i: bool(doubtful(i)), which_task),
    Row(
        "unsure_again",
        lambda i: i.unsure + 1 >= i.thresholds.unsure_turns and not i.mumbles,
        lambda i: Routed(
            "unsure_again",
            Route.HANDOFF,
            confidence=verdict_of(i).confidence,
            explanation=f"Nothing helped, {i.unsure + 1} times in a row.",
            reason=HandoverReason.UNSURE_TWICE,
            detail=verdict_of(i).reason or "",
        ),
    ),
    Row("refused", lambda _: True, refused),
)
"""First row that fits wins; the last one always fits."""
