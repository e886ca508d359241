"""The agent: takes a message, does what the dialogue says, keeps every turn.

    agent = Agent.open("kb", agent="agent.yaml")
    reply = agent.reply("How do I reset my password?", roles={"staff"})
    reply = agent.reply("and for contractors?", session=reply.session, roles={"staff"})

It joins the parts, takes the messages of a session one after the other, and goes through a
turn, in `agent.conversation.turn`: `thinking` says what a message comes to, `keeping` keeps it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agent.configuration.smalltalk import SmallTalk
from agent.conversation.actions import Endpoints
from agent.conversation.handover import said_in
from agent.conversation.keeping import Keeping, turn_of
from agent.conversation.routing import record
from agent.conversation.script import Script
from agent.conversation.several import Wish, one_reply, wishes
from agent.conversation.turn import Listener, OnEvent, Thinking, log_failure
from agent.errors import AgentError, SessionConflict
from agent.memory.sessions import SessionStore
from agent.memory.sessions.live_states import LiveStates
from agent.memory.sessions.turnstile import Turnstile
from agent.types import (
    Conversations,
    Decision,
    IntentClassifier,
    IntentExample,
    KnowledgeBase,
    Reply,
    Session,
)
from agent.understanding.cleaning import Cleaned, clean
from qa.reading.defaults import DEFAULT_READER
from retrieval.errors import AccessError
from retrieval.search.access import checked_roles

if TYPE_CHECKING:
    import httpx

    from agent.configuration.schema import AgentConfig
    from qa.types import Reader

__all__ = ["Agent"]

# How often a message is taken anew where another process wrote the session meanwhile.
_MAX_RETHINKS = 4
_ID_BYTES = 12


class Agent(Conversations):
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
        examples: Iterable[IntentExample] = (),
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
            examples: What the classifier learned from: an intent that is for cancelling
                takes a "cancel", others don't.
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
        self._script = Script.make(config, small_talk, examples)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._new_id = new_id or (lambda: secrets.token_urlsafe(_ID_BYTES))
        self._endpoints = Endpoints(http)
        self._budget_ms = budget_ms
        self._turnstile = Turnstile()
        self._memory = LiveStates()
        self._keeping = Keeping(config, self._script, sessions, self._memory)

    @classmethod
    def open(
        cls,
        kb: str | Path,
        *,
        agent: str | Path | AgentConfig | None = None,
        reader: str | Path | Reader = DEFAULT_READER,
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
            examples=parts.examples,
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
        listener = Listener(on_event)
        cleaned = clean(message, max_chars=self.config.routing.max_chars)
        with self._turnstile.through((owner, session)):
            asked = self._wishes(cleaned, session, owner)
            replies = [
                self._turn(each, session, asker, owner, listener)
                for each in (
                    [clean(wish.text, max_chars=len(message)) for wish in asked] or [cleaned]
                )
            ]
        reply = one_reply(self._script, asked, replies) if asked else replace(replies[0], parts=())
        listener.all_of(reply)
        return reply

    def from_colleague(
        self, session: str, text: str = "", *, give_back: bool = False, owner: str = ""
    ) -> bool:
        """Take what the person who took over says, and the conversation back if they give it.

        Args:
            session: Its id.
            text: What the colleague tells the person; kept as a turn, masked as all are.
            give_back: The agent goes on from here.
            owner: Who the session belongs to.

        Returns:
            Whether the owner has such a session.
        """
        with self._turnstile.through((owner, session)):
            return self._keeping.take_from_colleague(
                session, owner, text, give_back=give_back, now=self._clock(), id=self._new_id()
            )

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
        self._endpoints.close()

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

    def _wishes(self, cleaned: Cleaned, session_id: str, owner: str) -> list[Wish]:
        """Return the several things that a message asks for; none if it is one."""
        session = self._keeping.remembered(session_id, owner)
        try:
            return wishes(self._script, self.classifier, session, cleaned.text)
        except Exception as error:
            # The turn meets what is wrong again, and says so.
            log_failure(error)
            return []

    def _turn(
        self,
        cleaned: Cleaned,
        session_id: str,
        roles: frozenset[str],
        owner: str,
        listener: Listener,
    ) -> Reply:
        now = self._clock()
        thinking = Thinking(
            self._script, self.classifier, self.knowledge_base, self._endpoints, self._budget_ms
        )
        keeping = self._keeping
        for again in range(_MAX_RETHINKS, -1, -1):
            session = keeping.remembered(session_id, owner)
            thought = thinking.think(cleaned, session, roles, now, listener)
            decision = record(thought.routed, thought.state.inputs, self._new_id())
            turn = turn_of(thought, decision, now)
            # What was asked of the company's endpoints can't be taken back.
            over_newer = thought.called or not again
            try:
                kept = keeping.keep(session, turn, thought, now, over_newer=over_newer)
            except SessionConflict:
                if over_newer:
                    raise
                # Another process was faster: the message is taken as what follows its turn.
                continue
            break
        response = thought.response
        packet = keeping.packet(kept, turn, thought)
        return Reply(
            session=session_id,
            text=response.text,
            route=decision.route,
            intent=decision.intent,
            confidence=decision.confidence,
            decision_id=decision.id,
            citations=response.citations,
            choices=response.choices,
            handover=packet,
            parts=() if thought.verdict is None else (thought.verdict,),
        )


def _checked(message: object, roles: Iterable[str]) -> frozenset[str]:
    """Return the roles, if message and roles are what they have to be.

    Raises:
        AgentError: They aren't.
    """
    if not isinstance(message, str):
        msg = f"The message is {message!r}. Expected a text."
        raise AgentError(msg)
    try:
        return checked_roles(roles)
    except AccessError as error:
        raise AgentError(str(error)) from error
