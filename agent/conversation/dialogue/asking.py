"""What to ask the knowledge base, where the router needs its verdict. Pure."""

from __future__ import annotations

from agent.configuration.placeholders import fill as fill_template
from agent.configuration.schema import Answer
from agent.conversation.dialogue.following import shown
from agent.conversation.dialogue.script import Script
from agent.conversation.dialogue.types import Asked, Heeded, Perception
from agent.conversation.routing import Routed
from agent.types import Session
from agent.understanding.messages.cleaning import puts_question

__all__ = ["questions"]


def questions(
    script: Script, session: Session, perception: Perception, heeded: Heeded, routed: Routed
) -> tuple[Asked, ...]:
    """Return what to ask the knowledge base; the next where the one before isn't answered.

    A question that the configuration has for an intent serves messages that are too short
    to search with. A message that is a question itself says more: it comes first, unless the
    intent is so sure that nothing else needs looking at ("when are you open?"). What was
    made whole on a weak sign is asked as it was said as well, and so first where more speaks
    for a new matter.
    """
    inputs = heeded.inputs
    said = perception.whole
    whole = [Asked(said.question, said.search if said.rewritten else None)]
    if said.doubtful:
        alone = Asked(perception.message)
        whole.insert(0 if _turns_to_new_matter(session, perception, routed) else 1, alone)
    if inputs.chosen is not None and session.pending is not None:
        whole = [Asked(session.pending.message)]
    if inputs.form_took_it:
        step = script.config.forms[inputs.form].then
        slots = {**session.slots, **shown(script, heeded)}
        if isinstance(step, Answer) and step.question is not None:
            return (Asked(fill_template(step.question, slots=slots)),)
    if routed.intent is not None:
        handling = script.config.handle.get(routed.intent)
        if handling is not None and isinstance(handling.step, Answer) and handling.step.question:
            configured = Asked(handling.step.question)
            first = inputs.first
            sure = first is not None and first.confidence >= script.thresholds.sure
            if not inputs.asks or inputs.chosen:
                return (configured,)
            return (configured, *whole) if sure else (*whole, configured)
    return tuple(whole)


def _turns_to_new_matter(session: Session, perception: Perception, routed: Routed) -> bool:
    """Return whether a message that may be a follow-up more likely begins something else.

    "I need a new laptop" after an answer on passwords: what it would be completed by is then
    the wrong thing to look for, and it would be found.
    """
    before = session.turns[-1].intent if session.turns else None
    if routed.intent is not None and routed.intent != before:
        return True
    return not perception.whole.fragment and not puts_question(perception.message)
