"""The turns that say what a conversation is about, for follow-ups."""

from __future__ import annotations

from dataclasses import replace

from agent.configuration.smalltalk import is_smalltalk
from agent.types import Session, Turn

__all__ = ["history"]

# Older ones don't say any more what it is about.
_MAX_HISTORY = 12
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
