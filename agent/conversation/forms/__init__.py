"""Forms: scripted tasks that ask for slots, one message at a time. Pure: no I/O, no clock."""

from agent.conversation.forms.machine import ask_again, fill, start
from agent.conversation.forms.state import FormOutcome, FormStep
from agent.conversation.forms.wording import shown_slots

__all__ = ["FormOutcome", "FormStep", "ask_again", "fill", "shown_slots", "start"]
