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

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, TypedDict

from agent.followups.words import FUNCTION_WORDS
from agent.types import Decision, HandoverReason, IntentScore, Route, Verdict

__all__ = [
    "MAX_CHOICES",
    "SOMETHING_ELSE",
    "TABLE",
    "FoundArticle",
    "MessageKind",
    "Routed",
    "RouterInputs",
    "Row",
    "Standing",
    "Thresholds",
    "VerdictFacts",
    "decide",
    "replay",
    "route",
    "verdict_facts",
]

SOMETHING_ELSE = "something else"
"""The value that stands for "none of these" among the choices of a clarifying question."""

MAX_CHOICES = 3
"""Choices of a clarifying question, without "something else"."""

_MAX_FORMS = 3
"""Forms open at the same time, the ones that wait included."""


class MessageKind(StrEnum):
    """What a message is before anyone tries to understand it."""

    WORDS = "words"
    NO_WORDS = "no_words"
    START_OVER = "start_over"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Thresholds:
    """The configuration's numbers that the table compares with, 0 to 1 but for the last.

    Attributes:
        handle: Least confidence of an intent that is acted on without asking back.
        consider: Least confidence of an intent that is worth a clarifying question.
        tie: Two intents, or two articles, that differ by less are nearly tied.
        unsure_turns: Turns in a row without help before a person takes over.
    """

    handle: float = 0.5
    consider: float = 0.25
    tie: float = 0.1
    unsure_turns: int = 2

    @property
    def wish(self) -> float:
        """Least confidence of a task that a message wishes or orders rather than asks about."""
        return (self.handle + self.consider) / 2.0

    @property
    def plain_wish(self) -> float:
        """From here on a wish counts for more than any answer: half-way to `sure`."""
        return (self.handle + self.sure) / 2.0

    @property
    def sure(self) -> float:
        """From here on nothing else is looked at: half-way from `handle` to certainty."""
        return (1.0 + self.handle) / 2.0


@dataclass(frozen=True)
class FoundArticle:
    """One answer or candidate of the knowledge base.

    Attributes:
        article_id: The article quoted.
        title: Its title.
        confidence: Probability that the quote is right.
        quote: The answer's own text, to tell two articles that say the same.
        named: The question holds a word that stands in this title and in no other's.
    """

    article_id: str
    title: str
    confidence: float
    quote: str = ""
    named: bool = False


