"""Which of an export's languages is read: English, or else the export's own."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["chosen_language", "is_english"]


def is_english(code: str) -> bool:
    """Tell whether a language code is some English: en, en-us, en_GB."""
    return code.casefold().replace("_", "-").split("-")[0] == "en"


def chosen_language(codes: Collection[str], default: str) -> frozenset[str]:
    """Return the codes to take: every English one; the default's if there is none.

    >>> sorted(chosen_language({"en", "en-gb", "es"}, "es"))
    ['en', 'en-gb']
    >>> sorted(chosen_language({"de", "fr"}, "de"))
    ['de']
    """
    english = frozenset(code for code in codes if is_english(code))
    if english:
        return english
    return frozenset({default}) if default in codes else frozenset(codes)
