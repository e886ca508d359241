"""The agent: takes a message, does what the dialogue says, keeps every turn.

    agent = Agent.open("kb", agent="agent.yaml")
    reply = agent.reply("How do I reset my password?", roles={"staff"})
    reply = agent.reply("and for contractors?", session=reply.session, roles={"staff"})

What to do is decided in `dialogue` and `router`, which are pure. Here is all that touches
the world: the classifier, the knowledge base, the company's endpoints, the store, the clock.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agent import dialogue
from agent.configuration.smalltalk import SmallTalk, is_smalltalk
from agent.dialogue import Called, Heeded, Outcome, Perception
from agent.dialogue.handover import make_packet, said_in
from agent.dialogue.script import Script
from agent.dialogue.wording import pieces
from agent.errors import ActionError, AgentError, SessionConflict, SessionError
from agent.followups import make_whole
from agent.messages.cleaning import Cleaned, clean
from agent.messages.language import UNKNOWN, detect_language
from agent.routing import Routed, RouterInputs, decide, route, verdict_facts
from agent.sessions import SessionStore
from agent.sessions.turnstile import Turnstile
from agent.types import (
    Decision,
    Event,
    FormProgress,
    Handover,
    IntentClassifier,
    IntentRanking,
    KnowledgeBase,
    Pending,
    Reply,
    Session,
    SlotValue,
    Turn,
    Verdict,
)

if TYPE_CHECKING:
    import httpx

    from agent.configuration.schema import Action, AgentConfig
    from qa.types import Reader, Result

__all__ = ["Agent"]

_log = logging.getLogger(__name__)

_PERSONAL = "[personal]"
_MAX_LIVE = 10_000
_MAX_CONFLICTS = 20
# How often a message is taken anew where another process wrote the session meanwhile.
_MAX_RETHINKS = 4
_ID_BYTES = 12
# Turns that say what a conversation is about, for follow-ups; older ones don't.
_MAX_HISTORY = 12
_NOTHING = IntentRanking((), 0.0, 1.0)

OnEvent = Callable[[Event], None]


class Agent:
    """A virtual agent over one knowledge base; safe to share between threads.

    Two messages of one session at the same time are taken one after the other.

    Attributes:
        config: What it does.
        classifier: Ranks intents.
        knowledge_base: Answers questions.
        sessions: Where turns are kept, masked.
    """

    def __init__(
        self,
        *,
        config: AgentConfig,
        classifier: IntentClassifier,
        knowledge_base: KnowledgeBase,
        sessions: SessionStore,
        small_talk: Iterable[SmallTalk] = (),
        clock: Callable[[], datetime] | None = None,
        new_id: Callable[[], str] | None = None,
        http: httpx.Client | None = None,
        budget_ms: float | None = None,
    ) -> None:
        """Join the parts; `open` is the usual way.

        Args:
            config: What it does.
            classifier: Ranks intents, the small talk's among them.
            knowledge_base: Answers questions.
            sessions: Where turns are kept; it masks what goes in.
            small_talk: Replies to small talk.
            clock: The time, with its zone; the system's if not given.
            new_id: Gives ids of decisions that can't be guessed.
            http: Calls the company's endpoints; closed by whoever made it.
            budget_ms: Time that the knowledge base may take for an answer; None is
                without limit.
        """
        self.config = config
        self.classifier = classifier
        self.knowledge_base = knowledge_base
        self.sessions = sessions
        self._script = Script.make(config, small_talk)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._new_id = new_id or (lambda: secrets.token_urlsafe(_ID_BYTES))
        self._http = http
        self._own_http: httpx.Client | None = None
        self._budget_ms = budget_ms
        self._turnstile = Turnstile()
        self._memory = _Memory()
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        kb: str | Path,
        *,
        agent: str | Path | AgentConfig | None = None,
        reader: str | Path | Reader = "bert",
        sessions: SessionStore | str | Path | None = None,
        clock: Callable[[], datetime] | None = None,
        new_id: Callable[[], str] | None = None,
        http: httpx.Client | None = None,
        budget_ms: float | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Agent:
        """Open a knowledge base and the agent in front of it.

        Args:
            kb: The directory that `frontdesk index` made.
            agent: The configuration; without one it runs small talk and the knowledge base.
            reader: As in `qa.OpenBook.open`.
            sessions: A store, or the file to keep sessions in; in memory if not given.
            clock: The time, with its zone.
            new_id: Gives ids of decisions.
            http: Calls the company's endpoints.
            budget_ms: Time that the knowledge base may take for an answer.
            progress: Called with (done, total) while intents are learned.

        Raises:
            ConfigurationError: The configuration is wrong.
            IntentError: The intents' examples can't be used.
            SessionError: The sessions can't be kept there.
            StoreError, ReaderError: As `qa.OpenBook.open`.
        """
        from agent.opening import open_parts

        parts = open_parts(kb, agent=agent, reader=reader, sessions=sessions, progress=progress)
        return cls(
            config=parts.config,
            classifier=parts.classifier,
            knowledge_base=parts.knowledge_base,
            sessions=parts.sessions,
            small_talk=parts.small_talk,
            clock=clock,
            new_id=new_id,
            http=http,
            budget_ms=budget_ms,
        )

    @property
    def greeting(self) -> str:
        """What a channel says when it opens a conversation."""
        return self.config.say.greeting

    def reply(
        self,
        message: str,
        *,
        session: str | None = None,
        roles: Iterable[str] = (),
        owner: str = "",
        channel: str = "python",
        on_event: OnEvent | None = None,
    ) -> Reply:
        """Answer one message and keep the turn.

        Whatever the message is, and whatever fails inside, the person gets a sentence and
        the turn is kept.

        Args:
            message: As the person wrote it; a very long one is cut.
            session: The id that an earlier reply came with; None begins a new session.
            roles: The asker's roles; none sees only public articles.
            owner: Who the session belongs to; another owner's doesn't exist.
            channel: Where a new session runs.
            on_event: Told what happens, and the reply in parts. What it raises is left
                aside: the turn goes on.

        Raises:
            SessionError: The owner has no such session, or it can't be read or kept.
            AgentError: Message or roles aren't texts.
        """
        asker = _checked(message, roles)
        if session is None:
            session = self.sessions.create(owner, channel, now=self._clock()).id
        with self._turnstile.through((owner, session)):
            return self._turn(message, session, asker, owner, _Listener(on_event))

    def decision(self, decision_id: str, *, owner: str = "") -> Decision | None:
        """Return why a turn went where it went, or None if the owner has no such decision."""
        return self.sessions.decision(decision_id, owner)

    def session(self, session: str, *, owner: str = "") -> Session | None:
        """Return a session as it is stored, or None if the owner has none of this id."""
        return self.sessions.load(session, owner)

    def transcript(self, session: str, *, owner: str = "") -> tuple[tuple[str, str], ...] | None:
        """Return (speaker "user" or "agent", text) as stored, or None without such a session."""
        stored = self.sessions.load(session, owner)
        if stored is None:
            return None
        return tuple(said_in(stored.turns))

    def export(self, session: str, *, owner: str = "") -> dict[str, Any] | None:
        """Return all that is kept of a session as JSON, or None without such a session."""
        return self.sessions.export(session, owner)

    def forget(self, session: str, *, owner: str = "") -> bool:
        """Delete a session and all that is kept of it; return whether there was one."""
        with self._turnstile.through((owner, session)):
            self._memory.forget((owner, session))
            return self.sessions.delete(session, owner)

    def close(self) -> None:
        """Close what the agent opened by itself to call endpoints; the store stays open."""
        with self._lock:
            if self._own_http is not None:
                self._own_http.close()
                self._own_http = None

    def __enter__(self) -> Self:
        """Return the agent."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    # --- one turn ---------------------------------------------------------------------------

    def _turn(
        self, message: str, session_id: str, roles: frozenset[str], owner: str, told: _Listener
    ) -> Reply:
        now = self._clock()
        cleaned = clean(message, max_chars=self.config.routing.max_chars)
        for again in range(_MAX_RETHINKS, -1, -1):
            session = self._remembered(session_id, owner)
            thought = self._thought(cleaned, session, roles, now, told)
            decision = decide(thought.heeded.inputs, self._new_id())
            turn = _turn_of(thought, decision, now)
            # What was asked of the company's endpoints can't be taken back.
            over_newer = thought.called or not again
            try:
                kept = self._keep(session, turn, thought, now, over_newer=over_newer)
            except SessionConflict:
                if over_newer:
                    raise
                # Another process was faster: the message is taken as what follows its turn.
                continue
            break
        outcome, routed = thought.outcome, thought.routed
        packet = self._packet(kept, turn, thought)
        reply = Reply(
            session=session_id,
            text=outcome.text,
            route=decision.route,
            intent=decision.intent,
            confidence=min(1.0, max(0.0, routed.confidence)),
            decision_id=decision.id,
            citations=outcome.citations,
            choices=outcome.choices,
            handover=packet,
        )
        told.all_of(reply)
        return reply

    def _thought(
        self,
        cleaned: Cleaned,
        session: Session,
        roles: frozenset[str],
        now: datetime,
        told: _Listener,
    ) -> _Thought:
        """Return what a message comes to; an apology, if something inside fails."""
        today = now.astimezone().date()
        thought = _Thought(
            Perception(cleaned, _NOTHING, UNKNOWN, make_whole(cleaned.text, ()), today)
        )
        try:
            self._think(thought, session, roles, told)
        except Exception as error:
            _log_failure(error)
            thought.break_off(self._script, session)
        return thought

    def _think(
        self, thought: _Thought, session: Session, roles: frozenset[str], told: _Listener
    ) -> None:
        """Go from the message to what is said, asking the world where that is needed."""
        script = self._script
        message = thought.perception.message
        thought.perception = perception = replace(
            thought.perception,
            ranking=self.classifier.classify([message])[0],
            language=detect_language(message),
            whole=make_whole(message, _history(session)),
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
        self, thought: _Thought, session: Session, roles: frozenset[str], told: _Listener
    ) -> None:
        """Ask the knowledge base if nothing can be decided without it."""
        if not thought.routed.needs_verdict:
            return
        told.status("Searching the articles")
        asked = dialogue.questions(
            self._script, session, thought.perception, thought.heeded, thought.routed
        )
        verdicts: list[Verdict] = []
        for each in asked:
            options: dict[str, Any] = {"roles": roles, "budget_ms": self._budget_ms}
            if each.search is not None:
                options["search"] = each.search
            verdicts.append(_verdict(self.knowledge_base.ask(each.question, **options)))
            if verdicts[-1].answered:
                break
        # Where none is answered, the first is what the person asked.
        thought.verdict = verdicts[-1] if verdicts[-1].answered else verdicts[0]
        thought.see(verdict=verdict_facts(thought.verdict))

    def _call(self, thought: _Thought, session: Session, told: _Listener) -> Called | None:
        """Call the company's endpoint if that is what was decided; decide anew if it fails."""
        due = dialogue.call_for(self._script, session, thought.heeded, thought.routed)
        if due is None:
            return None
        action, values = due
        thought.called = True
        told.status("Passing that on")
        try:
            return self._called(action, values, thought)
        except ActionError as error:
            _log_failure(error)
            thought.see(failed_action=action.name)
            return None

    def _called(self, action: Action, values: Mapping[str, SlotValue], thought: _Thought) -> Called:
        from agent.actions import call, reply_text

        response = call(action, values, http=self._client())
        said = {**values, **dialogue.shown(self._script, thought.heeded)}
        return Called(action.name, reply_text(action, said, response))

    def _client(self) -> httpx.Client:
        if self._http is not None:
            return self._http
        with self._lock:
            if self._own_http is None:
                import httpx

                self._own_http = httpx.Client(follow_redirects=False)
            return self._own_http

    # --- what is kept -----------------------------------------------------------------------

    def _remembered(self, session_id: str, owner: str) -> Session:
        """Return the session, with what only this process's memory may know.

        Raises:
            SessionError: The owner has no such session.
        """
        stored = self.sessions.load(session_id, owner)
        if stored is None:
            msg = (
                f"There is no session {session_id!r} of this owner. It may have expired or been "
                "deleted: begin a new one by naming none."
            )
            raise SessionError(msg)
        state = self._memory.of((owner, session_id), stored.version)
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

    def _keep(
        self,
        before: Session,
        turn: Turn,
        thought: _Thought,
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
        after = thought.outcome.session
        hide = self._personal(before, after, thought)
        if self._answers_personal(before, thought):
            turn = replace(turn, message=_PERSONAL)
        names = self._script.personal_slots
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
                newer = self.sessions.load(before.id, before.owner)
                if newer is None:
                    raise
                shown = replace(shown, version=newer.version, turns=(*newer.turns, turn))
            else:
                self._memory.keep(
                    (before.owner, before.id),
                    _State(
                        kept.version,
                        after.slots,
                        after.forms,
                        after.pending,
                        self._said(before, thought),
                    ),
                )
                return kept
        msg = (
            f"The session {before.id!r} was changed by others {_MAX_CONFLICTS} times while this "
            "turn was to be stored. Try again when fewer write to it at once."
        )
        raise SessionError(msg)

    def _said(self, before: Session, thought: _Thought) -> tuple[tuple[str, str], ...]:
        """Return what was said, raw, where that may be handed over."""
        if not self.config.handover.personal:
            return ()
        state = self._memory.of((before.owner, before.id), before.version)
        said = state.said if state is not None else ()
        return (
            *said,
            ("user", thought.perception.message),
            ("agent", thought.outcome.text),
        )

    def _personal(self, before: Session, after: Session, thought: _Thought) -> tuple[str, ...]:
        """Return the values of personal slots: no pattern knows them, and none may be stored."""
        step = thought.heeded.step
        mappings: list[Mapping[str, SlotValue]] = [before.slots, after.slots]
        mappings += [form.slots for form in (*before.forms, *after.forms)]
        if step is not None:
            mappings.append(step.slots)
        values = {
            str(slots[name])
            for slots in mappings
            for name in self._script.personal_slots
            if name in slots and not isinstance(slots[name], bool)
        }
        return tuple(sorted(values))

    def _answers_personal(self, before: Session, thought: _Thought) -> bool:
        """Return whether the message answers a question for a personal slot."""
        return (
            bool(before.forms)
            and before.forms[-1].asking in self._script.personal_slots
            and thought.heeded.inputs.form_took_it
            and thought.heeded.inputs.form_outcome != "cancelled"
        )

    def _packet(self, kept: Session, turn: Turn, thought: _Thought) -> Handover | None:
        outcome = thought.outcome
        if outcome.reason is None:
            return None
        slots, transcript = outcome.slots, None
        state = self._memory.of((kept.owner, kept.id), kept.version)
        if not self.config.handover.personal:
            slots = self.sessions.masker.mask_json(_hidden(slots, self._script.personal_slots))
        elif state is not None:
            before = kept.turns[: len(kept.turns) - len(state.said) // 2]
            transcript = (*said_in(before), *state.said)
        return make_packet(
            kept,
            reason=outcome.reason,
            detail=outcome.detail,
            ranking=thought.perception.ranking,
            slots=slots,
            form=outcome.form,
            transcript=transcript,
            created=turn.at,
        )


class _Thought:
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


class _Listener:
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
            _log_failure(error)
            self._on_event = None


@dataclass(frozen=True)
class _State:
    """What of a session only this process knows, since it is stored masked.

    Attributes:
        version: The stored session that it belongs to.
        slots: Raw.
        forms: Raw.
        pending: Raw.
        said: What was said since this process knows the session, raw; kept only where
            the configuration hands over personal data.
    """

    version: int
    slots: Mapping[str, SlotValue]
    forms: tuple[FormProgress, ...]
    pending: Pending | None
    said: tuple[tuple[str, str], ...] = ()


class _Memory:
    """The states of the sessions used last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: OrderedDict[tuple[str, str], _State] = OrderedDict()

    def of(self, key: tuple[str, str], version: int) -> _State | None:
        """Return the state that belongs to this version of a session, or None."""
        with self._lock:
            state = self._states.get(key)
            return state if state is not None and state.version == version else None

    def keep(self, key: tuple[str, str], state: _State) -> None:
        """Remember a state, and forget the one that was used longest ago."""
        with self._lock:
            self._states[key] = state
            self._states.move_to_end(key)
            if len(self._states) > _MAX_LIVE:
                self._states.popitem(last=False)

    def forget(self, key: tuple[str, str]) -> None:
        """Forget a session."""
        with self._lock:
            self._states.pop(key, None)


def _turn_of(thought: _Thought, decision: Decision, now: datetime) -> Turn:
    """Return the record of what a message came to."""
    outcome = thought.outcome
    return Turn(
        message=thought.perception.message,
        reply=outcome.text,
        route=decision.route,
        intent=decision.intent,
        decision=decision,
        at=now.astimezone(UTC).isoformat(timespec="milliseconds"),
        question=outcome.question,
        articles=tuple(quote.article_id for quote in outcome.citations),
        titles=tuple(quote.title for quote in outcome.citations),
        choices=outcome.choices,
    )


def _checked(message: object, roles: Iterable[str]) -> frozenset[str]:
    """Return the roles, if message and roles are what they have to be.

    Raises:
        AgentError: They aren't.
    """
    if not isinstance(message, str):
        msg = f"The message is {message!r}. Expected a text."
        raise AgentError(msg)
    if isinstance(roles, (str, bytes)):
        msg = (
            f"roles is {roles!r}. Expected several roles, such as {{'staff'}}: a text alone would "
            "be taken for its letters."
        )
        raise AgentError(msg)
    asker = frozenset(roles)
    wrong = [role for role in asker if not isinstance(role, str)]
    if wrong:
        msg = f"roles holds {wrong[0]!r}. Expected texts, such as {{'staff'}}."
        raise AgentError(msg)
    return asker


def _log_failure(error: BaseException) -> None:
    """Log what failed and where, without its message: that may quote the person."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    _log.error("%s at %s", type(error).__name__, where)


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


_SAY_NOTHING = frozenset(
    {
        "broken",
        "chose_something_else",
        "form_step",
        "no_words",
        "nothing_to_cancel",
        "start_over",
        "unsupported_language",
        "with_a_person",
    }
)


def _history(session: Session) -> tuple[Turn, ...]:
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


def _hidden(slots: Mapping[str, SlotValue], names: frozenset[str]) -> dict[str, SlotValue]:
    return {name: _PERSONAL if name in names else value for name, value in slots.items()}


def _unmasked(
    slots: Mapping[str, SlotValue], is_masked: Callable[[object], bool]
) -> dict[str, SlotValue]:
    return {name: value for name, value in slots.items() if not is_masked(value)}


def _reopened(progress: FormProgress, is_masked: Callable[[object], bool]) -> FormProgress:
    """Return a form read from the store: what was masked there is asked for again."""
    return replace(progress, slots=_unmasked(progress.slots, is_masked))
