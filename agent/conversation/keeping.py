"""What is kept of a turn, masked, and what a person who takes over is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.configuration.schema import AgentConfig
from agent.conversation.handover import make_packet, said_in
from agent.conversation.script import Script
from agent.conversation.turn import Thought
from agent.errors import SessionConflict, SessionError
from agent.memory.sessions import SessionStore
from agent.memory.sessions.live_states import LiveStates, RawState
from agent.types import Decision, FormProgress, Handover, Route, Session, SlotValue, Turn
from agent.understanding.small_words import change_in, softly_corrects

__all__ = ["Keeping", "turn_of"]

_PERSONAL = "[personal]"
_MAX_CONFLICTS = 20
_RECENT_TURNS = 100
"""So many turns are looked at, and told to whoever takes over: however long a conversation
has become, its next turn costs the same."""


@dataclass(frozen=True)
class Keeping:
    """All that a turn is kept with.

    Attributes:
        config: What the agent does.
        script: The same, as the dialogue looks things up.
        sessions: Where turns are kept, masked.
        memory: What only this process knows of them.
    """

    config: AgentConfig
    script: Script
    sessions: SessionStore
    memory: LiveStates

    def remembered(self, session_id: str, owner: str) -> Session:
        """Return the session, with what only this process's memory may know.

        Raises:
            SessionError: The owner has no such session.
        """
        stored = self.sessions.load(session_id, owner, last=_RECENT_TURNS)
        if stored is None:
            msg = (
                f"There is no session {session_id!r} of this owner. It may have expired or been "
                "deleted: begin a new one by naming none."
            )
            raise SessionError(msg)
        state = self.memory.of((owner, session_id), stored.version)
        if state is not None:
            stored = replace(stored, slots=state.slots, forms=state.forms, pending=state.pending)
        else:
            masker = self.sessions.masker
            stored = replace(
                stored,
                slots=_unmasked(stored.slots, masker.is_masked),
                forms=tuple(_reopened(form, masker.is_masked) for form in stored.forms),
            )
        # A form that the configuration no longer has can't go on.
        known = tuple(form for form in stored.forms if form.form in self.config.forms)
        return replace(stored, forms=known)

    def keep(
        self,
        before: Session,
        turn: Turn,
        thought: Thought,
        now: datetime,
        *,
        over_newer: bool,
    ) -> Session:
        """Store the turn and the state after it, masked; nothing that others stored is lost.

        Raises:
            SessionConflict: Another process stored a turn meanwhile, and `over_newer` isn't
                set; with it this turn's state counts.
            SessionError: It can't be stored.
        """
        after = raw = thought.response.session
        hide = self._personal(before, after, thought)
        if self._may_hold_personal(before, thought):
            turn = _without_words(turn)
            if after.pending is not None:
                after = replace(after, pending=replace(after.pending, message=_PERSONAL))
        names = self.script.personal_slots
        shown = replace(
            after,
            slots=_hidden(after.slots, names),
            forms=tuple(replace(form, slots=_hidden(form.slots, names)) for form in after.forms),
            turns=(*before.turns, turn),
        )
        for _ in range(_MAX_CONFLICTS):
            try:
                kept = self.sessions.save(shown, now=now, hide=hide)
            except SessionConflict:
                if not over_newer:
                    raise
                # Another process was faster: its turns stay, ours comes after them.
                newer = self.sessions.load(before.id, before.owner, last=_RECENT_TURNS)
                if newer is None:
                    raise
                turns = (*newer.turns, turn)
                shown = replace(shown, version=newer.version, turns=turns, earlier=newer.earlier)
            else:
                self.memory.keep(
                    (before.owner, before.id),
                    RawState(
                        kept.version,
                        raw.slots,
                        raw.forms,
                        raw.pending,
                        self._said(before, thought),
                    ),
                )
                return kept
        msg = (
            f"The session {before.id!r} was changed by others {_MAX_CONFLICTS} times while this "
            "turn was to be stored. Try again when fewer write to it at once."
        )
        raise SessionError(msg)

    def take_from_colleague(
        self,
        session_id: str,
        owner: str,
        text: str,
        *,
        give_back: bool,
        now: datetime,
        id: str,  # noqa: A002 - the decision's own name
    ) -> bool:
        """Keep a colleague's words as a turn, and the conversation as theirs or ours."""
        stored = self.sessions.load(session_id, owner)
        if stored is None:
            return False
        what = "gave the conversation back" if give_back else "answered"
        decision = Decision(id, Route.HANDOFF, "colleague", None, 1.0, {}, f"A colleague {what}.")
        at = now.astimezone(UTC).isoformat(timespec="milliseconds")
        turn = Turn("", text, Route.HANDOFF, None, decision, at)
        for _ in range(_MAX_CONFLICTS):
            turns = (*stored.turns, turn) if text else stored.turns
            try:
                kept = self.sessions.save(
                    replace(stored, turns=turns, handed_over=not give_back), now=now
                )
            except SessionConflict:
                newer = self.sessions.load(session_id, owner)
                if newer is None:
                    return False
                stored = newer
            else:
                state = self.memory.of((owner, session_id), kept.version - 1)
                if state is not None:
                    self.memory.keep((owner, session_id), replace(state, version=kept.version))
                return True
        raise SessionError(f"The session {session_id!r} was changed by others all the time.")

    def packet(self, kept: Session, turn: Turn, thought: Thought) -> Handover | None:
        """Return what the person who takes over is given, or None if nobody does."""
        response = thought.response
        if response.reason is None:
            return None
        slots, transcript = response.slots, None
        state = self.memory.of((kept.owner, kept.id), kept.version)
        if not self.config.handover.personal:
            slots = self.sessions.masker.mask_json(_hidden(slots, self.script.personal_slots))
        elif state is not None:
            before = kept.turns[: len(kept.turns) - len(state.said) // 2]
            transcript = (*said_in(before), *state.said)
        return make_packet(
            kept,
            reason=response.reason,
            detail=response.detail,
            ranking=thought.perception.ranking,
            slots=slots,
            form=response.form,
            transcript=transcript,
            created=turn.at,
        )

    def _said(self, before: Session, thought: Thought) -> tuple[tuple[str, str], ...]:
        """Return what was said, raw, where that may be handed over."""
        if not self.config.handover.personal:
            return ()
        state = self.memory.of((before.owner, before.id), before.version)
        said = state.said if state is not None else ()
        return (
            *said[-2 * _RECENT_TURNS :],
            ("user", thought.perception.message),
            ("agent", thought.response.text),
        )

    def _personal(self, before: Session, after: Session, thought: Thought) -> tuple[str, ...]:
        """Return the values of personal slots: no pattern knows them, and none may be stored."""
        step = thought.state.step
        mappings: list[Mapping[str, SlotValue]] = [before.slots, after.slots]
        mappings += [form.slots for form in (*before.forms, *after.forms)]
        if step is not None:
            mappings.append(step.slots)
        values = {
            str(slots[name])
            for slots in mappings
            for name in self.script.personal_slots
            if name in slots and not isinstance(slots[name], bool)
        }
        return tuple(sorted(values))

    def _may_hold_personal(self, before: Session, thought: Thought) -> bool:
        """Return whether a message may hold a value for a personal slot, understood or not.

        "No, make it Marvin Quix" is a name to us alone, so no pattern would black it out.
        """
        inputs, step = thought.state.inputs, thought.state.step
        if not before.forms or before.forms[-1].form not in self.config.forms:
            return False
        progress = before.forms[-1]
        personal = {slot.name for slot in self.config.forms[progress.form].slots if slot.personal}
        if not personal or inputs.small or inputs.form_outcome == "cancelled":
            return False
        message = thought.perception.message
        corrects = softly_corrects(message) or change_in(message) is not None
        if inputs.form_outcome in ("", "not_for_form"):
            # Taken for a question or another wish: a correction may still be in it.
            return corrects
        if progress.asking in personal:
            return True
        now = {} if step is None else step.slots
        changed = {
            name for name in {*now, *progress.slots} if now.get(name) != progress.slots.get(name)
        }
        return not changed or bool(changed & personal)


def turn_of(thought: Thought, decision: Decision, now: datetime) -> Turn:
    """Return the record of what a message came to."""
    response = thought.response
    return Turn(
        message=thought.perception.message,
        reply=response.text,
        route=decision.route,
        intent=decision.intent,
        decision=decision,
        at=now.astimezone(UTC).isoformat(timespec="milliseconds"),
        question=response.question,
        articles=tuple(quote.article_id for quote in response.citations),
        titles=tuple(quote.title for quote in response.citations),
        choices=response.choices,
    )


def _without_words(turn: Turn) -> Turn:
    """Return the record of a turn without a word of its message."""
    inputs = dict(turn.decision.inputs)
    inputs["denied"] = _PERSONAL if inputs.get("denied") else ""
    return replace(
        turn,
        message=_PERSONAL,
        question=None if turn.question is None else _PERSONAL,
        decision=replace(turn.decision, inputs=inputs),
    )


def _hidden(slots: Mapping[str, SlotValue], names: frozenset[str]) -> dict[str, SlotValue]:
    return {name: _PERSONAL if name in names else value for name, value in slots.items()}


def _unmasked(
    slots: Mapping[str, SlotValue], is_masked: Callable[[object], bool]
) -> dict[str, SlotValue]:
    return {name: value for name, value in slots.items() if not is_masked(value)}


def _reopened(progress: FormProgress, is_masked: Callable[[object], bool]) -> FormProgress:
    """Return a form read from the store: what was masked there is asked for again."""
    return replace(progress, slots=_unmasked(progress.slots, is_masked))
