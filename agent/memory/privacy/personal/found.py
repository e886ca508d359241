"""A place in a text that holds personal data."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CARD", "EMAIL", "IBAN", "PHONE", "Found"]

EMAIL = "e-mail"
PHONE = "phone"
CARD = "card"
IBAN = "IBAN"


class Found(NamedTuple):
    """Personal data at the half-open place `[start, end)` of a text."""

    start: int
    end: int
    label: str
