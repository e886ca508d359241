"""The words of `agent`: intents, routes, turns, sessions, decisions and replies.

Values are frozen: nothing that is handed out changes afterwards. All of them can be
written as JSON, since sessions and decisions are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

from qa.types import Answer, NearestArticle, Result
from retrieval.types import PUBLIC, Article, Page, Passage, Roles

__all__ = [
    "Conversations",
    "Decision",
    "Event",
    "FormProgress",
    "Handover",
    "HandoverReason",
    "IntentClassifier",
    "IntentExample",
    "IntentRanking",
    "IntentScore",
    "KnowledgeBase",
    "Pending",
    "Reply",
    "Route",
    "Session",
    "SlotValue",
    "Turn",
    "Verdict",
]

SlotValue = str | float | int | bool
"""A slot's value as JSON has it; dates are ISO 8601 text."""


@dataclass(frozen=True)
class IntentExample:
    """One labelled message.

    Attributes:
        text: As a person wrote it.
        intent: The label; None is out of scope.
        path: The file it came from, for messages.
        line: Its line there, from 1; 0 if unknown.
    """

    text: str
    intent: str | None
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class IntentScore:
    """A label with its calibrated probability, given that the message is in scope."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class IntentRanking:
    """What a classifier makes of one message.

    Attributes:
        scores: Highest first; at least the best five labels, fewer if there are fewer.
        in_scope: Probability that the message belongs to the closed list at all, 0 to 1.
        threshold: Least `in_scope` at which the best label is believed.
        said: The message as it was understood, slips of the finger mended; may be empty.
    """

    scores: tuple[IntentScore, ...]
    in_scope: float
    threshold: float
    said: str = ""

    @property
    def intent(self) -> str | None:
        """Best label, or None if the message is out of scope."""
        return self.scores[0].intent if self.scores and self.in_scope >= self.threshold else None

    @property
    def confidence(self) -> float:
        """Probability that the best label is right: in scope, and this label."""
        return self.scores[0].confidence * self.in_scope if self.scores else 0.0


@runtime_checkable
class IntentClassifier(Protocol):
    """Ranks the intents of a closed list for a message."""

    @property
    def id(self) -> str:
        """Kind and content hash."""
        ...

    @property
    def intents(self) -> tuple[str, ...]:
        """The closed list, sorted."""
        ...

    def classify(self, texts: Sequence[str]) -> list[IntentRanking]:
        """Return one ranking a text; an empty text is out of scope."""
        ...


class Route(StrEnum):
    """The router's choice."""

    ANSWER = "ANSWER"
    HANDLE = "HANDLE"
    CLARIFY = "CLARIFY"
    HANDOFF = "HANDOFF"


class HandoverReason(StrEnum):
    """Why a person takes over."""

    ASKED = "asked"
    UNSURE_TWICE = "unsure_twice"
    RULE = "rule"
    FORM_FAILED = "form_failed"
    ACTION_FAILED = "action_failed"


@dataclass(frozen=True)
class Verdict:
    """What the knowledge base says to a question, as the router sees it.

    Attributes:
        question: The question that was searched, made whole where it was a follow-up.
        status: "answered" or "refused".
        reason: The refusal's reason, or None.
        confidence: Of the first answer or candidate; 0 without any.
        answers: At most three, best first; candidates under a refusal.
        nearest: Under a refusal, the nearest articles the asker may read.
        calibration: "default", "adapted", "valid" or "stale".
        generation: State of the knowledge base that answered.
        timings_ms: Stage → milliseconds.
    """

    question: str
    status: str
    reason: str | None = None
    confidence: float = 0.0
    answers: tuple[Answer, ...] = ()
    nearest: tuple[NearestArticle, ...] = ()
    calibration: str = "default"
    generation: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether the knowledge base stands by its first answer."""
        return self.status == "answered"


class KnowledgeBase(Protocol):
    """Articles, and answers from them; safe to call from several threads.

    `qa.OpenBook` is one. Whoever writes another may leave out what has a default here by
    naming this protocol as a base.
    """

    def ask(
        self,
        question: str,
        *,
        roles: Roles = PUBLIC,
        budget_ms: float | None = None,
        search: str | None = None,
    ) -> Result:
        """Answer or refuse, inside the asker's rights.

        `search` is what to look for in place of the question: given only for a follow-up.
        """
        ...

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:  # noqa: ARG002
        """Return the article, or None if it is absent or not for these roles."""
        return None

    def passages(
        self,
        *,
        article_id: str | None = None,  # noqa: ARG002
        roles: Roles = PUBLIC,  # noqa: ARG002
        offset: int = 0,  # noqa: ARG002
        limit: int = 100,  # noqa: ARG002
    ) -> Page[Passage]:
        """Return a page of the passages, of one article or of all."""
        return Page()


class Conversations(Protocol):
    """Takes messages; safe to call from several threads. `agent.Agent` is one."""

    def reply(
        self,
        message: str,
        *,
        session: str | None = None,
        roles: Iterable[str] = (),
        owner: str = "",
        channel: str = "python",
        on_event: Callable[[Event], None] | None = None,
    ) -> Reply:
        """Answer one message.

        Raises:
            SessionError: There is no such session, or it is another owner's.
        """
        ...

    def decision(self, decision_id: str, *, owner: str = "") -> Decision | None:  # noqa: ARG002
        """Return why a turn went where it went, or None if the owner has no such decision."""
        return None

    def from_colleague(
        self,
        session: str,  # noqa: ARG002
        text: str = "",  # noqa: ARG002
        *,
        give_back: bool = False,  # noqa: ARG002
        owner: str = "",  # noqa: ARG002
    ) -> bool:
        """Take a colleague's words, and the conversation back; return whether there is one."""
        return False

    def forget(self, session: str, *, owner: str = "") -> bool:  # noqa: ARG002
        """Delete a session; return whether the owner had it."""
        return False


