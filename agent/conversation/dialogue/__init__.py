"""The dialogue: one turn as pure steps, without disk, network, clock or globals.

    heed      what the session and the message come to, as the router's inputs
    questions what to ask the knowledge base, where the router needs its verdict
    call_for  the company's endpoint to call, where what was decided needs it
    conclude  the reply, and the session's state after it

`agent.conversation.turn` does what is needed between the steps: it classifies, searches,
calls and stores.
"""

from agent.conversation.dialogue.asking import questions
from agent.conversation.dialogue.concluding import conclude
from agent.conversation.dialogue.following import call_for, filled_at_once, shown
from agent.conversation.dialogue.heeding import heed
from agent.conversation.dialogue.types import Asked, Called, Heeded, Outcome, Perception

__all__ = [
    "Asked",
    "Called",
    "Heeded",
    "Outcome",
    "Perception",
    "call_for",
    "conclude",
    "filled_at_once",
    "heed",
    "questions",
    "shown",
]
