"""Puts a fragment into the place of what it stands for in the question before. Pure.

After `how much is the mileage rate in Canada?`, `and in Ireland?` asks `how much is the mileage
rate in Ireland?`. A reader needs the question itself: with the earlier words merely put behind
the fragment, Canada's row answers as well as Ireland's. Where no place for a fragment shows,
nothing is guessed.
"""

from __future__ import annotations

import re

__all__ = ["in_its_place"]

_MAX_WORDS = 5
# Less is no question to put anything into.
_LEAST_WORDS = 3
_OPENER = re.compile(
    r"(?:(?:ok|okay|so|but|hm+|ah|right|thanks|great)\b[,.!]?\s+)*"
    r"(?P<opener>and what about|and how about|what about|how about|and|the same for|same for)\s+"
    r"(?P<rest>.+?)[\s?.!]*",
    re.IGNORECASE,
)
_PREPOSITIONS = "in|for|on|at|to|from|with|by|during|after|before|without|near|as"
_LEADING = re.compile(rf"(?P<preposition>{_PREPOSITIONS})\s+(?P<object>.+)", re.IGNORECASE)
# A fragment with one of these is a question of its own.
_OWN_QUESTION = re.compile(
    r"\b(?:how|what|when|where|who|whom|whose|which|why|is|are|was|were|do|does|did|can|could|will|"
    r"would|should|may|must|have|has|had|i|we|you|they|it|that|this|those|these|if|then|not|no|yes|"
    r"thanks?|please)\b",
    re.IGNORECASE,
)
# Where the words that hang on a preposition or an article end.
_BOUNDARY = (
    rf"(?=\s+(?:{_PREPOSITIONS}|of|and|or|but|if|when|while|where|which|who|that|so|because|"
    r"is|are|was|were|do|does|did|can|could|will|would|should|may|must|have|has|i|we|you|they|it)\b"
    r"|[,;:.?!]|\s*$)"
)
_DETERMINERS = ("an?", "the", "my|our|your")
_PEOPLE = (
    "employees|staff|everyone|people|contractors|freelancers|managers|interns|visitors|guests|"
    "customers|suppliers|colleagues|part-timers|students|parents|new starters|newcomers|engineers|"
    "remote staff|remote workers|agency workers"
)
_PEOPLE_ALONE = re.compile(rf"(?:the\s+)?(?P<people>{_PEOPLE})", re.IGNORECASE)
_ASKER = re.compile(
    r"\b(?P<verb>do|can|could|may|must|should|will)\s+(?:i|we|you)\b", re.IGNORECASE
)


def in_its_place(message: str, earlier: str) -> str | None:
    """Return the earlier question with the message in the place of what it stands for.

    `and a headset?` after `how long does it take to order a monitor?` gives `how long does it
    take to order a headset?`.

    Args:
        message: The last message.
        earlier: The question before it, whole.

    Returns:
        None if the message isn't such a fragment, or has no place there.
    """
    fragment = _fragment(message)
    question = earlier.strip().rstrip("?!. ")
    if fragment is None or len(question.split()) < _LEAST_WORDS:
        return None
    whole = _placed(fragment, question)
    # Whoever leaves the question mark out goes on doing so.
    ending = "?" if earlier.rstrip().endswith("?") else ""
    return None if whole is None else whole + ending


def _placed(fragment: str, question: str) -> str | None:
    people = _PEOPLE_ALONE.fullmatch(fragment)
    if people is not None:
        return _for_people(people["people"], question)
    leading = _LEADING.fullmatch(fragment)
    if leading is not None:
        return _after_preposition(leading["preposition"], leading["object"], question)
    return _after_determiner(fragment, question) or _at_the_end(fragment, question)


def _fragment(message: str) -> str | None:
    opened = _OPENER.fullmatch(message.strip())
    fragment = opened["rest"] if opened else message.strip(" \t?.!")
    if not opened and _LEADING.fullmatch(fragment) is None:
        return None
    if len(fragment.split()) > _MAX_WORDS or _OWN_QUESTION.search(fragment):
        return None
    return fragment


def _after_preposition(preposition: str, thing: str, question: str) -> str | None:
    people = _PEOPLE_ALONE.fullmatch(thing)
    if preposition.casefold() == "for" and people is not None:
        return _for_people(people["people"], question)
    place = _last(rf"\b{preposition}\s+(?P<old>[^,;:.?!]+?){_BOUNDARY}", question)
    if place is None:
        return f"{question} {preposition} {thing}"
    return _put(thing, place, question)


def _for_people(people: str, question: str) -> str:
    named = _last(rf"\b(?P<old>{_PEOPLE})\b", question)
    if named is not None:
        return _put(people, named, question)
    asker = _ASKER.search(question)
    if asker is not None:
        begin, end = asker.span()
        return f"{question[:begin]}{asker['verb']} {people}{question[end:]}"
    return f"{question} for {people}"


def _after_determiner(fragment: str, question: str) -> str | None:
    for determiner in _DETERMINERS:
        if re.match(rf"(?:{determiner})\s", fragment, re.IGNORECASE):
            place = _last(rf"\b(?P<old>(?:{determiner})\s+[^,;:.?!]+?){_BOUNDARY}", question)
            return None if place is None else _put(fragment, place, question)
    return None


def _at_the_end(fragment: str, question: str) -> str | None:
    """Put a name in the place of the name that the question ends with: `what about Ireland?`."""
    if not fragment[:1].isupper():
        return None
    ending = re.search(r"\b(?:in|at|on|to|from)\s+(?P<old>[\w-]+)$", question, re.IGNORECASE)
    return None if ending is None else _put(fragment, ending, question)


def _last(pattern: str, text: str) -> re.Match[str] | None:
    return max(re.finditer(pattern, text, re.IGNORECASE), key=re.Match.start, default=None)


def _put(new: str, place: re.Match[str], question: str) -> str:
    begin, end = place.span("old")
    if question[begin:end].casefold() == new.casefold():
        return question
    return question[:begin] + new + question[end:]
