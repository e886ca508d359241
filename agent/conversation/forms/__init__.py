"""Forms: scripted tasks that ask for slots, one message at a time. Pure: no I/O, no clock."""

from agent.conversation.forms.machine import ask_again, fill, start
from agent.conversation.forms.types import FormStep, Outcome
from agent.conversation.forms.wording import shown_slots

__all__ = ["FormStep", "Outcome", "ask_again", "fill", "shown_slots", "start"]
