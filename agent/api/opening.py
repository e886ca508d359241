"""Opens the agent and the knowledge base that the settings name."""

from __future__ import annotations

from agent.api.library import Library
from agent.settings import Settings

__all__ = ["open_shelves"]


def open_shelves(settings: Settings) -> Library:
    """Open the knowledge base with its first reader.

    Raises:
        StoreError: The index is absent, damaged or foreign.
        ReaderError: There is no such reader, or it can't be loaded.
    """
    return Library.open(settings.kb, settings.readers)
