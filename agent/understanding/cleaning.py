"""What a message is before anyone tries to understand it: cleaned, cut, and of which kind.

Pure. Control characters, lone surrogates and what changes the direction of a line are
taken out, so that nothing stored or shown can say something else than it seems to.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from agent.understanding.small_words import SmallWord, small_word

__all__ = ["Cleaned", "MessageKind", "asks_how", "clean", "payload_intent", "puts_question"]

# C0 and C1 controls but tab and line feed, lone surrogates, line directions, and the
# invisible ones that only serve to hide text; joiners stay, emoji and scripts need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85]")
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[^\S\n]+")

_START_OVER = frozenset(
    {
        "start over",
        "start again",
        "start from the beginning",
        "start from scratch",
        "lets start over",
        "begin again",
        "restart",
        "reset",
        "new conversation",
        "start a new conversation",
    }
)
_PAYLOAD = re.compile(r"/(?P<name>[A-Za-z][\w-]{0,60})(?:\{.*\})?", re.DOTALL)
_BEGINNINGS = frozenset(
    {"session_start", "get_started", "start", "start_conversation", "greet", "hello", "hi"}
)


class MessageKind(StrEnum):
    """What a message is before anyone tries to understand it.

    `BEGIN` and `PAYLOAD` are what chat pages send by themselves, in Rasa's way:
    `/session_start` when they open, `/order_equipment` when a button is pressed.
    """

    WORDS = "words"
    NO_WORDS = "no_words"
    START_OVER = "start_over"
    CANCEL = "cancel"
    BEGIN = "begin"
    PAYLOAD = "payload"


@dataclass(frozen=True)
class Cleaned:
    """A message that can be looked at.

    Attributes:
        text: Without what can't be seen, at most as long as allowed.
        kind: What it is.
        cut: The rest of it was left out.
    """

    text: str
    kind: MessageKind
    cut: bool = False


def clean(message: str, *, max_chars: int) -> Cleaned:
    r"""Clean a message and say of which kind it is.

    `clean("  Start  over!\x07", max_chars=100)` is `Cleaned("Start over!", START_OVER)`.

    Args:
        message: As it came; anything at all.
        max_chars: What is longer is cut there, in code points.
    """
    # What is cut off isn't looked at either: cleaning a megabyte takes its time.
    text = message[: 2 * max_chars]
    text = _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))
    text = unicodedata.normalize("NFC", text)
    text = _SPACES.sub(" ", text)
    text = _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()
    cut = len(text) > max_chars or len(message) > 2 * max_chars
    text = text[:max_chars].rstrip()
    return Cleaned(text, _kind(text), cut)


def payload_intent(text: str) -> str:
    """Return the intent that a payload names, or an empty text: `/order{"item": 1}` is `order`."""
    payload = _PAYLOAD.fullmatch(text)
    return payload["name"] if payload else ""


def _kind(text: str) -> MessageKind:
    if payload := _PAYLOAD.fullmatch(text):
        name = payload["name"].casefold()
        if name in ("restart", "reset"):
            return MessageKind.START_OVER
        return MessageKind.BEGIN if name in _BEGINNINGS else MessageKind.PAYLOAD
    if not any(unicodedata.category(char)[0] in "LN" for char in text):
        return MessageKind.NO_WORDS
    bare = " ".join(re.sub(r"[^\w\s]", "", text).casefold().split())
    if bare.removeprefix("please ").removesuffix(" please") in _START_OVER:
        return MessageKind.START_OVER
    if small_word(text) is SmallWord.CANCEL:
        return MessageKind.CANCEL
    return MessageKind.WORDS


_GREETING = r"(?:(?:hi|hello|hey|ok|okay|so|and|but|well|please|thanks|sorry)\b[\s,.!-]*)*"
_QUESTION = re.compile(
    _GREETING
    + r"(?:what|which|who|whom|whose|when|where|why|how|is|are|am|was|were|do|does|did|has|"
    r"have|should|may|might|must|what's|where's|who's|how's|when's|can anyone|can somebody tell|"
    r"(?:can|could) (?:i|we) (?!(?:have|get|order|book|report|request|make|see|speak|talk)\b)|"
    r"(?:can|could) you (?:tell|explain|say))\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    _GREETING + r"(?:can|could|may|might|will|would) (?:i|we|you|someone)\b", re.IGNORECASE
)


_HOW = re.compile(_GREETING + r"how\b", re.IGNORECASE)


def puts_question(text: str) -> bool:
    """Return whether a message is put as a question rather than as a wish or an order.

    "How do I order a mouse?" is a question; "order a mouse", "can I get a mouse?" aren't.
    """
    if _QUESTION.match(text):
        return True
    return text.rstrip().endswith("?") and _WISH.match(text) is None


def asks_how(text: str) -> bool:
    """Return whether a message asks how something is done: "how do I order a mouse?"."""
    return _HOW.match(text) is not None