@dataclass(frozen=True)
class VerdictFacts:
    """The part of the knowledge base's verdict that counts.

    Attributes:
        status: "answered" or "refused".
        reason: The refusal's reason, or None.
        confidence: Of the first answer or candidate; 0 without any.
        found: Answers, or candidates under a refusal, best first.
    """

    status: str
    reason: str | None = None
    confidence: float = 0.0
    found: tuple[FoundArticle, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether the knowledge base stands by its first answer."""
        return self.status == "answered"


def verdict_facts(verdict: Verdict) -> VerdictFacts:
    """Take from a verdict what the router looks at."""
    titles = {answer.article_id: _words(answer.title) for answer in verdict.answers}
    asked = _words(verdict.question)
    named = {
        article
        for article, words in titles.items()
        if asked & words.difference(*(titles[other] for other in titles if other != article))
    }
    return VerdictFacts(
        status=verdict.status,
        reason=verdict.reason,
        confidence=verdict.confidence,
        found=tuple(
            FoundArticle(
                answer.article_id,
                answer.title,
                answer.confidence,
                answer.text,
                answer.article_id in named,
            )
            for answer in verdict.answers
        ),
    )


def _words(text: str) -> set[str]:
    """Return the words that tell titles apart; an article's "a" doesn't."""
    words = re.findall(r"\w+", text.casefold())
    return {word for word in words if len(word) > 2 and word not in FUNCTION_WORDS}


@dataclass(frozen=True)
class Standing:
    """How likely a message wants one thing that we can do.

    Attributes:
        target: What is done: "say:thanks", "smalltalk:hello", "form:order", "call:ticket",
            "handover", "handover:detail", "answer" or "answer:question"; two intents with
            the same target are one thing.
        intent: The likeliest intent that leads there.
        confidence: Sum over the intents that lead there.
    """

    target: str
    intent: str
    confidence: float

    @property
    def kind(self) -> str:
        """The target without its name."""
        return self.target.partition(":")[0]

    @property
    def task(self) -> bool:
        """Whether it is something that we do, rather than look up or chat about."""
        return self.kind in ("form", "call", "handover", "say")

    @property
    def scripted(self) -> bool:
        """Whether it is done without the knowledge base."""
        return self.kind != "answer"


@dataclass(frozen=True)
class RouterInputs:
    """Everything that the table may look at.

    Attributes:
        message: What the message is before it is understood.
        asks: It is put as a question rather than as a wish or an order.
        asks_how: It asks how something is done, or how much or long it is.
        supported: Whether it is in a language that we answer.
        language: Two letters, or empty where nothing is known.
        scores: The classifier's labels with their probabilities given that the message
            is in scope, best first.
        in_scope: Probability that it is.
        scope_threshold: Least `in_scope` at which the best label is believed.
        targets: Intent → what it leads to (see `Standing.target`), for the labels in
            `scores` and for `chosen`; a label that isn't here goes to the knowledge base.
        rule: Name of the handover rule that a word of the message set off, or empty.
        rules: Intent → name of the handover rule that it sets off.
        form: The open form's name, or empty.
        form_intent: The intent that leads to it, or None.
        form_outcome: What the form made of the message: "ask", "confirm", "done",
            "cancelled", "failed", or "not_for_form"; empty without a form.
        form_then: What follows the form, as a target; empty unless it is done.
        n_forms: How many forms are open, the ones that wait included.
        pending: "intent" or "article" while a clarifying question awaits its answer.
        chosen: The value that the message chose there, `SOMETHING_ELSE`, or None.
        clarified: The turn before asked back, so this one may not.
        unsure: Turns in a row, before this one, that nobody was helped with.
        handed_over: A person has taken over.
        broken: Something inside failed while the message was looked at.
        failed_action: The action that was just tried in vain, or empty.
        verdict: What the knowledge base says, or None while it wasn't asked.
        thresholds: The numbers to compare with.
    """

    message: MessageKind = MessageKind.WORDS
    asks: bool = False
    asks_how: bool = False
    supported: bool = True
    language: str = ""
    scores: tuple[IntentScore, ...] = ()
    in_scope: float = 0.0
    scope_threshold: float = 0.5
    targets: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    form_intent: str | None = None
    form_outcome: str = ""
    form_then: str = ""
    n_forms: int = 0
    pending: str = ""
    chosen: str | None = None
    clarified: bool = False
    unsure: int = 0
    handed_over: bool = False
    broken: bool = False
    failed_action: str = ""
    verdict: VerdictFacts | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def form_took_it(self) -> bool:
        """Whether the open form understood the message as an answer to its question."""
        return self.form_outcome in ("ask", "confirm", "done", "cancelled")

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """What the message may want, likeliest first; nothing if it was an answer to us.

        A message that chose among our choices, or that the open form took, was meant for
        that; what the classifier makes of "2" or "next Friday" doesn't count.
        """
        if self.chosen is not None or self.form_took_it:
            return ()
        best: dict[str, Standing] = {}
        for score in self.scores:
            target = self.targets.get(score.intent, "answer")
            confidence = score.confidence * self.in_scope
            before = best.get(target)
            if before is None:
                best[target] = Standing(target, score.intent, confidence)
            else:
                best[target] = Standing(target, before.intent, before.confidence + confidence)
        # Ties by name, so that equal scores always give the same choice.
        return tuple(sorted(best.values(), key=lambda one: (-one.confidence, one.target)))

    @property
    def believed(self) -> bool:
        """Whether the message is taken to be one of the intents at all."""
        return bool(self.standings) and self.in_scope >= self.scope_threshold

    @property
    def first(self) -> Standing | None:
        """What the message most likely wants, or None if it is none of the intents'."""
        return self.standings[0] if self.believed else None

    @property
    def gap(self) -> float:
        """How far the likeliest is ahead of the next."""
        if not self.standings:
            return 0.0
        behind = self.standings[1].confidence if len(self.standings) > 1 else 0.0
        return self.standings[0].confidence - behind

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        # `asdict` copies everything deeply, which takes longer than routing does.
        values = {name: getattr(self, name) for name in _INPUT_NAMES}
        values["message"] = self.message.value
        values["scores"] = [
            {"intent": score.intent, "confidence": score.confidence} for score in self.scores
        ]
        values["targets"], values["rules"] = dict(self.targets), dict(self.rules)
        values["thresholds"] = asdict(self.thresholds)
        if self.verdict is not None:
            values["verdict"] = asdict(self.verdict)
            values["verdict"]["found"] = [asdict(found) for found in self.verdict.found]
        return values

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> RouterInputs:
        """Read what `to_json` wrote."""
        verdict = written["verdict"]
        return cls(
            **{
                **written,
                "message": MessageKind(written["message"]),
                "scores": tuple(IntentScore(**score) for score in written["scores"]),
                "verdict": None
                if verdict is None
                else VerdictFacts(
                    **{
                        **verdict,
                        "found": tuple(FoundArticle(**found) for found in verdict["found"]),
                    }
                ),
                "thresholds": Thresholds(**written["thresholds"]),
            }
        )


_INPUT_NAMES = tuple(each.name for each in fields(RouterInputs))


@dataclass(frozen=True)
class Routed:
    """What a row of the table gives.

    Attributes:
        rule: The row's name.
        route: Where the turn goes; None asks for the knowledge base's verdict first.
        intent: The intent acted on, or None.
        confidence: Of what was chosen, 0 to 1.
        explanation: One sentence that a support lead can read.
        kind: What the choices are: "intent" or "article"; empty without any.
        choices: Intent names or article ids to choose from.
        article: The article to quote from, if the person chose one.
        reason: Why a person takes over, if one does.
        detail: The rule or action behind it.
    """

    rule: str
    route: Route | None
    intent: str | None = None
    confidence: float = 1.0
    explanation: str = ""
    kind: str = ""
    choices: tuple[str, ...] = ()
    article: str | None = None
    reason: HandoverReason | None = None
    detail: str = ""

    @property
    def needs_verdict(self) -> bool:
        """Whether the knowledge base has to be asked before anything is decided."""
        return self.route is None


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        name: Unique; what decisions call it.
        when: Its condition.
        gives: What follows. Called only where the condition holds.
    """

    name: str
    when: Callable[[RouterInputs], bool]
    gives: Callable[[RouterInputs], Routed]


def route(inputs: RouterInputs) -> Routed:
    """Return what the first row that fits gives."""
    # The last row always fits, so there is always one.
    return next(row.gives(inputs) for row in TABLE if row.when(inputs))


def decide(inputs: RouterInputs, id: str) -> Decision:  # noqa: A002 - the decision's own name
    """Return the record of `route(inputs)`, for inputs that need no verdict any more."""
    routed = route(inputs)
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
        confidence=routed.confidence,
        inputs=inputs.to_json(),
        explanation=routed.explanation,
    )


def replay(decision: Decision) -> Routed:
    """Decide again from the record alone."""
    return route(RouterInputs.from_json(decision.inputs))


class _Person(TypedDict):
    """The two fields of `Routed` that say why a person takes over."""

    reason: HandoverReason | None
    detail: str


# The table. Conditions first, one a row; they read from top to bottom: what the table has
# passed by needn't be excluded again.


def _percent(confidence: float) -> str:
    return f"{100 * confidence:.0f} %"


def _fixed(name: str, route: Route, explanation: str) -> Callable[[RouterInputs], Routed]:
    """Return a row's result that doesn't depend on the inputs."""
    routed = Routed(name, route, explanation=explanation)
    return lambda _: routed


def _rule_of_intent(inputs: RouterInputs) -> str:
    first = inputs.first
    if first is None or first.confidence < inputs.thresholds.handle:
        return ""
    return inputs.rules.get(first.intent, "")


def _by_rule(inputs: RouterInputs) -> Routed:
    first = inputs.first
    by_word = bool(inputs.rule)
    name = inputs.rule or _rule_of_intent(inputs)
    return Routed(
        "handover_rule",
        Route.HANDOFF,
        intent=None if by_word or first is None else first.intent,
        confidence=1.0 if by_word or first is None else first.confidence,
        explanation=f"The rule {name!r} hands such messages to a person.",
        reason=HandoverReason.RULE,
        detail=name,
    )


def _person(target: str) -> _Person:
    """Return why a person takes over, if the target says that one does."""
    kind, _, detail = target.partition(":")
    if kind != "handover":
        return {"reason": None, "detail": ""}
    return {"reason": HandoverReason.RULE if detail else HandoverReason.ASKED, "detail": detail}


def _asks_for_person(inputs: RouterInputs) -> bool:
    first = inputs.first
    return (
        first is not None
        and first.kind == "handover"
        and first.confidence >= inputs.thresholds.handle
    )


def _by_request(inputs: RouterInputs) -> Routed:
    first = inputs.standings[0]
    return Routed(
        "asked_for_a_person",
        Route.HANDOFF,
        intent=first.intent,
        confidence=first.confidence,
        explanation=f"{first.intent!r} is for a person ({_percent(first.confidence)} sure).",
        **_person(first.target),
    )


def _chosen_standing(inputs: RouterInputs) -> Standing | None:
    """Return the intent that was chosen of two, or None if none was."""
    if inputs.pending != "intent" or inputs.chosen is None or inputs.chosen == SOMETHING_ELSE:
        return None
    return Standing(inputs.targets.get(inputs.chosen, "answer"), inputs.chosen, 1.0)


def _chose_task(inputs: RouterInputs) -> bool:
    chosen = _chosen_standing(inputs)
    return chosen is not None and chosen.scripted


def _by_choice(inputs: RouterInputs) -> Routed:
    target = inputs.targets.get(str(inputs.chosen), "answer")
    return Routed(
        "chose_intent",
        Route.HANDOFF if target.startswith("handover") else Route.HANDLE,
        intent=inputs.chosen,
        explanation=f"Asked which was meant, the person chose {inputs.chosen!r}.",
        **_person(target),
    )


def _form_step(inputs: RouterInputs) -> Routed:
    return Routed(
        "form_step",
        Route.HANDLE,
        intent=inputs.form_intent,
        explanation=f"The open form {inputs.form!r} took the message ({inputs.form_outcome}).",
    )


def _too_many_forms(inputs: RouterInputs) -> bool:
    first = inputs.first
    return (
        inputs.n_forms >= _MAX_FORMS
        and first is not None
        and first.kind == "form"
        and first.target != f"form:{inputs.form}"
        and first.confidence >= inputs.thresholds.handle
    )


def _clear(inputs: RouterInputs) -> bool:
    """Whether an intent is so sure that nothing else needs looking at."""
    first = inputs.first
    if first is None or not first.scripted or _rather_told(inputs):
        return False
    return first.confidence >= inputs.thresholds.sure


def _rather_told(inputs: RouterInputs) -> bool:
    """Whether a person asks how a task is done: an article that says so comes first."""
    return inputs.asks_how and inputs.first is not None and inputs.first.kind == "form"


def _handles(name: str, why: str) -> Callable[[RouterInputs], Routed]:
    def gives(inputs: RouterInputs) -> Routed:
        first = inputs.standings[0]
        return Routed(
            name,
            Route.HANDLE,
            intent=first.intent,
            confidence=first.confidence,
            explanation=f"The intent is {first.intent!r} ({_percent(first.confidence)} sure){why}.",
        )

    return gives


def _tied(inputs: RouterInputs) -> tuple[Standing, ...]:
    """Return the things that a message wants about equally, if one of them is a task."""
    if inputs.clarified or not inputs.believed:
        return ()
    first = inputs.standings[0]
    near = tuple(
        one
        for one in inputs.standings[:MAX_CHOICES]
        if one.confidence >= inputs.thresholds.consider
        and first.confidence - one.confidence < inputs.thresholds.tie
    )
    # Small talk isn't worth a question back, and two ways into the knowledge base are one.
    return near if len(near) > 1 and any(one.task for one in near) else ()


def _clearly_tied(inputs: RouterInputs) -> bool:
    """Whether two tasks share nearly all the probability: no article would settle that."""
    near = _tied(inputs)
    return (
        bool(near)
        and all(one.scripted for one in near)
        and sum(one.confidence for one in near) >= inputs.thresholds.sure
    )


def _which_intent(name: str) -> Callable[[RouterInputs], Routed]:
    def gives(inputs: RouterInputs) -> Routed:
        near = _tied(inputs)
        named = " and ".join(f"{one.intent!r} ({_percent(one.confidence)})" for one in near)
        return Routed(
            name,
            Route.CLARIFY,
            confidence=near[0].confidence,
            explanation=f"The intents {named} are nearly tied.",
            kind="intent",
            choices=tuple(one.intent for one in near),
        )

    return gives


def _answer_settles(inputs: RouterInputs) -> bool:
    """Whether the knowledge base's answer counts for more than what we could do instead.

    What the configuration says of an intent is meant by somebody; an article that matches
    only happens to. So an intent that is likely gives way to a sure answer alone, and a
    wish ("order a mouse") isn't met by quoting how to wish for it.
    """
    verdict = inputs.verdict
    if verdict is None or not verdict.answered:
        return False
    first = inputs.first
    if first is None or not first.scripted or first.confidence < _least(inputs):
        return True
    if _rather_told(inputs):
        return True
    if _wishes_task(inputs) and first.confidence >= inputs.thresholds.plain_wish:
        return False
    return verdict.confidence >= max(first.confidence, inputs.thresholds.sure)


def _least(inputs: RouterInputs) -> float:
    """Return from which confidence on a script is followed."""
    return inputs.thresholds.wish if _wishes_task(inputs) else inputs.thresholds.handle


def _wishes_task(inputs: RouterInputs) -> bool:
    """Whether a message wants something done, and doesn't ask about it."""
    first = inputs.first
    return not inputs.asks and first is not None and first.kind in ("form", "call")


def _unsettled_tie(inputs: RouterInputs) -> bool:
    return bool(_tied(inputs)) and not _answer_settles(inputs)


def _likely(inputs: RouterInputs) -> bool:
    first = inputs.first
    return (
        first is not None
        and first.scripted
        and first.confidence >= _least(inputs)
        and not _answer_settles(inputs)
    )


def _chat(inputs: RouterInputs) -> bool:
    """Whether it may be small talk: a friendly reply does less harm than "not found"."""
    first = inputs.first
    return (
        first is not None
        and first.kind == "smalltalk"
        and first.confidence >= inputs.thresholds.consider
    )


def _rival_articles(inputs: RouterInputs) -> tuple[FoundArticle, ...]:
    """Return the articles that answer about equally well, but differently.

    None where the first is so sure that a question back would only annoy. Under a refusal
    for want of confidence they count if one of them is likely to be right: articles that
    share the probability are why none of them is sure enough.
    """
    verdict = inputs.verdict
    if verdict is None or inputs.chosen is not None or not verdict.found:
        return ()
    if not verdict.answered and verdict.reason != "low_confidence":
        return ()
    first = verdict.found[0]
    if not inputs.thresholds.consider <= first.confidence < inputs.thresholds.sure:
        return ()
    rivals = [first]
    for found in verdict.found[1:]:
        new = all(
            found.article_id != rival.article_id
            and found.title.casefold() != rival.title.casefold()
            and found.quote.split() != rival.quote.split()
            for rival in rivals
        )
        if new and first.confidence - found.confidence < inputs.thresholds.tie:
            rivals.append(found)
    together = sum(rival.confidence for rival in rivals)
    if len(rivals) < 2 or (not verdict.answered and together < inputs.thresholds.handle):
        return ()
    return tuple(rivals[:MAX_CHOICES])


def _named_article(inputs: RouterInputs) -> FoundArticle | None:
    """Return the one of several rivals that the question itself names, or None."""
    named = [rival for rival in _rival_articles(inputs) if rival.named]
    return named[0] if len(named) == 1 else None


def _by_name(inputs: RouterInputs) -> Routed:
    rivals = _rival_articles(inputs)
    named = next(rival for rival in rivals if rival.named)
    together = min(1.0, sum(rival.confidence for rival in rivals))
    return Routed(
        "named_article",
        Route.ANSWER,
        intent=_intent_of_answer(inputs),
        confidence=named.confidence,
        explanation=(
            f"{len(rivals)} articles answer about equally well ({_percent(together)} together), "
            f"and the question names {named.title!r}."
        ),
        article=named.article_id,
    )


def _which_article(inputs: RouterInputs) -> Routed:
    rivals = _rival_articles(inputs)
    named = " and ".join(f"{one.title!r} ({_percent(one.confidence)})" for one in rivals)
    return Routed(
        "tied_articles",
        Route.CLARIFY,
        confidence=rivals[0].confidence,
        explanation=f"The articles {named} answer about equally well.",
        kind="article",
        choices=tuple(one.article_id for one in rivals),
    )


def _chosen_article(inputs: RouterInputs) -> FoundArticle | None:
    if inputs.pending != "article" or inputs.verdict is None:
        return None
    return next((one for one in inputs.verdict.found if one.article_id == inputs.chosen), None)


def _by_chosen_article(inputs: RouterInputs) -> Routed:
    found = _chosen_article(inputs)
    title, confidence = ("", 0.0) if found is None else (found.title, found.confidence)
    return Routed(
        "chose_article",
        Route.ANSWER,
        confidence=confidence,
        explanation=f"Asked which was meant, the person chose the article {title!r}.",
        article=inputs.chosen,
    )


def _intent_of_answer(inputs: RouterInputs) -> str | None:
    """Return the intent under which the knowledge base was asked, if one was clear."""
    chosen = _chosen_standing(inputs)
    if chosen is not None:
        return chosen.intent
    if inputs.form_took_it:
        return inputs.form_intent
    first = inputs.first
    if first is None or first.scripted or first.confidence < inputs.thresholds.handle:
        return None
    return first.intent


def _verdict_of(inputs: RouterInputs) -> VerdictFacts:
    return inputs.verdict or VerdictFacts("refused", "not_found")


def _answered(inputs: RouterInputs) -> Routed:
    verdict = _verdict_of(inputs)
    return Routed(
        "answered",
        Route.ANSWER,
        intent=_intent_of_answer(inputs),
        confidence=verdict.confidence,
        explanation=f"The knowledge base is {_percent(verdict.confidence)} sure of its answer.",
    )


def _doubtful(inputs: RouterInputs) -> tuple[Standing, ...]:
    """Return the tasks that a message may have meant though nothing is sure."""
    if inputs.clarified or not inputs.believed or not inputs.standings[0].task:
        return ()
    return tuple(
        one
        for one in inputs.standings[:MAX_CHOICES]
        if one.task and one.confidence >= inputs.thresholds.consider
    )


def _which_task(inputs: RouterInputs) -> Routed:
    tasks = _doubtful(inputs)
    named = " and ".join(f"{one.intent!r} ({_percent(one.confidence)})" for one in tasks)
    return Routed(
        "doubtful_intent",
        Route.CLARIFY,
        confidence=tasks[0].confidence,
        explanation=f"No article answers, and the intent may be {named}.",
        kind="intent",
        choices=tuple(one.intent for one in tasks),
    )


def _refused(inputs: RouterInputs) -> Routed:
    verdict = _verdict_of(inputs)
    return Routed(
        "refused",
        Route.ANSWER,
        intent=_intent_of_answer(inputs),
        confidence=verdict.confidence,
        explanation=(
            "No intent fits and the knowledge base has no answer that is sure enough "
            f"({verdict.reason})."
        ),
    )


TABLE: tuple[Row, ...] = (
    Row(
        "broken",
        lambda i: i.broken,
        _fixed("broken", Route.HANDLE, "Something inside failed, so the person got an apology."),
    ),
    Row(
        "start_over",
        lambda i: i.message is MessageKind.START_OVER,
        _fixed("start_over", Route.HANDLE, "The person asked to start over."),
    ),
    Row(
        "with_a_person",
        lambda i: i.handed_over,
        _fixed("with_a_person", Route.HANDOFF, "A person has taken over this conversation."),
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
        lambda i: i.rule != "" or _rule_of_intent(i) != "",
        _by_rule,
    ),
    Row("asked_for_a_person", _asks_for_person, _by_request),
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
            **_person(i.form_then),
        ),
    ),
    Row(
        "form_step",
        lambda i: i.form_took_it and not i.form_then.startswith("answer"),
        _form_step,
    ),
    Row(
        "no_words",
        lambda i: i.message is MessageKind.NO_WORDS,
        _fixed("no_words", Route.HANDLE, "The message holds no words."),
    ),
    Row(
        "nothing_to_cancel",
        lambda i: i.message is MessageKind.CANCEL,
        _fixed("nothing_to_cancel", Route.HANDLE, "The person cancelled, but nothing was open."),
    ),
    Row(
        "chose_something_else",
        lambda i: i.chosen == SOMETHING_ELSE,
        _fixed("chose_something_else", Route.HANDLE, "None of the choices was meant."),
    ),
    Row("chose_intent", _chose_task, _by_choice),
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
        "too_many_forms",
        _too_many_forms,
        lambda i: Routed(
            "too_many_forms",
            Route.HANDLE,
            intent=i.form_intent,
            explanation=f"{i.n_forms} forms are open; the last one has to be finished first.",
        ),
    ),
    Row("clear_intent", _clear, _handles("clear_intent", "")),
    Row("clearly_tied_intents", _clearly_tied, _which_intent("clearly_tied_intents")),
    Row(
        "ask_knowledge_base",
        lambda i: i.verdict is None,
        lambda i: Routed(
            "ask_knowledge_base",
            None,
            intent=_intent_of_answer(i),
            explanation="Nothing is decided before the knowledge base was asked.",
        ),
    ),
    Row("chose_article", lambda i: _chosen_article(i) is not None, _by_chosen_article),
    Row("tied_intents", _unsettled_tie, _which_intent("tied_intents")),
    Row(
        "likely_intent",
        _likely,
        _handles("likely_intent", ", and no article answers with more confidence"),
    ),
    Row("named_article", lambda i: _named_article(i) is not None, _by_name),
    Row(
        "tied_articles",
        lambda i: bool(_rival_articles(i)) and not i.clarified,
        _which_article,
    ),
    Row("answered", lambda i: _verdict_of(i).answered, _answered),
    Row("likely_small_talk", _chat, _handles("likely_small_talk", ", and nothing else fits")),
    Row("doubtful_intent", lambda i: bool(_doubtful(i)), _which_task),
    Row(
        "unsure_again",
        lambda i: i.unsure + 1 >= i.thresholds.unsure_turns,
        lambda i: Routed(
            "unsure_again",
            Route.HANDOFF,
            confidence=_verdict_of(i).confidence,
            explanation=f"Nothing helped, {i.unsure + 1} times in a row.",
            reason=HandoverReason.UNSURE_TWICE,
            detail=_verdict_of(i).reason or "",
        ),
    ),
    Row("refused", lambda _: True, _refused),
)
"""First row that fits wins; the last one always fits."""
