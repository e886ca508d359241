"""From a message to what is said, asking the world where that is needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agent.configuration.schema import Action
from agent.configuration.smalltalk import is_smalltalk
from agent.conversation import dialogue
from agent.conversation.actions import Endpoints
from agent.conversation.dialogue import Asked, Called, DialogueState, Perception, Response
from agent.conversation.dialogue.wording import pieces
from agent.conversation.routing import Routed, RouterInputs, route, verdict_facts
from agent.conversation.script import Script
from agent.errors import ActionError
from agent.types import (
    Event,
    IntentClassifier,
    IntentRanking,
    IntentScore,
    KnowledgeBase,
    Reply,
    Session,
    SlotValue,
    Turn,
    Verdict,
)
from agent.understanding.cleaning import Cleaned, MessageKind, payload_intent
from agent.understanding.followups import make_whole
from agent.understanding.language import UNKNOWN, detect_language
from agent.understanding.parts import clauses, without_courtesies
from agent.understanding.people import wants_bot_back
from agent.understanding.polarity import polarity

if TYPE_CHECKING:
    from qa.types import Result

__all__ = [
    "Listener",
    "OnEvent",
    "Thinking",
    "Thought",
    "history",
    "log_failure",
]

_log = logging.getLogger(__name__)


def log_failure(error: BaseException) -> None:
    """Log what failed and where, without its message: that may quote the person."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    _log.error("%s at %s", type(error).__name__, where)


OnEvent = Callable[[Event], None]
"""What a channel listens with."""


class Listener:
    """Tells a channel what happens; a channel that fails doesn't stop the turn."""

    def __init__(self, on_event: OnEvent | None) -> None:
        self._on_event = on_event

    def status(self, text: str) -> None:
        """Say what is being done."""
        self._tell(Event("status", text))

    def all_of(self, reply: Reply) -> None:
        """Give the reply in parts, then what supports it."""
        if self._on_event is None:
            return
        for piece in pieces(reply.text):
            self._tell(Event("delta", piece))
        for quote in reply.citations:
            self._tell(Event("citation", answer=quote))

    def _tell(self, event: Event) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception as error:
            log_failure(error)
            self._on_event = None


# Older ones don't say any more what it is about.
_MAX_HISTORY = 12
_SAY_NOTHING = frozenset(
    {
        "broken",
        "begins",
        "chose_something_else",
        "colleague",
        "denied",
        "form_step",
        "no_words",
        "nothing_to_cancel",
        "small_word",
        "start_over",
        "still_with_a_person",
        "unsupported_language",
        "with_a_person",
    }
)


def history(session: Session) -> tuple[Turn, ...]:
    """Return the turns that say what the conversation is about, oldest first.

    Small talk, answers to a form's questions and what came before a new start don't. A turn
    that chose from choices counts with the question that it brought back.
    """
    telling: list[Turn] = []
    for turn in reversed(session.turns):
        if turn.decision.rule == "start_over" or len(telling) == _MAX_HISTORY:
            break
        if turn.decision.rule in _SAY_NOTHING or is_smalltalk(turn.intent):
            continue
        if turn.decision.rule.startswith("chose_"):
            if turn.question is None:
                continue
            turn = replace(turn, message=turn.question)
        telling.append(turn)
    return tuple(reversed(telling))


_NOTHING = IntentRanking((), 0.0, 1.0)


@dataclass(frozen=True)
class Thought:
    """What a turn came to.

    Attributes:
        perception: What the senses made of the message.
        state: The message in the light of the session, with all that was asked since.
        routed: What the router made of that.
        response: The reply, and the session after it.
        called: An endpoint of the company's was called: that can't be taken back.
        verdict: What the knowledge base said, if it was asked.
    """

    perception: Perception
    state: DialogueState
    routed: Routed
    response: Response
    called: bool = False
    verdict: Verdict | None = None