@dataclass(frozen=True)
class Handover:
    """What a person who takes over needs, as JSON for a help-desk ticket.

    Attributes:
        session: Its id.
        reason: Why.
        detail: The rule's name, the action that failed, ...; may be empty.
        transcript: (speaker "user" or "agent", text), oldest first, masked.
        intents: The last message's ranking as (intent, confidence).
        searched: Questions put to the knowledge base, each with status, reason,
            confidence and the articles found.
        slots: What was gathered, masked.
        form: The form that was open, or None.
        created: ISO 8601 UTC, given by the caller.
    """

    session: str
    reason: HandoverReason
    detail: str = ""
    transcript: tuple[tuple[str, str], ...] = ()
    intents: tuple[IntentScore, ...] = ()
    searched: tuple[Mapping[str, Any], ...] = ()
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    form: str | None = None
    created: str = ""


@dataclass(frozen=True)
class Decision:
    """Why a turn went where it went; enough to replay the router.

    Attributes:
        id: Unique.
        route: The choice.
        rule: Name of the row of the decision table that fired.
        intent: The intent acted on, or None.
        confidence: Of what was chosen.
        inputs: Everything the router saw, as JSON: ranking, session facts, the knowledge
            base's verdict, settings. `routing.replay(decision)` gives the same choice.
        explanation: One sentence a support lead can read.
    """

    id: str
    route: Route
    rule: str
    intent: str | None
    confidence: float
    inputs: Mapping[str, Any]
    explanation: str


@dataclass(frozen=True)
class Turn:
    """One user message and the reply to it, masked as stored.

    Attributes:
        message: What the person wrote.
        reply: The reply's text.
        route: Where it went.
        intent: The intent acted on, or None.
        question: What was searched, if the knowledge base was asked.
        articles: Ids of the articles cited, best first.
        titles: Their titles.
        choices: What was offered to choose from.
        decision: The record.
        at: ISO 8601 UTC.
    """

    message: str
    reply: str
    route: Route
    intent: str | None
    decision: Decision
    at: str
    question: str | None = None
    articles: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormProgress:
    """A form that is open.

    Attributes:
        form: Its name.
        slots: Slot → value, gathered so far.
        asking: The slot that was asked for last, or None before the first question.
        failures: How often in a row the answer to it made no sense.
        confirming: The summary was shown and a yes or no is awaited.
        intent: The intent that opened it, or None.
    """

    form: str
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    asking: str | None = None
    failures: int = 0
    confirming: bool = False
    intent: str | None = None


@dataclass(frozen=True)
class Pending:
    """A clarifying question that awaits its answer.

    Attributes:
        kind: "intent" or "article".
        message: The message that was unclear.
        choices: Shown text, in order.
        values: Intent names or article ids, parallel to `choices`.
    """

    kind: str
    message: str
    choices: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """What is known of one person's conversation on one channel.

    Attributes:
        id: Never defaulted or shared.
        owner: Who it belongs to (a key's or token's subject); another owner gets nothing.
        channel: "terminal", "web", "rest", ...
        turns: Oldest first; of a long conversation perhaps the newest alone.
        slots: Values kept beyond a form.
        forms: Open forms, the active one last; those before wait to be taken up again.
        pending: A clarifying question that awaits its answer.
        unsure: Turns in a row that the agent couldn't help with.
        handed_over: A person has taken over.
        language: Two letters, as far as known.
        created: ISO 8601 UTC.
        version: Counts stored changes; a writer that saw an older one must read again.
        earlier: How many turns came before `turns`.
    """

    id: str
    owner: str = ""
    channel: str = ""
    turns: tuple[Turn, ...] = ()
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    forms: tuple[FormProgress, ...] = ()
    pending: Pending | None = None
    unsure: int = 0
    handed_over: bool = False
    language: str = ""
    created: str = ""
    version: int = 0
    earlier: int = 0


@dataclass(frozen=True)
class Reply:
    """What goes back to the person; the contract's chat JSON is made from it.

    Attributes:
        session: The session's id.
        text: What is shown.
        route: Where the turn went.
        intent: The intent acted on, or None.
        confidence: Of the answer or the intent, 0 to 1.
        decision_id: Finds the decision record.
        citations: Quotes that support the text.
        choices: Short texts; sending one back picks it.
        handover: The packet, when a person takes over.
        parts: Where a message asked several things, what the knowledge base says to each.
    """

    session: str
    text: str
    route: Route
    intent: str | None
    confidence: float
    decision_id: str
    citations: tuple[Answer, ...] = ()
    choices: tuple[str, ...] = ()
    handover: Handover | None = None
    parts: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Event:
    """What happens while a reply is made, for channels that stream.

    The texts of the `delta` events of one turn, joined, are the reply's text.

    Attributes:
        kind: "status" says what is being done; "delta" is a part of the reply's text;
            "citation" carries a quote that supports it.
        text: Of a status or a delta; may be empty.
        answer: Of a citation.
    """

    kind: Literal["status", "delta", "citation"]
    text: str = ""
    answer: Answer | None = None
