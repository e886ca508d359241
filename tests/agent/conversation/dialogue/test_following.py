from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.configuration.schema import AgentConfig
from agent.conversation.dialogue import Asked, Perception, questions, track
from agent.conversation.routing import route
from agent.conversation.script import Script
from agent.types import Decision, IntentRanking, IntentScore, Route, Session, Turn
from agent.understanding.cleaning import clean
from agent.understanding.followups import Whole
from agent.understanding.language import UNKNOWN

TODAY = datetime(2026, 3, 2, tzinfo=UTC).date()
DECISION = Decision("d", Route.ANSWER, "answered", None, 0.9, {}, "Answered.")
BEFORE = Turn("how do I reset it?", "So.", Route.ANSWER, "hours", DECISION, "2026-03-02T09:00:00Z")
SESSION = Session("s", turns=(BEFORE,))


def asked(
    config: AgentConfig, message: str, how: str, *, intent: str | None = None
) -> tuple[Asked, ...]:
    whole = Whole(f"{message} — reset", True, how, "searched") if how else None
    scores = (IntentScore(intent, 0.9),) if intent else ()
    perception = Perception(
        clean(message, max_chars=100),
        IntentRanking(scores, 0.9 if intent else 0.0, 0.5),
        UNKNOWN,
        whole or Whole(message, False, "", message),
        TODAY,
    )
    script = Script.make(config)
    state = track(script, SESSION, perception)
    routed = route(state.inputs)
    assert routed.needs_verdict
    return questions(script, SESSION, perception, state, routed)


@pytest.mark.parametrize("how", ["pronoun", "opener", "no subject", "choice", "ellipsis"])
def test_questions_trust_a_sure_follow_up(desk_config: AgentConfig, how: str) -> None:
    said = "I need more of these"
    assert asked(desk_config, said, how) == (Asked(f"{said} — reset", "searched"),)


@pytest.mark.parametrize("how", ["fragment", "definite", "little said", "short name"])
def test_questions_ask_a_doubtful_follow_up_alone_as_well(
    desk_config: AgentConfig, how: str
) -> None:
    said = "how long is the warranty?"
    assert asked(desk_config, said, how) == (Asked(f"{said} — reset", "searched"), Asked(said))


def test_questions_begin_with_what_is_no_question_back(desk_config: AgentConfig) -> None:
    said = "I need a new laptop"
    assert asked(desk_config, said, "little said")[0] == Asked(said)
    assert asked(desk_config, "taxi receipts", "fragment")[-1] == Asked("taxi receipts")


def test_questions_begin_with_what_shows_another_intent(desk_config: AgentConfig) -> None:
    said = "how is my vpn?"
    assert asked(desk_config, said, "little said", intent="vpn_help")[0] == Asked(said)


def test_questions_leave_a_whole_message_alone(desk_config: AgentConfig) -> None:
    assert asked(desk_config, "I need a new laptop", "") == (Asked("I need a new laptop"),)
