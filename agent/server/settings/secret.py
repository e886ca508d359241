"""A text that doesn't print itself."""

from __future__ import annotations

__all__ = ["Secret"]


class Secret:
    """A text that doesn't print itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; the only way to it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    __str__ = __repr__
