"""Which kind of answer a question asks for, and whether a text is of that kind.

"IT phone number" isn't answered by "wing 2", nor "who approves it?" by a date. The kinds are
those of the answer-type taxonomies (Li and Roth, 2002) that can be told by their look. Where a
question leaves the kind open nothing is told. English only.
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["AnswerKind", "fits", "kind_asked"]


class AnswerKind(StrEnum):
    """What an answer looks like."""

    MONEY = "money"
    DURATION = "duration"
    TIME = "time"
    PHONE = "phone"
    ADDRESS = "address"
    PERSON = "person"
    NUMBER = "number"
    STEPS = "steps"


_NUMBERS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|eighteen|twenty|thirty|forty|fifty|sixty|ninety|hundred|thousand|million|dozen|once|"
    r"twice|half|quarter|no\s+limit|unlimited|zero|none|single|both|double|triple|several"
)
_PERIODS = (
    r"milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|fortnights?|"
    r"months?|quarters?|years?|yrs?"
)
_PER = (
    r"dail?y|hourly|weekly|monthly|yearly|annual(?:ly)?|quarterly|biweekly|immediately|instantly|"
    r"permanent(?:ly)?|forever|indefinitely|at\s+once|straight\s+away|overnight|every|always|never"
)

_ASKS: dict[AnswerKind, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        AnswerKind.PHONE: (
            r"\b(?:phone|telephone|tel|fax|extension|hotline|mobile)\s*(?:number|no\b|#)|"
            r"\b(?:what|which)\s+number\s+(?:do|should|can|to)\b|\bnumber\s+to\s+(?:call|ring|dial)"
        ),
        AnswerKind.ADDRESS: (
            r"\b(?:e-?mail|web|mail|postal|ip|gateway|url|internet)\s+address\b|\burl\b|"
            r"\bwhat(?:'s|\s+is)\s+the\s+(?:e-?mail|link|website|site)\b|\bwhich\s+(?:website|url)\b"
        ),
        AnswerKind.MONEY: (
            r"\bhow\s+much\s+(?:money|does\s+(?:it|\w+(?:\s+\w+){0,4})\s+cost|is\s+the\s+\w*\s*(?:fee|"
            r"rate|fine|deposit|price|allowance|budget)|do\s+(?:i|we|you)\s+(?:pay|owe|get\s+paid))|"
            r"\bwhat\s+(?:does|do|would|will)\b.{1,60}\bcost\b|\bhow\s+expensive\b|"
            r"\b(?:price|cost|fee|salary|wage)\s+(?:of|for|per)\b|\bwhat(?:'s|\s+is)\s+the\s+"
            r"(?:\w+\s+){0,3}(?:price|cost|fee|charge|fine|deposit)\b"
        ),
        AnswerKind.DURATION: (
            r"\bhow\s+(?:long|soon|quick(?:ly)?|fast|often|frequently)\b(?!\s+(?:is|must|should|can|"
            r"may)\s+(?:a|an|the|my)\s+(?:password|name|title|cable|text|code|key|message))|"
            r"\bhow\s+many\s+(?:" + _PERIODS + r")\b|\bfor\s+how\s+(?:long|many)\b"
        ),
        AnswerKind.TIME: (
            r"^\W*(?:and\s+|so\s+)?when\s+(?:is|are|was|were|do|does|did|will|can|should|must|"
            r"may|would|'s)\b|[,.;?!]\s*when\s+(?:is|are|do|does|did|will|can|should|must)\b|"
            r"\b(?:what|which)\s+(?:time|date|day|year|month)\b|\bby\s+when\b|\buntil\s+when\b|"
            r"\bsince\s+when\b|\bdeadline\b|\bopening\s+(?:hours|times)\b"
        ),
        AnswerKind.PERSON: (
            r"^\W*(?:and\s+|so\s+)?who(?:'s|m|se)?\b|[,.;?!]\s*who(?:'s|m)?\s+(?:is|are|do|does|can|"
            r"should|will|has|must|to|i\s)|\bwh(?:o|om)\s+(?:do|should|can)\s+(?:i|we)\b|"
            r"\bwhich\s+(?:person|team|department|office|colleague|group)\b"
        ),
        AnswerKind.NUMBER: (
            r"\bhow\s+(?:many|big|large|far|high|tall|deep|heavy|wide|old|hot|cold|strong)\b|"
            r"\bhow\s+much\b|\bwhat\s+(?:percentage|share|size|version|temperature|number)\b|"
            r"\bnumber\s+of\b|\b(?:which|what)\s+(?:version|port|room|floor|percentage|amount)\b|"
            r"\b(?:maximum|minimum|max|min|limit|rate|quota|percentage)\b"
        ),
    }.items()
}
"""Looked at in this order: the first that matches tells."""

_GIVES: dict[AnswerKind, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        AnswerKind.PHONE: r"(?:[0-9][ .()/-]{0,2}){3,}",
        AnswerKind.ADDRESS: r"@|\w\.\w|://|/\w",
        AnswerKind.MONEY: (
            r"[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|dollars?|cents?|euros?|pounds?|free|no\s+charge|nothing)\b|"
            r"[0-9]"
        ),
        AnswerKind.DURATION: rf"\b(?:{_PERIODS}|{_PER})\b|[0-9]\s?(?:h|d|s|m|min)\b",
        AnswerKind.TIME: (
            r"[0-9]|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:januar|februar)y\b|\b(?:march|"
            r"april|may|june|july|august|september|october|november|december)\b|\b(?:noon|midnight|"
            r"morning|evening|afternoon|today|tomorrow|weekends?|weekdays?|quarter|summer|winter|"
            r"spring|autumn|fall|after|before|once|until|during|as\s+soon|within|at\s+the\s+(?:end|"
            rf"start|beginning)|when|if|upon|on|{_PER}|{_PERIODS})\b"
        ),
        AnswerKind.PERSON: (
            r"[A-Z]|@|\b(?:managers?|supervisors?|leads?|directors?|teams?|staff|officers?|desk|help|"
            r"department|owners?|admins?|administrators?|everyone|anyone|nobody|people|employees?|"
            r"members?|users?|customers?|you|they|it|hr|support|reception|colleagues?|\w+(?:er|or|"
            r"ist|ant|ee)s?)\b"
        ),
        AnswerKind.NUMBER: rf"[0-9]|\b(?:{_NUMBERS})\b",
    }.items()
}
# A name is told by its capital alone.
_GIVES[AnswerKind.PERSON] = re.compile(
    _GIVES[AnswerKind.PERSON].pattern.replace("[A-Z]", "(?-i:[A-Z])"), re.IGNORECASE
)


def kind_asked(question: str) -> AnswerKind | None:
    """Return the kind of answer a question asks for; None where that is open.

    >>> kind_asked("IT phone number").value
    'phone'
    """
    text = " ".join(question.replace("’", "'").split())[-400:]
    return next((kind for kind, pattern in _ASKS.items() if pattern.search(text)), None)


def fits(kind: AnswerKind | None, answer: str) -> float:
    """Return 1.0 where an answer is of the kind, -1.0 where it isn't, 0.0 for an open kind.

    >>> fits(AnswerKind.PHONE, "wing 2"), fits(AnswerKind.PHONE, "ext. 4410")
    (-1.0, 1.0)
    """
    if kind is None or kind not in _GIVES:
        return 0.0
    return 1.0 if _GIVES[kind].search(answer) else -1.0
