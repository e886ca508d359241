"""From a message to what is said, asking the world where that is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.configuration.schema import Action
from agent.conversation import dialogue
from agent.conversation.dialogue import Called, Heeded, Outcome, Perception
from agent.conversation.dialogue.script import Script
from agent.conversation.routing import Routed, RouterInputs, route, verdict_facts
from agent.conversation.turn.endpoints import Endpoints
from agent.conversation.turn.failures import log_failure
from agent.conversation.turn.history import history
from agent.conversation.turn.telling import Listener
from agent.errors import ActionError
from agent.types import (
    IntentClassifier,
    IntentRanking,
    KnowledgeBase,
    Session,
    SlotValue,
    Verdict,
)
from agent.understanding.followups import make_whole
from agent.understanding.messages.cleaning import Cleaned
from agent.understanding.messages.language import UNKNOWN, detect_language

if TYPE_CHECKING:
    from qa.types import Result

__all__ = ["Thinking", "Thought"]

_NOTHING = IntentRanking((), 0.0, 1.0)


class Thought:
    """What a turn has come to so far; whatever fails later, this much is known."""

    def __init__(self, perception: Perception) -> None:
        self.perception = perception
        self.heeded = Heeded(RouterInputs(message=perception.cleaned.kind))
        self.routed = Routed("", None)
        self.verdict: Verdict | None = None
        self.called = False
        self.outcome: Outcome

    def see(self, **facts: Any) -> None:
        """Decide anew with something that wasn't known before."""
        inputs = replace(self.heeded.inputs, **facts)
        self.heeded = replace(self.heeded, inputs=inputs)
        self.routed = route(inputs)

    def break_off(self, script: Script, session: Session) -> None:
        """Come to an apology."""
        self.see(broken=True)
        self.verdict = None
        self.outcome = dialogue.conclude(script, session, self.perception, self.heeded, self.routed)


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
        told: Listener,
    ) -> Thought:
        """Return what a message comes to; an apology, if something inside fails."""
        today = now.astimezone().date()
        thought = Thought(
            Perception(cleaned, _NOTHING, UNKNOWN, make_whole(cleaned.text, ()), today)
        )
        try:
            self._go_on(thought, session, roles, told)
        except Exception as error:
            log_failure(error)
            thought.break_off(self.script, session)
        return thought

    def _go_on(
        self, thought: Thought, session: Session, roles: frozenset[str], told: Listener
    ) -> None:
        """Go from the message to what is said, asking the world where that is needed."""
        script = self.script
        message = thought.perception.message
        thought.perception = perception = replace(
            thought.perception,
            ranking=self.classifier.classify([message])[0],
            language=detect_language(message),
            whole=make_whole(message, history(session)),
        )
        thought.heeded = dialogue.heed(script, session, perception)
        thought.routed = route(thought.heeded.inputs)
        self._consult(thought, session, roles, told)
        at_once = dialogue.filled_at_once(
            script, session, perception, thought.heeded, thought.routed
        )
        if at_once is not None:
            session, thought.heeded = at_once
            thought.see()
            self._consult(thought, session, roles, told)
        called = self._call(thought, session, told)
        thought.outcome = dialogue.conclude(
            script,
            session,
            perception,
            thought.heeded,
            thought.routed,
            verdict=thought.verdict,
            called=called,
        )

    def _consult(
        self, thought: Thought, session: Session, roles: frozenset[str], told: Listener
    ) -> None:
        """Ask the knowledge base if nothing can be decided without it."""
        if not thought.routed.needs_verdict:
            return
        told.status("Searching the articles")
        asked = dialogue.questions(
            self.script, session, thought.perception, thought.heeded, thought.routed
        )
        verdicts: list[Verdict] = []
        for each in asked:
            options: dict[str, Any] = {"roles": roles, "budget_ms": self.budget_ms}
            if each.search is not None:
                options["search"] = each.search
            verdicts.append(_verdict(self.knowledge_base.ask(each.question, **options)))
            if verdicts[-1].answered:
                break
        # Where none is answered, the first is what the person asked.
        thought.verdict = verdicts[-1] if verdicts[-1].answered else verdicts[0]
        thought.see(verdict=verdict_facts(thought.verdict))

    def _call(self, thought: Thought, session: Session, told: Listener) -> Called | None:
        """Call the company's endpoint if that is what was decided; decide anew if it fails."""
        due = dialogue.call_for(self.script, session, thought.heeded, thought.routed)
        if due is None:
            return None
        action, values = due
        thought.called = True
        told.status("Passing that on")
        try:
            return self._called(action, values, thought)
        except ActionError as error:
            log_failure(error)
            thought.see(failed_action=action.name)
            return None

    def _called(self, action: Action, values: Mapping[str, SlotValue], thought: Thought) -> Called:
        from agent.conversation.actions import reply_text

        response = self.endpoints.call(action, values)
        said = {**values, **dialogue.shown(self.script, thought.heeded)}
        return Called(action.name, reply_text(action, said, response))


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
