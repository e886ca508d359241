"""The parts of a message: its clauses, and what stands around them. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["clauses", "segments", "without_courtesies"]

_CLAUSES = re.compile(
    r"(?<=[.!?;])\s+|\s*\n+\s*|\s*[,;]?\s+(?:and also|and then|and|but|also|plus)\s+(?=\w)"
    r"|\s*(?:^|(?<=\s))(?:\d{1,2}[.)]|[-*•])\s+",
    re.IGNORECASE,
)
_CUTS = re.compile(
    r"(?<=[.!?])\s+|\s*\n+\s*|\s*(?:(?<=\s)|^)(?:\d{1,2}[.)]|[-*•])\s+"
    r"|\s*[,;]?\s+(?:and also|and then|oh and|as well as|and|also|plus)\s+(?!(?:an?|the|some|my"
    r"|one|two"
    r"|another|\d+)\b(?!\s+\S+\s+(?:is|was|has|won't|doesn't|isn't|does|can't)\b))(?=\w)",
    re.IGNORECASE,
)
_LEAST_WORDS = 2
_MOST_CLAUSES = 8
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|hallo)\b"
    r"(?:[ ,]+(?:there|all|team|everyone|everybody|folks|support|colleagues|it|service desk"
    r"|help desk"
    r"|sir|madam|sirs?|[A-Z][\w'-]+)){0,3}\s*[,.!:;\n-]+\s*"
    r"|(?:i hope (?:you are|you're|this (?:mail|e-?mail|message) finds you|all"
    r" is)\b[^.!\n]*[.!\n]+\s*))+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:^|(?<=[\n.!?,]))\s*(?:(?:many |with )?(?:kind|best|warm|kindest)\s+(?:regards|wishes)"
    r"|(?:best|regards|cheers|sincerely|yours(?: sincerely| faithfully| truly)?|greetings"
    r"|thanks(?: a lot| so much| in advance| and regards)?|thank you(?: very much| in advance|"
    r" so much)?"
    r"|many thanks|br|thx))\s*[,.!-]*\s*\n[\s\S]{0,300}$|\n--\s*\n[\s\S]*$|\n(?:sent from my\b.*)$",
    re.IGNORECASE,
)


def clauses(message: str) -> list[str]:
    """Return the clauses of a message that has several, in order; none if it has one.

    `clauses("I can't log in and also my badge is lost")` is
    `["I can't log in", "my badge is lost"]`.
    """
    found = [part.strip(" ,;") for part in _CLAUSES.split(message) if part and part.strip(" ,;")]
    telling = [part for part in found if len(part.split()) >= _LEAST_WORDS]
    return telling[:_MOST_CLAUSES] if len(found) > 1 else []


def segments(message: str) -> list[tuple[int, int]]:
    """Return the places where a message may be cut into things of their own, in order.

    Finer than they are: whoever knows what people ask for joins what belongs together.
    """
    cuts = [(0, 0), *(found.span() for found in _CUTS.finditer(message)), (len(message),) * 2]
    places = [
        (end, start) for (_, end), (start, _) in pairwise(cuts) if message[end:start].strip(" ,;.")
    ]
    return places[: _MOST_CLAUSES + 1]


def without_courtesies(message: str) -> str:
    """Return a message without the greeting before it and the signature after it.

    A message that is nothing else stays as it is.
    """
    shorter = _CLOSING.sub("", message).strip()
    shorter = _GREETING.sub("", shorter or message).strip() or shorter
    return shorter if re.search(r"\w{2,}", shorter) else message
