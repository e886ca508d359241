"""Which language a message is in, and what to say where it isn't supported."""

from __future__ import annotations

from qa.language import UNKNOWN, Language, detect_language, foreign_language

__all__ = ["UNKNOWN", "Language", "detect_language", "foreign_language"]
