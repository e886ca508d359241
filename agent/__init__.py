"""The virtual agent: intents in front, dialogue around, the knowledge base behind.

    from agent import Agent
    agent = Agent.open("kb", agent="agent.yaml")
    reply = agent.reply("How do I reset my password?")
    reply = agent.reply("and for contractors?", session=reply.session)

One turn, in the order of the folders it passes:

    sessions       what was said before; one message of a session at a time
    messages       the message made clean, its language
    intents        what it may ask for
    followups      the question made whole from what was said before
    forms          what an open form makes of it
    routing        where it goes: to an answer, a script, a question back, a person
    dialogue       what that comes to: the reply, and the session after it
    privacy        what is masked before the turn is kept

`turn` goes through them and asks the world between: the knowledge base, and the company's
endpoints through `actions`. What the agent does stands in `configuration`. People reach it
through `terminal`, or through `api` and `channels`; `feedback` is what they thought of it.

Imports nothing heavy before it is used.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.agent import Agent
    from agent.types import Decision, Event, Handover, Reply, Route, Session, Turn

__all__ = ["Agent", "Decision", "Event", "Handover", "Reply", "Route", "Session", "Turn"]

# What is logged shows where somebody asks for it, never in the middle of a conversation.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module("agent.agent" if name == "Agent" else "agent.types"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
