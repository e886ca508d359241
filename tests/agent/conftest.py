"""Fakes that obey the agent's protocols: intents and answers by key words, a clock that stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest

from agent.agent import Agent
from agent.configuration.schema import (
    Action,
    AgentConfig,
    Answer,
    Call,
    Choice,
    Form,
    Handling,
    HandOver,
    HandoverRule,
    HandoverSettings,
    MaskPattern,
    OpenForm,
    Say,
    Slot,
    SlotType,
    Step,
)
from agent.configuration.smalltalk import SmallTalk
from agent.conversation.routing import replay
from agent.memory.privacy.masking import Masker
from agent.memory.sessions import SessionStore
from agent.types import HandoverReason, IntentRanking, IntentScore, KnowledgeBase, Reply, Session
from qa.types import Answer as Quote
from qa.types import (
    CalibrationState,
    NearestArticle,
    Refusal,
    RefusalReason,
    Result,
    Snippet,
    SnippetKind,
)
from retrieval.types import Article

ARTICLES = (
    Article("vpn", "Set up the VPN", "Open Tunnelgate. Choose Add profile. Sign in."),
    Article("leave", "Annual leave", "You have 25 days of leave a year. Ask your lead."),
    Article("leave-c", "Leave for contractors", "Contractors agree leave with their firm."),
    Article("vault", "Vault codes", "The vault opens at nine.", audience=("guards",)),
)


class FakeClassifier:
    """Knows an intent by its words; several that match share the probability."""

    id = "fake@0"

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._words = words
        self.seen: list[str] = []

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple(sorted(self._words))

    def learn(self, **words: tuple[str, ...]) -> None:
        self._words = {**self._words, **words}

    def classify(self, texts: Sequence[str]) -> list[IntentRanking]:
        self.seen.extend(texts)
        return [self._ranking(text) for text in texts]

    def _ranking(self, text: str) -> IntentRanking:
        said = text.casefold()
        if "classifier breaks" in said:
            raise RuntimeError(f"no idea about {text}")
        found = [name for name in self.intents if any(word in said for word in self._words[name])]
        scores = [IntentScore(name, 1.0 / len(found)) for name in found]
        scores += [IntentScore(name, 0.0) for name in self.intents if name not in found]
        return IntentRanking(tuple(scores[:5]), 0.95 if found else 0.05, 0.5)


_COMMON = {"for", "the", "up", "set"}


class FakeKnowledgeBase(KnowledgeBase):
    """Answers with the first sentence of an article whose title shares a word."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, frozenset[str]]] = []

    def ask(
        self,
        question: str,
        *,
        roles: frozenset[str] = frozenset(),
        budget_ms: float | None = None,
        search: str | None = None,
    ) -> Result:
        self.asked.append((question, roles))
        said = question.casefold()
        if "index breaks" in said:
            raise OSError(f"can't read while looking for {question}")
        seen = [one for one in ARTICLES if one.audience is None or roles & set(one.audience)]
        found = [one for one in seen if _shares_word(one.title, said)]
        if "contractors" not in said:
            found = [one for one in found if one.id != "leave-c" or "holiday" in said]
        if "holiday" in said:
            found = [one for one in seen if one.id in ("leave", "leave-c")]
        confidence = 0.6 if len(found) > 1 and "holiday" in said else 0.8
        answers = tuple(quote_of(one, confidence - 0.02 * n) for n, one in enumerate(found[:3]))
        if answers:
            return Result(question, answers, None, CalibrationState.DEFAULT, "g1")
        nearest = tuple(NearestArticle(one.id, one.title) for one in seen[:2])
        refusal = Refusal(RefusalReason.LOW_CONFIDENCE, "No.", nearest)
        return Result(question, (), refusal, CalibrationState.DEFAULT, "g1")


def _shares_word(title: str, said: str) -> bool:
    return bool(set(re.findall(r"\w+", title.casefold())) & set(re.findall(r"\w+", said)) - _COMMON)


def quote_of(article: Article, confidence: float) -> Quote:
    """Quote an article's first sentence."""
    end = article.body.index(".") + 1
    return Quote(
        text=article.body[: end - 1],
        confidence=confidence,
        reader="fake",
        article_id=article.id,
        title=article.title,
        url=None,
        article_sha256=sha256(article.body.encode()).hexdigest(),
        start=0,
        end=end - 1,
        passage_id=f"{article.id}#0-{len(article.body)}",
        snippet=Snippet(article.body[:end], 0, end, SnippetKind.SENTENCE),
    )


