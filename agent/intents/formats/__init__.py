"""Intents in: one loader per format behind `load_intents()`.

See `registry.py` for adding a format, and docs/intents.md for what each one keeps.
"""

from agent.intents.formats.loading import LoadedIntents, Repeat, load_intents, same_text
from retrieval.articles import Rejected

__all__ = ["LoadedIntents", "Rejected", "Repeat", "load_intents", "same_text"]
