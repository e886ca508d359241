"""The grammar of English days: what a message may call one. `dates` says which day it is."""

from __future__ import annotations

import re

from agent.configuration.days import MONTHS, WEEKDAYS
from agent.conversation.forms.numbers import NUMBER_WORDS

__all__ = ["COMPILED", "COUNT", "ORDINALS", "SHORT_DAYS", "SHORT_MONTHS", "UNIT"]

_PLACES = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
ORDINALS = (
    {word: number for number, word in enumerate(_PLACES.split(), 1)}
    | {
        f"{tens}{dash}{word}": ten + number
        for ten, tens, most in ((20, "twenty", 9), (30, "thirty", 1))
        for number, word in enumerate(_PLACES.split()[:most], 1)
        for dash in ("-", " ")
    }
    | {"thirtieth": 30}
)
SHORT_MONTHS = {month[:3].lower(): number for number, month in enumerate(MONTHS, 1)}
SHORT_DAYS = {day[:3].lower(): number for number, day in enumerate(WEEKDAYS)}
_ORDINAL_WORDS = "|".join(sorted(ORDINALS, key=len, reverse=True))

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_DAY = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL_WORDS})"
_NTH = rf"(?P<nth>\d{{1,2}}(?:st|nd|rd|th)|(?<=the )(?:{_ORDINAL_WORDS}))"
_YEAR = r"(?:,?[\s/-]+(?P<year>\d{4}|'\d{2}))?"
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?"
    r"|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\.?"
)
COUNT = rf"(?P<count>\d{{1,4}}|an?|{'|'.join(NUMBER_WORDS)}|a couple(?: of)?|a few)"
UNIT = r"(?P<unit>(?:working |business )?days?|weeks?|wks?|fortnights?|months?|years?)"
_WHICH = r"(?P<which>this|next|nxt|last|coming|the\s+coming|following|the\s+following|past)"
_NAMED = rf"(?:the\s+)?{_DAY}\s*(?:of\s+)?[-/\s]?\s*{_MONTH}{_YEAR}"
_NAMED_US = rf"{_MONTH}[\s-]+(?:the\s+)?{_DAY}(?![\d:]){_YEAR}"
_BY = r"(?:(?:by|on|until|till|for|since)\s+)?"
_DASH = r"\s*(?:-|–|to|until|till|and|through)\s*(?:the\s+)?"

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("iso", r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    ("iso", r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)"),
    ("figures", r"(?P<one>\d{1,2})[/.\-](?P<two>\d{1,2})(?:[/.\-](?P<year>\d{4}|\d{2}))?"),
    ("named", _NAMED),
    ("named", _NAMED_US),
    ("dated_weekday", rf"{_WEEKDAY},?\s+(?:on\s+)?{_NAMED}"),
    ("dated_weekday", rf"{_WEEKDAY},?\s+(?:on\s+)?{_NAMED_US}"),
    ("nth_on_weekday", rf"{_WEEKDAY},?\s+(?:on\s+)?(?:the\s+)?{_NTH}"),
    ("nth_on_weekday", rf"{_WEEKDAY}\s+(?P<nth>\d{{1,2}})(?=\s*[.,!?]?\s*$)"),
    (
        "range",
        (
            rf"(?:from\s+|between\s+)?(?:the\s+)?{_DAY}{_DASH}(?P<day2>\d{{1,2}}(?:st|nd|rd|th)?)"
            rf"\s*(?:of\s+)?{_MONTH}{_YEAR}"
        ),
    ),
    (
        "range",
        (
            rf"(?:from\s+|between\s+)?{_MONTH}\s+(?:the\s+)?{_DAY}{_DASH}(?P<day2>\d{{1,2}}"
            rf"(?:st|nd|rd|th)?)(?![\d:]){_YEAR}"
        ),
    ),
    ("range", rf"(?:from|between)\s+(?:the\s+)?{_NTH}{_DASH}(?P<day2>\d{{1,2}}(?:st|nd|rd|th))"),
    (
        "vague",
        (
            rf"(?:the\s+)?{_DAY}(?:\s+(?:of\s+)?{_MONTH})?\s+or\s+(?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?"
            rf"\s+(?:of\s+)?)?{_MONTH.replace('month', 'm2')}"
        ),
    ),
    ("after_tomorrow", r"(?:the\s+)?day\s+after\s+tomorrow|overmorrow"),
    ("before_yesterday", r"(?:the\s+)?day\s+before\s+yesterday"),
    (
        "now",
        (
            r"today|2day|tonight|this\s+(?:morning|afternoon|evening)|now|right\s+away|immediately|asap"
            r"|(?:by\s+)?(?:the\s+)?(?:end\s+of\s+(?:the\s+|this\s+)?(?:day|business)"
            r"|close\s+of\s+business"
            r"|eod|cob)"
        ),
    ),
    ("tomorrow", r"tomorrow|tmrw|tomm?orr*ow|2moro|tmr|tmw"),
    ("yesterday", r"yesterday|last\s+(?:night|evening)"),
    (
        "weekday_week",
        rf"{_WEEKDAY}\s+week|a\s+week\s+(?:on|from)\s+{_WEEKDAY.replace('weekday', 'w2')}",
    ),
    (
        "week_from_day",
        (
            rf"{COUNT}\s+(?P<unit>weeks?|fortnights?)\s+(?:from\s+|on\s+)?"
            r"(?P<base>tomorrow|today|yesterday)|(?P<base2>tomorrow|today)\s+week"
        ),
    ),
    ("weekday", rf"{_BY}(?:the\s+)?(?:(?P<this>this)\s+)?(?:{_WHICH}[\s-]+)?{_WEEKDAY}"),
    (
        "weekday_of",
        (
            rf"{_BY}{_WEEKDAY},?\s+(?:of\s+|in\s+|the\s+)*(?P<which>this|next|last|coming"
            r"|following|past)\s+week"
        ),
    ),
    ("weekday_of", rf"(?P<which>this|next|last|coming|following)\s+week,?\s+(?:on\s+)?{_WEEKDAY}"),
    ("after_next", rf"{_BY}(?:the\s+)?{_WEEKDAY}\s+(?:of\s+|in\s+)?(?:the\s+week\s+)?after\s+next"),
    ("weeks_on", rf"(?:in\s+)?{COUNT}\s+weeks?(?:'?s?\s+time)?\s+on\s+(?:a\s+)?{_WEEKDAY}"),
    ("weeks_on", rf"{_BY}{_WEEKDAY}\s+in\s+{COUNT}\s+weeks?(?:'?s?\s+time)?"),
    (
        "nth_weekday",
        (
            r"(?:the\s+)?(?P<place>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+"
            rf"{_WEEKDAY}\s+(?:of|in)\s+(?:(?P<span>(?:this|next|last|the)\s+month)|{_MONTH}{_YEAR})"
        ),
    ),
    (
        "of_month",
        (
            rf"(?:the\s+)?{_DAY}\s+(?:day\s+)?(?:of\s+|in\s+)?(?P<span>(?:this|next|last|the|the\s+following)"
            r"\s+month)|next\s+month\s+on\s+the\s+(?P<nth>\d{1,2}(?:st|nd|rd|th)?)"
        ),
    ),
    ("ahead", rf"(?:in|within)\s+{COUNT}\s+{UNIT}(?:'s?\s+time)?"),
    ("ahead", rf"{COUNT}\s+{UNIT}(?:'s?\s+time|\s+from\s+(?:now|today)|\s+later)"),
    ("ago", rf"{COUNT}\s+{UNIT}\s+ago"),
    (
        "end",
        (
            r"(?P<eow>eow)|(?:(?:by|at|until)\s+)?(?:the\s+)?(?:end|last\s+day)\s+of\s+(?:the\s+|this\s+)?"
            rf"(?:(?P<next>next\s+)?(?P<span>week|month|year)|{_MONTH}{_YEAR})"
        ),
    ),
    (
        "start",
        (
            r"(?:the\s+)?(?:start|beginning|first\s+day)\s+of\s+(?:the\s+|this\s+)?(?:"
            rf"(?P<next>next\s+)(?P<span>week|month|year)|{_MONTH}{_YEAR})"
        ),
    ),
    (
        "holiday",
        (
            r"christmas\s+eve|christmas(?:\s+day)?|xmas|boxing\s+day|new\s+year'?s?\s+eve"
            r"|new\s+year'?s?(?:\s+day)?"
        ),
    ),
    (
        "day_of_month",
        (
            rf"(?:by\s+|on\s+|until\s+)?(?:the\s+)?{_NTH}(?=\s*(?:$|[.,;!?)]|(?:please|of"
            r"|or|and|at|in\s+the|would|will|is|if|because|to|for|then|works?|thanks?|so|by|latest)\b))"
        ),
    ),
    ("vague", rf"\d{{1,2}}/\d{{1,2}}\s+{_MONTH}"),
    (
        "vague",
        (
            rf"(?:any\s?time\s+|some\s?time\s+|early\s+|late\s+|mid[\s-]+)?(?:{_WHICH}\s+|the\s+)"
            r"(?:week(?:end)?|month|year|quarter)(?:\s+after(?:\s+next)?)?|(?:the\s+|next\s+)?weekend"
        ),
    ),
    (
        "vague",
        (
            rf"(?:in|mid(?:\s+of)?|middle\s+of|early|late|during|some\s?time\s+in|by)[\s-]+{_MONTH}"
            rf"(?!\s*\d{{1,2}}\b){_YEAR}|q[1-4]|{_MONTH.replace('month', 'm2')}\s+\d{{4}}"
        ),
    ),
    ("vague", rf"every\s+(?:other\s+)?{_WEEKDAY}|{_WEEKDAY.replace('weekday', 'w2')}(?<=day)s"),
)
COMPILED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![\w/.\-])(?:{pattern})(?![\w/])(?![.-]\d)", re.IGNORECASE))
    for kind, pattern in _PATTERNS
)
"""Kind of naming a day, a method of `dates._Reader` → its pattern."""
