"""Which of a few values a message picks: by name, synonym, number, beginning or near-miss."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache

from agent.configuration.schema import Choice
from agent.conversation.forms.matches import Match

__all__ = ["find_choices", "is_named", "pick"]

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_PLACE = re.compile(
    r"(?:(?:i(?:'d| would) like|i(?:'ll| will)? take|give me|let's take)\s+)?(?:the\s+|that\s+)?"
    r"(?:(?P<word>" + "|".join(_PLACES) + r"|last)|(?P<nth>\d{1,3})(?:st|nd|rd|th))"
    r"(?:\s+(?:one|option|choice))?(?:\s+please)?"
)
_NUMBER = re.compile(r"(?:(?:option|number|no|choice|nr)\s*)?(?P<number>\d{1,3})(?:\s+please)?")
_NEAR = 0.8
_MIN_NEAR_CHARS = 4
_MAX_CHARS = 400


def find_choices(text: str, choices: Sequence[Choice]) -> list[Match]:
    """Return the values that a message names as whole words, in order.

    A longer name wins over a shorter one inside it; a plural counts. Case is ignored.
    """
    folded = text[:_MAX_CHARS].lower()
    found: list[tuple[int, int, str]] = []
    for choice in choices:
        for word in (choice.value, *choice.synonyms):
            found.extend(
                (match.start(), match.end(), choice.value)
                for match in _whole(word).finditer(folded)
            )
    kept: list[tuple[int, int, str]] = []
    for start, end, value in sorted(found, key=lambda f: (f[0] - f[1], f[0])):
        if not any(start < other[1] and other[0] < end for other in kept):
            kept.append((start, end, value))
    return [Match(value, start, end) for start, end, value in sorted(kept)]


@lru_cache(maxsize=4096)
def _whole(word: str) -> re.Pattern[str]:
    inner = r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", word.lower().strip()))
    return re.compile(rf"(?<!\w){inner}(?:e?s)?(?!\w)")


def pick(text: str, choices: Sequence[Choice]) -> list[str]:
    """Return the values that an answer to the question may mean; one is a clear answer.

    `pick("the second", (Choice("mouse"), Choice("monitor")))` is `["monitor"]`.
    """
    plain = _plain(text)
    if not plain:
        return []
    if exact := _exact(text, choices):
        return [exact]
    named = list(dict.fromkeys(str(found.value) for found in find_choices(text, choices)))
    if named:
        return named
    if place := _PLACE.fullmatch(plain):
        return _at(_place_of(place), choices)
    starting = _starting(plain, choices)
    if starting:
        return starting
    if number := _NUMBER.fullmatch(plain):
        return _at(int(number["number"]), choices)
    return _near(plain, choices)


def is_named(text: str, choices: Sequence[Choice]) -> bool:
    """Return whether a message is the name of a value and nothing else."""
    return bool(_plain(text)) and _exact(text, choices) is not None


def _exact(text: str, choices: Sequence[Choice]) -> str | None:
    # As it is written first: only its signs tell "C++" from "C".
    for alike in (str, _folded, _plain):
        for choice in choices:
            if alike(text) in map(alike, (choice.value, *choice.synonyms)):
                return choice.value
    return None


def _place_of(match: re.Match[str]) -> int:
    if match["nth"]:
        return int(match["nth"])
    return -1 if match["word"] == "last" else _PLACES.index(match["word"]) + 1


def _at(place: int, choices: Sequence[Choice]) -> list[str]:
    if place == -1 and choices:
        return [choices[-1].value]
    return [choices[place - 1].value] if 1 <= place <= len(choices) else []


def _starting(plain: str, choices: Sequence[Choice]) -> list[str]:
    """Return values with a word that begins like the answer: "key" is "keyboard"."""
    if len(plain) < 2 and not plain.isdigit():
        return []
    found = [
        choice.value
        for choice in choices
        for word in (choice.value, *choice.synonyms)
        if f" {_plain(word)}".find(f" {plain}") >= 0
    ]
    return list(dict.fromkeys(found))


def _near(plain: str, choices: Sequence[Choice]) -> list[str]:
    """Return the value that a misspelt answer is nearest to, if it is near."""
    words = plain.split()[:12]
    best: dict[str, float] = {}
    for choice in choices:
        for name in (choice.value, *choice.synonyms):
            target = _plain(name)
            if len(target) < _MIN_NEAR_CHARS:
                continue
            length = len(target.split())
            spans = [" ".join(words[i : i + length]) for i in range(len(words) - length + 1)]
            for span in [*spans, plain[:_MAX_CHARS]]:
                if len(span) < _MIN_NEAR_CHARS:
                    continue
                ratio = difflib.SequenceMatcher(None, span, target, autojunk=False).ratio()
                best[choice.value] = max(best.get(choice.value, 0.0), ratio)
    top = max(best.values(), default=0.0)
    if top < _NEAR:
        return []
    return [value for value, ratio in best.items() if ratio > top - 0.05]


def _folded(text: str) -> str:
    return text[:_MAX_CHARS].strip(" .!?").casefold()


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+(?:'\w+)?", text[:_MAX_CHARS].lower()))