SMALL_TALK = (
    SmallTalk("smalltalk/hello", ("hello",), "Hello there!"),
    SmallTalk("smalltalk/thanks", ("thanks",), "You're welcome."),
)
WORDS: dict[str, tuple[str, ...]] = {
    "smalltalk/hello": ("hello",),
    "smalltalk/thanks": ("thanks",),
    "talk_to_person": ("human", "real person"),
    "order": ("order", "gadget"),
    "fault": ("fault", "broken", "gadget"),
    "ticket": ("ticket",),
    "hours": ("opening hours",),
    "parking": ("parking",),
    "complaint": ("complain",),
    "vpn_help": ("my vpn",),
}


def handlings(**steps: Step) -> dict[str, Handling]:
    """Return what intents do, each called by its name."""
    return {name: Handling(name, step, name.capitalize()) for name, step in steps.items()}


CONFIG = AgentConfig(
    name="Test desk",
    handle=handlings(
        order=OpenForm("order"),
        fault=OpenForm("fault"),
        ticket=Call("ticket"),
        hours=Answer("vpn hours"),
        parking=Say("Park behind the house."),
        talk_to_person=HandOver(HandoverReason.ASKED),
        complaint=HandOver(HandoverReason.RULE, "complaints desk"),
    ),
    forms={
        "order": Form(
            name="order",
            slots=(
                Slot(
                    "item",
                    SlotType.CHOICE,
                    "Which item?",
                    "item",
                    choices=(Choice("monitor"), Choice("mouse")),
                ),
                Slot("email", SlotType.EMAIL, "Which e-mail?", "e-mail", personal=True),
            ),
            then=Call("place_order"),
            label="the order",
            confirm="One {item}, confirmed to {email}?",
        ),
        "fault": Form(
            name="fault",
            slots=(
                Slot(
                    "device",
                    SlotType.CHOICE,
                    "Which device?",
                    "device",
                    choices=(Choice("printer"), Choice("scanner")),
                ),
            ),
            then=Say("Noted: {device}."),
            label="the fault report",
        ),
    },
    actions={
        "ticket": Action("ticket", "http://desk.test/ticket", reply="It is {response.state}."),
        "place_order": Action(
            "place_order",
            "http://desk.test/orders",
            method="POST",
            json={"item": "{item}", "email": "{email}"},
            reply="Ordered as {response.number}.",
            failed="The order system is down.",
            retries=0,
        ),
    },
    handover=HandoverSettings(rules=(HandoverRule("legal", words=("lawyer", "law suit")),)),
    mask=(MaskPattern("employee number", r"E\d{5}"),),
)


class Desk:
    """The company's endpoints.

    Attributes:
        down: Every call fails.
        bodies: What was sent.
    """

    def __init__(self) -> None:
        self.down = False
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.content)
        if self.down:
            return httpx.Response(500, json={})
        return httpx.Response(200, json={"state": "open", "number": "A-7"})


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Stage:
    """An agent on fakes.

    Attributes:
        agent: The agent.
        kb: What it asks.
        desk: What it calls.
    """

    def __init__(
        self,
        config: AgentConfig = CONFIG,
        *,
        sessions: SessionStore | None = None,
        **options: Any,
    ) -> None:
        self.kb = FakeKnowledgeBase()
        self.desk = Desk()
        self.classifier = FakeClassifier(WORDS)
        self.store = sessions or SessionStore.in_memory(masker=Masker(config.mask))
        self._http = httpx.Client(transport=httpx.MockTransport(self.desk))
        self.agent = Agent(
            config=config,
            classifier=self.classifier,
            knowledge_base=self.kb,
            sessions=self.store,
            small_talk=SMALL_TALK,
            clock=lambda: NOW,
            http=self._http,
            **options,
        )
        self.session: str | None = None

    def say(self, message: str, **options: Any) -> Reply:
        """Send a message in the stage's one session."""
        reply = self.agent.reply(message, session=self.session, **options)
        self.session = reply.session
        return reply

    def rule(self, reply: Reply) -> str:
        """Return the row that decided, and hold its record against the reply and a replay."""
        decision = self.agent.decision(reply.decision_id)
        assert decision is not None
        assert (decision.route, decision.intent) == (reply.route, reply.intent)
        again = replay(decision)
        assert (again.route, again.rule, again.intent) == (
            decision.route,
            decision.rule,
            decision.intent,
        )
        return decision.rule

    def stored(self) -> Session:
        """Return the stage's session as it is stored."""
        session = self.agent.session(self.session or "")
        assert session is not None
        return session

    def close(self) -> None:
        """Close what was opened."""
        self.agent.close()
        self._http.close()
        self.store.close()


@pytest.fixture
def make_stage() -> Iterator[Callable[..., Stage]]:
    """Return the function that makes an agent on fakes."""
    made: list[Stage] = []

    def make(config: AgentConfig = CONFIG, **options: Any) -> Stage:
        made.append(Stage(config, **options))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """Return an agent on fakes."""
    return make_stage()


@pytest.fixture(scope="session")
def desk_config() -> AgentConfig:
    """Return the configuration of that agent."""
    return CONFIG
