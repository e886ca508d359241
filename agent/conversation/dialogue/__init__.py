"""The dialogue: one turn as pure steps, without disk, network, clock or globals.

    track      what the session and the message come to, as the router's inputs
    questions what to ask the knowledge base, where the router needs its verdict
    call_for  the company's endpoint to call, where what was decided needs it
    conclude  the reply, and the session's state after it

`agent.conversation.turn` does what is needed between the steps: it classifies, searches,
calls and stores.
"""

from agent.conversation.dialogue.following import call_for, filled_at_once, questions, shown
from agent.conversation.dialogue.responding import conclude
from agent.conversation.dialogue.state import (
    Asked,
    Called,
    DialogueState,
    Perception,
    Response,
    track,
)

__all__ = [
    "Asked",
    "Called",
    "DialogueState",
    "Perception",
    "Response",
    "call_for",
    "conclude",
    "filled_at_once",
    "questions",
    "shown",
    "track",
]
