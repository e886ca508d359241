"""What a turn that is handled leads to: a form, a call, a reply. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent.configuration.placeholders import fill as fill_template
from agent.configuration.schema import Action, Answer, Form
from agent.conversation import forms
from agent.conversation.dialogue.state import Asked, DialogueState, Perception
from agent.conversation.forms import FormStep
from agent.conversation.routing import Routed
from agent.conversation.script import Script, target_of
from agent.types import FormProgress, Route, Session, SlotValue
from agent.understanding.cleaning import puts_question

__all__ = [
    "call_for",
    "filled",
    "filled_at_once",
    "led_to",
    "questions",
    "shown",
    "started",
]

_FOLLOWING = frozenset(
    {
        "chose_intent",
        "clear_intent",
        "gets_through",
        "likely_intent",
        "likely_small_talk",
        "small_talk_word",
    }
)


def led_to(state: DialogueState, routed: Routed) -> str:
    """Return what a turn that is handled leads to; empty if it only talks."""
    if routed.route is not Route.HANDLE:
        return ""
    if routed.rule == "form_step":
        return state.inputs.form_then
    if routed.rule in _FOLLOWING and routed.intent:
        return state.inputs.targets.get(routed.intent, "")
    return ""


def filled_at_once(
    script: Script, session: Session, perception: Perception, state: DialogueState, routed: Routed
) -> tuple[Session, DialogueState] | None:
    """Return the state as if a form had been open, where its opening message fills it whole.

    "A taxi for two at nine" may leave a form nothing to ask for. What follows the form is
    then routed like the end of any other.
    """
    kind, _, name = led_to(state, routed).partition(":")
    if kind != "form" or any(progress.form == name for progress in session.forms):
        return None
    form = script.config.forms[name]
    step = started(form, session, perception, state)
    if step.outcome is not forms.FormOutcome.DONE:
        return None
    inputs = replace(
        state.inputs,
        form=name,
        form_intent=routed.intent,
        form_outcome=step.outcome.value,
        form_then=target_of(form.then, name),
        n_forms=state.inputs.n_forms + 1,
        verdict=None,
    )
    opened = replace(session, forms=(*session.forms, FormProgress(name, intent=routed.intent)))
    return opened, DialogueState(inputs, step)


def call_for(
    script: Script, session: Session, state: DialogueState, routed: Routed
) -> tuple[Action, dict[str, SlotValue]] | None:
    """Return the action that what was decided calls for, with its values, or None."""
    kind, _, name = led_to(state, routed).partition(":")
    if kind != "call":
        return None
    return script.config.actions[name], {**session.slots, **filled(state.step)}


def started(form: Form, session: Session, perception: Perception, state: DialogueState) -> FormStep:
    """Open a form with what the message already says, or the one that was asked about."""
    # "a keyboard", to "which of these do you mean?", says more than which one.
    chose = state.inputs.chosen is not None and session.pending is not None
    return forms.start(
        form,
        message=perception.said,
        earlier=session.pending.message if chose and session.pending else perception.ranking.said,
        today=perception.today,
        intent=routed_intent(state, form),
    )


def routed_intent(state: DialogueState, form: Form) -> str | None:
    """Return the intent that opens a form: the one chosen, or the likeliest that leads there."""
    inputs = state.inputs
    if inputs.chosen is not None:
        return inputs.chosen
    leading = [one.intent for one in inputs.candidates if one.target == f"form:{form.name}"]
    return leading[0] if leading else inputs.urgent or None


def filled(step: FormStep | None) -> dict[str, SlotValue]:
    """Return the slots of a form that is done."""
    if step is None or step.outcome is not forms.FormOutcome.DONE:
        return {}
    return dict(step.slots)


def shown(script: Script, state: DialogueState) -> dict[str, str]:
    """Return the slots of a form that is done, as a person says them."""
    form = script.config.forms.get(state.inputs.form)
    return forms.shown_slots(form, filled(state.step)) if form is not None else {}


def questions(
    script: Script, session: Session, perception: Perception, state: DialogueState, routed: Routed
) -> tuple[Asked, ...]:
    """Return what to ask the knowledge base; the next where the one before isn't answered.

    A question that the configuration has for an intent serves messages that are too short
    to search with. A message that is a question itself says more: it comes first, unless the
    intent is so sure that nothing else needs looking at ("when are you open?"). What was
    made whole on a weak sign is asked as it was said as well, and so first where more speaks
    for a new matter.
    """
    inputs = state.inputs
    said = perception.whole
    whole = [Asked(said.question, said.search if said.rewritten else None)]
    if said.doubtful:
        alone = Asked(perception.message)
        whole.insert(0 if _turns_to_new_matter(session, perception, routed) else 1, alone)
    if inputs.chosen is not None and session.pending is not None:
        whole = [Asked(session.pending.message)]
    if inputs.form_took_it:
        step = script.config.forms[inputs.form].then
        slots = {**session.slots, **shown(script, state)}
        if isinstance(step, Answer) and step.question is not None:
            return (Asked(fill_template(step.question, slots=slots)),)
    whole += _instead(script, state, perception)
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


def _instead(script: Script, state: DialogueState, perception: Perception) -> list[Asked]:
    """Return what may be asked where what was said finds nothing: spelt right, or put for it."""
    asked = []
    if perception.ranking.said.casefold() not in ("", " ".join(perception.said.split()).casefold()):
        asked.append(Asked(perception.ranking.said))
    first = state.inputs.first
    if first is not None and first.confidence >= script.thresholds.wish:
        kind, _, question = first.target.partition(":")
        if kind == "answer" and question:
            asked.append(Asked(question))
    return asked


def _turns_to_new_matter(session: Session, perception: Perception, routed: Routed) -> bool:
    """Return whether a message that may be a follow-up more likely begins something else.

    "I need a new laptop" after an answer on passwords: what it would be completed by is then
    the wrong thing to look for, and it would be found.
    """
    before = session.turns[-1].intent if session.turns else None
    if routed.intent is not None and routed.intent != before:
        return True
    return not perception.whole.fragment and not puts_question(perception.message)
