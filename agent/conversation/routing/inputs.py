"""Everything that the router may look at, as values that a decision keeps as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from agent.types import HandoverReason, IntentScore, Route, Verdict
from agent.understanding.cleaning import MessageKind
from agent.understanding.followups.words import FUNCTION_WORDS

__all__ = [
    "MAX_CHOICES",
    "SOMETHING_ELSE",
    "Candidate",
    "FoundArticle",
    "Routed",
    "RouterInputs",
    "Row",
    "Thresholds",
    "VerdictFacts",
    "fixed",
    "percent",
    "verdict_facts",
]


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


SOMETHING_ELSE = "something else"
"""The value that stands for "none of these" among the choices of a clarifying question."""


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
class Candidate:
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
        targets: Intent → what it leads to (see `Candidate.target`), for the labels in
            `scores` and for `chosen`; a label that isn't here goes to the knowledge base.
        urgent: An intent that gets through whatever is open, or empty.
        small: What a message of small words alone says ("yes", "no", "ok", "done"), or empty.
        denied: The words that deny a wish ("don't order"); empty if none is denied, or if
            the message says something besides, which is what was looked at.
        undone: The words that ask for the opposite of a wish ("cancel"), or empty.
        wants_person: The message asks for a person in so many words.
        wants_back: A person took over, and the message asks for us again.
        asked_more: The last reply asked whether there is anything else.
        mumbles: The message says too little to count as one that wasn't helped with.
        rule: Name of the handover rule that a word of the message set off, or empty.
        rules: Intent → name of the handover rule that it sets off.
        form: The open form's name, or empty.
        form_intent: The intent that leads to it, or None.
        form_outcome: What the form made of the message: "ask", "confirm", "done",
            "cancelled", "failed", or "not_for_form"; empty without a form.
        form_then: What follows the form, as a target; empty unless it is done.
        n_forms: How many forms are open, the ones that wait included.
        pending: "intent" or "article" while a clarifying question awaits its answer.
        pending_values: What may be chosen there, `SOMETHING_ELSE` last.
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
    urgent: str = ""
    small: str = ""
    denied: str = ""
    undone: str = ""
    wants_person: bool = False
    wants_back: bool = False
    asked_more: bool = False
    mumbles: bool = False
    rule: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    form: str = ""
    form_intent: str | None = None
    form_outcome: str = ""
    form_then: str = ""
    n_forms: int = 0
    pending: str = ""
    pending_values: tuple[str, ...] = ()
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
    def candidates(self) -> tuple[Candidate, ...]:
        """What the message may want, likeliest first; nothing if it was an answer to us.

        A message that chose among our choices, or that the open form took, was meant for
        that; what the classifier makes of "2" or "next Friday" doesn't count.
        """
        if self.chosen is not None or self.form_took_it:
            return ()
        best: dict[str, Candidate] = {}
        for score in self.scores:
            target = self.targets.get(score.intent, "answer")
            confidence = score.confidence * self.in_scope
            before = best.get(target)
            if before is None:
                best[target] = Candidate(target, score.intent, confidence)
            else:
                best[target] = Candidate(target, before.intent, before.confidence + confidence)
        # Ties by name, so that equal scores always give the same choice.
        return tuple(sorted(best.values(), key=lambda one: (-one.confidence, one.target)))

    @property
    def believed(self) -> bool:
        """Whether the message is taken to be one of the intents at all."""
        return bool(self.candidates) and self.in_scope >= self.scope_threshold

    @property
    def first(self) -> Candidate | None:
        """What the message most likely wants, or None if it is none of the intents'."""
        return self.candidates[0] if self.believed else None

    @property
    def gap(self) -> float:
        """How far the likeliest is ahead of the next."""
        if not self.candidates:
            return 0.0
        behind = self.candidates[1].confidence if len(self.candidates) > 1 else 0.0
        return self.candidates[0].confidence - behind

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        # `asdict` copies everything deeply, which takes longer than routing does.
        values = {name: getattr(self, name) for name in _INPUT_NAMES}
        values["message"] = self.message.value
        values["scores"] = [
            {"intent": score.intent, "confidence": score.confidence} for score in self.scores
        ]
        values["pending_values"] = list(self.pending_values)
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
                "pending_values": tuple(written.get("pending_values", ())),
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


MAX_CHOICES = 3
"""Choices of a clarifying question, without "something else"."""


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


def percent(confidence: float) -> str:
    """Return a share as a person reads it."""
    return f"{100 * confidence:.0f} %"


def fixed(name: str, route: Route, explanation: str) -> Callable[[RouterInputs], Routed]:
    """Return a row's result that doesn't depend on the inputs."""
    routed = Routed(name, route, explanation=explanation)
    return lambda _: routed
