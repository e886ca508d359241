"""Whole units: what is quoted whole or not at all.

Readers see pieces of words. A span of theirs may stop inside an e-mail address, a path, a
version or a telephone number, or leave the unit of a number behind; a quote must not.
"""

from __future__ import annotations

import regex

__all__ = ["whole_units"]

_NUMBER = r"[0-9](?:[0-9.,'’:/]*[0-9])?"
_MONEY = r"(?:[$€£¥₹]|US\$|A\$|C\$|(?:USD|EUR|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CAD|AUD)\b)"
_UNIT = (
    r"(?:°\s?[CFK]|[%‰°$€£¥₹]|(?:[ap]\.\s?m\.)|(?:USD|EUR|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CAD|AUD|am|pm|"
    r"[kMGT]?(?:i?B|bps|bit|bit/s|B/s)|[kMG]?(?:Hz|W|Wh|V|VA|Ω|Pa)|[kmcµn]?m|[km]?g|m?[lL]|m?s|mA|"
    r"min|h|hrs?|mins?|secs?|lbs?|oz|ft|inch(?:es)?|miles?|mi|mph|km/h|px|pt|dpi|dB|"
    r"percent|per\s?cent|(?:milli|micro)?seconds?|minutes?|hours?|days?|weeks?|months?|years?|"
    r"cents?|euros?|dollars?|pounds?|kilograms?|grams?|met(?:er|re)s?|kilomet(?:er|re)s?|"
    r"lit(?:er|re)s?|degrees?(?:\s(?:Celsius|Fahrenheit))?|[kmg]ilobytes?|[mg]egabytes?|gigabytes?"
    r")(?![\w/-]))"
)
_SIGN = r"(?:(?<![\w)])[-−+±])?"
_UNITS = regex.compile(
    rf"(?P<amount>(?<!\w){_MONEY}\s?{_NUMBER}(?:[\s\u00a0-]?{_UNIT})?"
    rf"|{_SIGN}(?<![\w.]){_NUMBER}[\s\u00a0-]?{_UNIT})"
    r"|(?P<phone>\+[0-9]{1,3}(?:[ .-]?\(?[0-9]{1,4}\)?){2,6}"
    r"|\(?\b[0-9]{2,5}\)?[ .-][0-9]{3,4}[ .-][0-9]{3,4}\b)"
    # An address, URL, host with port, path, version, key: no space, and signs inside.
    r"|[A-Za-z]:\\[^\s|<>\"*?`]+"
    r"|(?<![\w/.\\])~?(?:\.{1,2})?/[\w.@%+~-]+(?:/[\w.@%+~-]*)*"
    r"|[A-Za-z][A-Za-z0-9+.-]*://[^\s|<>\"`)\]]+"
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\w[\w-]*(?:[.\\/:_]+[\w-]+)*(?:\\[\w.-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?::[0-9]{1,5})?(?:/[\w.@%+~?=&#/-]*)?"
    r"|\w[\w-]*:[0-9]{2,5}\b(?!:)"
    r"|[vV]?[0-9]+(?:\.[0-9]+)+(?:[-+.]?[A-Za-z]+[0-9.]*)?(?:/[0-9]{1,3}\b)?(?::[0-9]{2,5}\b)?"
    rf"|{_SIGN}{_NUMBER}"
    r"|\w+(?:[_-]+\w+)*[0-9]\w*(?:[_-]\w+)*|\w+_\w[\w-]*"
)
_LOOSE_END = ".,;:!?'’/"
_NEAR_CHARS = 200


def whole_units(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span until it cuts no word and no unit.

    Args:
        text: What the span lies in.
        start: First code point; `start < end`.
        end: One past the last.

    >>> text = "Write to pay.team@orchard.example. Keep it below -15.5 °C."
    >>> text[slice(*whole_units(text, 13, 17))], text[slice(*whole_units(text, 51, 53))]
    ('pay.team@orchard.example', '-15.5 °C')
    """
    first, last = max(0, start - _NEAR_CHARS), min(len(text), end + _NEAR_CHARS)
    # No unit reaches over the end of a line.
    first = max(first, text.rfind("\n", first, start) + 1)
    stop = text.find("\n", end, last)
    last = last if stop < 0 else stop
    for unit in _UNITS.finditer(text, first, last):
        left, right = unit.span()
        if unit["amount"] is None:
            right = left + len(unit.group().rstrip(_LOOSE_END))
        if left < end and start < right:
            start, end = min(start, left), max(end, right)
    while start > first and _joined(text, start):
        start -= 1
    while end < last and _joined(text, end):
        end += 1
    return start, end


def _joined(text: str, at: int) -> bool:
    """Tell whether a place lies inside a word."""
    return text[at - 1].isalnum() and text[at].isalnum()
