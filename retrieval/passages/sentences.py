"""Sentence boundaries with exact offsets.

The boundaries come from `sentencex` (MIT, kept by the Wikimedia Foundation, Rust inside: 1 MB
of text takes about 0.15 s). It was chosen because it keeps the text verbatim with code-point
offsets, knows abbreviations ("e.g.", "No. 5", "9 a.m."), version numbers and URLs, and knows
sentence ends beyond the Latin script. What it gets wrong in help-desk text is mended here by
joining: a list number on its own ("1."), and abbreviations that support articles are full of
("ext. 4410", "approx. 5 days"). Spans only ever grow by that, so the offsets stay exact.

This is not a parser of structure: hand it the text of one block (see `structure/`).
"""

from __future__ import annotations

import re

from sentencex import get_sentence_boundaries  # type: ignore[import-untyped]

__all__ = ["ends_sentence", "sentence_spans"]

_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Lone surrogates can't cross into Rust; each is replaced by one character of its own length."""

_NUMBER_ALONE = re.compile(
    r"(?:[(\[]?[0-9]{1,3}[.)\]]|[a-zA-Z][.)]|step\s+[0-9]{1,3}[.:)])\s*", re.I
)

# fmt: off
_ABBREVIATIONS = frozenset({
    "approx", "appt", "apt", "ave", "bldg", "corp", "dept", "div", "ed", "eds", "esp", "est",
    "ext", "fig", "figs", "hr", "hrs", "incl", "excl", "int", "lbs", "ltd", "max", "min", "mins",
    "misc", "mo", "mon", "mos", "mtg", "no", "nos", "orig", "para", "pct", "pos", "pp", "pt",
    "qty", "ref", "rev", "rm", "rte", "sec", "secs", "seq", "std", "tel", "temp", "tues", "thurs",
    "vol", "vs", "wk", "wks", "yr", "yrs",
})
"""Words that end in a full stop without ending the sentence, when a digit or a lower-case
letter follows. All of them are checked in lower case."""
# fmt: on

_LAST_WORD = re.compile(r"(?<![^\W_])([^\W\d_]{1,6})\.\s*\Z")

_CLOSERS = "\"'”’»›)]}*_`"
_TERMINATORS = ".!?…。！？؟।॥۔։።｡"


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends the way a sentence does, closing quotes aside."""
    tail = text[-64:].rstrip().rstrip(_CLOSERS)
    return tail.endswith(tuple(_TERMINATORS))


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a text as half-open spans, without white space at their ends.

    The spans are disjoint, ascending and cover every character that isn't white space. A text
    without any sentence end is one sentence.

        >>> sentence_spans("Call ext. 4410.  Ask for Ana.")
        [(0, 15), (17, 29)]
    """
    if not text or text.isspace():
        return []
    safe = _SURROGATE.sub("\ufffd", text)
    # Only the ends are used: spans between successive ends cover the text by construction.
    ends = [boundary["end_index"] for boundary in get_sentence_boundaries("en", safe)]
    ends.append(len(text))
    spans: list[tuple[int, int]] = []
    at = 0
    joining = False
    for end in ends:
        if end <= at:
            continue
        piece = text[at:end]
        stripped = piece.strip()
        if not stripped:
            at = end
            continue
        start = at + len(piece) - len(piece.lstrip())
        stop = start + len(stripped)
        at = end
        if spans and (joining or not _stands_alone(stripped)):
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
        joining = _runs_on(stripped, text[end : end + 1])
    return spans


def _stands_alone(sentence: str) -> bool:
    """Tell whether a sentence holds more than punctuation that belongs to the one before."""
    return len(sentence) > 3 or any(ch.isalnum() or ord(ch) > 0x2FF for ch in sentence)


def _runs_on(sentence: str, following: str) -> bool:
    """Tell whether the full stop at the end is a number's or an abbreviation's."""
    tail = sentence[-24:]
    if len(sentence) <= 12 and _NUMBER_ALONE.fullmatch(sentence):
        return True
    word = _LAST_WORD.search(tail)
    if word is None or word.group(1).lower() not in _ABBREVIATIONS:
        return False
    return following.isdigit() or following.islower()
