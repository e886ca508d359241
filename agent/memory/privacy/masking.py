"""Personal data replaced by marks such as "[e-mail]", before anything is stored or logged.

E-mail addresses, telephone numbers, payment cards and IBANs are found by `personal`;
what the company calls personal besides is found by its own patterns, each with a time limit.
Where a pattern runs out of time the whole text is hidden: nothing unchecked is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import regex

from agent.configuration.schema import MaskPattern
from agent.errors import ConfigurationError
from agent.memory.privacy.personal import (
    CARD,
    EMAIL,
    IBAN,
    PHONE,
    Found,
    find_personal,
    has_issuer,
    is_card,
)

__all__ = ["BUILT_IN", "HIDDEN", "Masker"]

BUILT_IN = (EMAIL, PHONE, CARD, IBAN)
"""Names of the marks that are always there."""

HIDDEN = "personal"
"""Name of the mark for texts that the caller names: values of personal slots."""

_MAX_PATTERN_CHARS = 1_000
_MAX_NAME_CHARS = 40
_LEAST_HIDDEN_CHARS = 2
_SECONDS_A_TEXT = 0.05
_SECONDS_A_CHAR = 1e-6
_PATIENCE = 20
_MAX_DEPTH = 60
# Numbers in JSON are counts, offsets and scores; shorter ones are never anybody's.
_LEAST_WHOLE = 10**9


class Masker:
    """Replaces personal data by marks; one masker serves many threads.

    Attributes:
        names: Names of the marks it makes, the company's own first.
    """

    def __init__(self, patterns: Sequence[MaskPattern] = ()) -> None:
        """Compile the company's patterns.

        Args:
            patterns: Name and regular expression each; flags go inside, as `(?i)`.

        Raises:
            ConfigurationError: A name or an expression can't be used.
        """
        self._patterns = tuple((item.name, _compiled(item)) for item in patterns)
        self.names = tuple(dict.fromkeys([name for name, _ in self._patterns] + list(BUILT_IN)))
        marks = "|".join(re.escape(name) for name in (*self.names, HIDDEN))
        self._marks = re.compile(rf"\[(?:{marks})\]")

    def mask(self, text: str, *, hide: Iterable[str] = ()) -> str:
        """Return the text with marks for personal data.

        Masking what is masked changes nothing.

        Args:
            text: Of any length; the time taken grows with it, no faster.
            hide: Further texts to hide wherever they stand, case ignored: values of
                personal slots, which no pattern knows.
        """
        hidden = _hidden(tuple(hide))
        if "[" not in text or self._marks.search(text) is None:
            return self._masked(text, hidden)
        parts: list[str] = []
        at = 0
        for mark in self._marks.finditer(text):
            parts += [self._masked(text[at : mark.start()], hidden), mark[0]]
            at = mark.end()
        parts.append(self._masked(text[at:], hidden))
        return "".join(parts)

    def mask_json(self, value: Any, *, hide: Iterable[str] = ()) -> Any:
        """Return a JSON value with every text and number in it masked; keys stay.

        A whole number is hidden where its digits are a card's of a known scheme or, as
        text, a telephone number. Mappings become dicts and sequences lists.
        """
        return self._masked_json(value, tuple(hide), 0)

    def is_masked(self, value: object) -> bool:
        """Tell whether a value holds a mark, so that what it was is no longer known."""
        if isinstance(value, str):
            return self._marks.search(value) is not None
        if isinstance(value, Mapping):
            return any(self.is_masked(inner) for inner in value.values())
        if isinstance(value, (list, tuple)):
            return any(self.is_masked(inner) for inner in value)
        return False

    def _masked(self, text: str, hidden: re.Pattern[str] | None) -> str:
        if not text:
            return text
        found = find_personal(text)
        if self._patterns:
            own = self._own(text)
            if own is None:
                return f"[{self._patterns[0][0]}]"
            # The company's own names first: of two marks over one place the first counts.
            found = own + found
        if hidden is not None:
            found += [Found(m.start(), m.end(), HIDDEN) for m in hidden.finditer(text)]
        return _replaced(text, found) if found else text

    def _own(self, text: str) -> list[Found] | None:
        """Return what the company's patterns match, or None if one took too long."""
        allowed_s = _SECONDS_A_TEXT + _SECONDS_A_CHAR * len(text)
        found: list[Found] = []
        for name, pattern in self._patterns:
            places = _places(pattern, text, allowed_s)
            if places is None:
                # The clock runs on while other threads have the processor: on a busy server
                # that alone may be it, so a second look gets much longer.
                places = _places(pattern, text, _PATIENCE * allowed_s)
            if places is None:
                return None
            found.extend(Found(start, end, name) for start, end in places)
        return found

    def _masked_json(self, value: Any, hide: tuple[str, ...], depth: int) -> Any:
        if isinstance(value, str):
            return self.mask(value, hide=hide)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, float)):
            return self._masked_number(value)
        if depth >= _MAX_DEPTH:
            return self.mask(str(value), hide=hide)
        if isinstance(value, Mapping):
            return {key: self._masked_json(held, hide, depth + 1) for key, held in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._masked_json(held, hide, depth + 1) for held in value]
        return self.mask(str(value), hide=hide)

    def _masked_number(self, value: int | float) -> int | float | str:
        if not (abs(value) >= _LEAST_WHOLE and value == value // 1):
            return value
        digits = str(abs(int(value)))
        if is_card(digits) and has_issuer(digits):
            return f"[{CARD}]"
        masked = self.mask(digits)
        # By chance one number of 13 to 19 digits in ten passes a card's check: milliseconds
        # since 1970 must not become one.
        return value if masked in {digits, f"[{CARD}]"} else masked


def _places(
    pattern: regex.Pattern[str], text: str, allowed_s: float
) -> list[tuple[int, int]] | None:
    """Return where a pattern matches, or None if looking took too long."""
    try:
        return [
            match.span()
            for match in pattern.finditer(text, timeout=allowed_s)
            if match.end() > match.start()
        ]
    except TimeoutError:
        return None


def _replaced(text: str, found: Sequence[Found]) -> str:
    """Put one mark in the place of findings that overlap; the first found names it."""
    order = sorted(range(len(found)), key=lambda place: (found[place].start, place))
    parts: list[str] = []
    at = 0
    group_start, group_end, group_first = -1, -1, -1
    for place in order:
        start, end, _ = found[place]
        if start < group_end:
            group_end = max(group_end, end)
            group_first = min(group_first, place)
            continue
        if group_first >= 0:
            parts += [text[at:group_start], f"[{found[group_first].label}]"]
            at = group_end
        group_start, group_end, group_first = start, end, place
    parts += [text[at:group_start], f"[{found[group_first].label}]", text[group_end:]]
    return "".join(parts)


def _hidden(hide: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return one pattern for all texts to hide, longest first; whole words only."""
    if not hide:
        return None
    texts = {" ".join(str(text).split()) for text in hide}
    texts = {text for text in texts if len(text) >= _LEAST_HIDDEN_CHARS}
    if not texts:
        return None
    worded = [
        r"\s+".join(re.escape(word) for word in text.split(" "))
        for text in sorted(texts, key=lambda text: (-len(text), text))
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(worded)})(?!\w)", re.IGNORECASE)


def _compiled(item: MaskPattern) -> regex.Pattern[str]:
    name, pattern = item.name, item.pattern
    if not name.strip() or len(name) > _MAX_NAME_CHARS or not name.isprintable() or "]" in name:
        msg = (
            f"The mask named {name!r} can't be used. Expected a name of 1 to {_MAX_NAME_CHARS} "
            'printable characters without "]": it is what people see in place of what was hidden.'
        )
        raise ConfigurationError(msg)
    if not pattern or len(pattern) > _MAX_PATTERN_CHARS:
        msg = (
            f"The pattern of the mask {name!r} has {len(pattern)} characters. Expected 1 to "
            f"{_MAX_PATTERN_CHARS}; make several masks of it."
        )
        raise ConfigurationError(msg)
    try:
        compiled: regex.Pattern[str] = regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        msg = (
            f"The pattern {pattern!r} of the mask {name!r} isn't a regular expression: {error}. "
            r"Write it in single quotes, such as 'E\d{5}'."
        )
        raise ConfigurationError(msg) from error
    if compiled.fullmatch("") is not None:
        msg = (
            f"The pattern {pattern!r} of the mask {name!r} matches an empty text. Expected one "
            "that needs at least one character."
        )
        raise ConfigurationError(msg)
    return compiled