@dataclass(frozen=True)
class _Decided:
    """A decision with what it rests on; the session may have a form more than before."""

    session: Session
    perception: Perception
    state: DialogueState
    routed: Routed
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Thinking:
    """All that a turn asks the world with.

    Attributes:
        script: What the dialogue goes by.
        classifier: Ranks intents.
        knowledge_base: Answers questions.
        endpoints: The company's.
        budget_ms: Time that the knowledge base may take for an answer; None is without
            limit.
    """

    script: Script
    classifier: IntentClassifier
    knowledge_base: KnowledgeBase
    endpoints: Endpoints
    budget_ms: float | None = None

    def think(
        self,
        cleaned: Cleaned,
        session: Session,
        roles: frozenset[str],
        now: datetime,
        listener: Listener,
    ) -> Thought:
        """Return what a message comes to; an apology, if something inside fails."""
        called = False
        try:
            decided = self._decide(cleaned, session, roles, now, listener)
            due = dialogue.call_for(self.script, decided.session, decided.state, decided.routed)
            called = due is not None
            return self._conclude(decided, due, listener)
        except Exception as error:
            log_failure(error)
            return self._apologise(cleaned, session, now, called=called)

    def _decide(
        self,
        cleaned: Cleaned,
        session: Session,
        roles: frozenset[str],
        now: datetime,
        listener: Listener,
    ) -> _Decided:
        """Perceive a message, see it in the light of the session, and decide what to do."""
        session = self._returned(session, now)
        perception = self._perceive(cleaned, session, now)
        state = dialogue.track(self.script, session, perception)
        decided = self._routed(session, perception, state, roles, listener)
        at_once = dialogue.filled_at_once(
            self.script, session, perception, decided.state, decided.routed
        )
        if at_once is None:
            return decided
        # The message left a form nothing to ask for: what follows the form is decided.
        return self._routed(at_once[0], perception, at_once[1], roles, listener)

    def _returned(self, session: Session, now: datetime) -> Session:
        """Take back a conversation in which the person has waited long enough."""
        if not session.handed_over or not session.turns:
            return session
        waited = now - datetime.fromisoformat(session.turns[-1].at)
        long = timedelta(hours=self.script.config.handover.return_after_h)
        return replace(session, handed_over=waited < long)

    def _perceive(self, cleaned: Cleaned, session: Session, now: datetime) -> Perception:
        """Take a message in: what it denies, what it is about, what may not wait."""
        sides = polarity(cleaned.text)
        said = without_courtesies(sides.rest or cleaned.text)
        # What must get through is looked for in every part of a long message.
        parts = clauses(cleaned.text) if self.script.urgent else []
        ranking, *of_parts = self.classifier.classify([said, *parts])
        if cleaned.kind is MessageKind.PAYLOAD:
            ranking = self._named(payload_intent(cleaned.text))
        return Perception(
            cleaned,
            ranking=ranking,
            language=detect_language(cleaned.text),
            whole=make_whole(said, history(session)),
            today=now.astimezone().date(),
            polarity=replace(sides, rest=said if sides.rest else ""),
            urgent=self._urgent(
                (ranking, *of_parts),
                denied=bool(sides.denied and not sides.rest) or wants_bot_back(cleaned.text),
            ),
        )

    def _named(self, intent: str) -> IntentRanking:
        """Return the ranking of a payload, which names its intent itself."""
        if intent not in self.script.targets:
            return _NOTHING
        return IntentRanking((IntentScore(intent, 1.0),), 1.0, 0.5)

    def _urgent(self, rankings: Sequence[IntentRanking], *, denied: bool) -> str:
        """Return the likeliest intent that gets through, if one is likely enough."""
        likely = [
            (score.confidence * ranking.in_scope, score.intent)
            for place, ranking in enumerate(rankings)
            for score in ranking.scores
            if score.intent in self.script.urgent
            # "I don't want to talk to a human": a person may be denied, a crisis isn't.
            and (self.script.targets[score.intent] != "handover" or (not place and not denied))
        ]
        confidence, intent = max(likely, default=(0.0, ""))
        return intent if confidence >= self.script.thresholds.wish else ""

    def _routed(
        self,
        session: Session,
        perception: Perception,
        state: DialogueState,
        roles: frozenset[str],
        listener: Listener,
    ) -> _Decided:
        """Decide, asking the knowledge base if nothing can be decided without it."""
        routed = route(state.inputs)
        if not routed.needs_verdict:
            return _Decided(session, perception, state, routed)
        listener.status("Searching the articles")
        verdict = self._consult(
            dialogue.questions(self.script, session, perception, state, routed), roles
        )
        state = state.knowing(verdict=verdict_facts(verdict))
        return _Decided(session, perception, state, route(state.inputs), verdict)

    def _consult(self, asked: Sequence[Asked], roles: frozenset[str]) -> Verdict:
        """Ask until something is answered; where nothing is, the first is what was asked."""
        verdicts: list[Verdict] = []
        for each in asked:
            result = self.knowledge_base.ask(
                each.question, roles=roles, budget_ms=self.budget_ms, search=each.search
            )
            verdicts.append(_verdict(result))
            if verdicts[-1].answered:
                return verdicts[-1]
        return verdicts[0]

    def _conclude(
        self,
        decided: _Decided,
        due: tuple[Action, dict[str, SlotValue]] | None,
        listener: Listener,
    ) -> Thought:
        """Call the company's endpoint if that was decided, and put the reply together."""
        state, routed, called = decided.state, decided.routed, None
        if due is not None:
            listener.status("Passing that on")
            action, values = due
            try:
                called = self._call(action, values, state)
            except ActionError as error:
                log_failure(error)
                state = state.knowing(failed_action=action.name)
                routed = route(state.inputs)
        response = dialogue.conclude(
            self.script,
            decided.session,
            decided.perception,
            state,
            routed,
            verdict=decided.verdict,
            called=called,
        )
        return Thought(
            decided.perception, state, routed, response, due is not None, decided.verdict
        )

    def _call(
        self, action: Action, values: Mapping[str, SlotValue], state: DialogueState
    ) -> Called:
        from agent.conversation.actions import reply_text

        response = self.endpoints.call(action, values)
        said = {**values, **dialogue.shown(self.script, state)}
        return Called(action.name, reply_text(action, said, response))

    def _apologise(
        self, cleaned: Cleaned, session: Session, now: datetime, *, called: bool
    ) -> Thought:
        """Come to an apology: whatever failed, the person gets a sentence."""
        alone = make_whole(cleaned.text, ())
        perception = Perception(cleaned, _NOTHING, UNKNOWN, alone, now.astimezone().date())
        state = DialogueState(RouterInputs(message=cleaned.kind, broken=True))
        routed = route(state.inputs)
        response = dialogue.conclude(self.script, session, perception, state, routed)
        return Thought(perception, state, routed, response, called)


def _verdict(result: Result) -> Verdict:
    refusal = result.refusal
    return Verdict(
        question=result.question,
        status=result.status,
        reason=None if refusal is None else refusal.reason.value,
        confidence=result.answers[0].confidence if result.answers else 0.0,
        answers=result.answers,
        nearest=() if refusal is None else refusal.nearest,
        calibration=result.calibration.value,
        generation=result.generation,
        timings_ms=dict(result.timings_ms),
    )
