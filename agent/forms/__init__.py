"""Forms: scripted tasks that ask for slots, one message at a time. Pure: no I/O, no clock."""

from agent.forms.machine import FormStep, Outcome, ask_again, fill, shown_slots, start

__all__ = ["FormStep", "Outcome", "ask_again", "fill", "shown_slots", "start"]
