"""What the words before a number say about it."""

from __future__ import annotations

import regex as re

__all__ = ["Before"]

_CUE_CHARS = 40
"""How far before a number its words are looked at."""

_PHONE_CUE = re.compile(
    r"\b(?:tele?(?:phone|fono|fon|fonnummer)?|phone|mobiles?|cell(?:phone|ular)?|fax|whats ?app|"
    r"call(?: \w+)? (?:on|at|back)|call(?: me| us| him| her| them)?|ring(?: me)?|dial|sms|"
    r"text(?: me)|reach(?:ed)?(?: me| us)?(?: on| at)?|contact(?: me| us)?(?: on| at)?|hotline|"
    r"(?:my|our|his|her|their) (?:\w+ )?numbers?|landline|pager|handy|m[oó]vil|t[ée]l[ée]phone|"
    r"t[ée]l|portable|rufnummer|anruf\w*|wa\.me|callback)\b",
    re.IGNORECASE,
)
_OTHER_CUE = re.compile(
    r"\b(?:orders?|tickets?|cases?|incidents?|invoices?|requests?|ref(?:erence)?|articles?|"
    r"serials?|assets?|tracking|parcels?|shipments?|purchase|po|customers?|accounts?|employees?|"
    r"ids?|codes?|versions?|builds?|release|kb|inc|req|sku|parts?|models?|imei|ean|isbn|ports?|"
    r"rooms?|licen[cs]e|contracts?|bookings?|policy|batch|error|event|timestamp|epoch|row|"
    r"transaction|bestellung|auftrag|commande|pedido|vat|tax|pin|zip|postcode|firmware|driver|"
    r"patch|update)\b",
    re.IGNORECASE,
)


class Before:
    """What the words before a run of digits say about it; looked up when first needed."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._cues: tuple[bool, bool] | None = None

    def _looked_up(self) -> tuple[bool, bool]:
        if self._cues is None:
            words = self._text[max(0, self._start - _CUE_CHARS) : self._start]
            phone = max((match.end() for match in _PHONE_CUE.finditer(words)), default=-1)
            other = max((match.end() for match in _OTHER_CUE.finditer(words)), default=-1)
            self._cues = phone > other, other > phone
        return self._cues

    @property
    def phone(self) -> bool:
        """The nearest word that says anything says "telephone"."""
        return self._looked_up()[0]

    @property
    def other(self) -> bool:
        """It says that the number is something else's."""
        return self._looked_up()[1]
