"""What people say around a form: yes, no, cancel, skip, change, and things beside it.

Whole messages are matched, not words in them: "cancel" breaks a form off, "cancel my
parking permit" may be an answer.
"""

from __future__ import annotations

import re

__all__ = [
    "PERSON",
    "Change",
    "asks_something",
    "change_in",
    "is_cancel",
    "is_no",
    "is_skip",
    "is_yes",
    "plain",
    "softly_corrects",
    "without_no",
]

_POLITE = r"(?:\s+(?:please|thanks|thank you|pls|mate|then))*"
_YES = re.compile(
    r"(?:(?:oh|well|ah|uh|um),?\s+)?(?:(?:y|ye|yes|yeah|yea|yep|yup|yess+|yea+h+|ya|aye|sure|ok"
    r"|okay|okey|k|kk"
    r"|fine|right|correct|exactly|absolutely|definitely|certainly|of course|indeed|affirmative"
    r"|confirmed?"
    r"|perfect|great|good|lovely|all good|looks? (?:good|right|fine|ok|okay|great|perfect)"
    r"|sounds? (?:good|right|fine|great)|that(?:'s| is|s) (?:right|correct|fine|it|good|ok|okay"
    r"|perfect|all right)"
    r"|it is|it's (?:right|correct|fine|good)|go ahead|go for it|go on|do it|do that|do so"
    r"|please do|proceed|submit(?: it)?"
    r"|send it|order it|book it|place it|continue|i confirm|i do|i agree|agreed|that works"
    r"|works for me"
    r"|happy with that|all correct|no changes?|nothing to change|👍|👌|✅)"
    r"(?:[\s,.!]+|$))+" + r"(?:please|thanks|thank you|pls|mate)?"
)
_NO = re.compile(
    r"(?:(?:oh|well|ah|uh|um),?\s+)?(?:(?:n|no|nope|nah|nay|not? (?:really|quite|yet|right|correct"
    r"|now|ok|okay)"
    r"|wrong|incorrect|that(?:'s| is|s) (?:wrong|not right|not correct|incorrect|not it)|it isn't"
    r"|it's not|it's wrong"
    r"|do not|don't|dont|never|negative|wait|stop there|hold on|no way|not like that"
    r"|something(?:'s| is) wrong"
    r"|isn't right|👎|❌)(?:[\s,.!]+|$))+(?:please|thanks|thank you|pls)?"
)
_CANCEL = re.compile(
    r"(?:(?:no|oh|ok|okay|actually|sorry|please|wait|hm+|well|just|let's|lets|can you|could you"
    r"|i want to"
    r"|i'd like to|i would like to)[\s,.!]+)*"
    r"(?:cancel(?:led)?(?: (?:it|that|this|everything|the (?:form|order|request|booking"
    r"|whole thing)"
    r"|my (?:order|request|booking)|all of (?:it|this|that)))?"
    r"|forget (?:it|that|this|about (?:it|that|this))|never ?mind|nvm|abort(?: (?:it|this|that))?"
    r"|stop(?: (?:it|this|that))?|quit|exit|leave it|drop (?:it|that|this)|scrap (?:it|that|this)"
    r"|call it off"
    r"|i(?:'ve| have)? changed my mind|changed my mind"
    r"|(?:i )?(?:don't|do not|dont) (?:want|need) (?:it|that|this|to (?:do|order|book"
    r"|continue)(?: (?:it|this|that))?)"
    r"(?: any ?more| now)?|not (?:any ?more|interested)|no (?:longer needed|need any ?more)"
    r"|start over another time|discard(?: (?:it|that|this))?|get me out(?: of (?:here|this))?)"
    r"(?:[\s,.!]+(?:please|thanks|thank you|now|pls|then|sorry|all|any ?more))*[\s.!]*"
)
_SKIP = re.compile(
    r"(?:(?:no|please|just|let's|ok|i'd rather|i would rather|can we|can i|you can)[\s,.!]+)*"
    r"(?:skip(?: (?:it|that|this|this one|this question|the question))?|pass|none|nothing|n/?a|no"
    r"|nope|nah|leave (?:it )?(?:empty|blank|out)"
    r"|not (?:applicable|needed|necessary|really)|next|no thanks|no thank you|don't (?:know"
    r"|have (?:one|any))"
    r"|i don't (?:know|have (?:one|any))|rather not(?: say)?|rather not say|prefer not to(?: say)?"
    r"|without|doesn't matter|-+)" + _POLITE + r"[\s.!]*"
)
_CHANGE = re.compile(
    r"(?:(?:no|oh|ok|okay|actually|sorry|please|wait|hm+|well|but|first|yes|stop)[\s,.!:;-]+)*"
    r"(?:(?:can|could|may) (?:you|i|we)\s+|i(?:'d| would)? (?:like|want|need|have) to\s+|let me\s+"
    r"|let's\s+|i want\s+)?"
    r"(?:please\s+)?(?P<verb>change|correct|edit|update|fix|alter|modify|redo|amend|set|make"
    r"|replace|adjust|different)\s+(?P<rest>.+)"
)
_SOFT = re.compile(
    r"(?:no|nope|actually|wait|sorry|oops|i meant|i mean|correction|rather|better|hold on"
    r"|not)\b[\s,.!:;-]*.+"
    r"|.*\b(?:make (?:it|that)|instead|i meant|rather than|change (?:it|that) to|should (?:be"
    r"|have been)|switch to)\b.*"
)
_LEADING_NO = re.compile(
    r"(?:(?:no|nope|nah|wait|sorry|oops|actually|oh|hold on|wrong|not quite|not right|but|yes|ok"
    r"|okay|well)\b[\s,.!:;-]*)+"
)
_WH = re.compile(
    r"(?:(?:and|but|so|ok|okay|hey|hi|sorry|wait|first|by the way|btw|quick question|one question"
    r"|hm+|actually)[\s,:;.!-]+)*"
    r"(?:what(?:'s|s)?|when(?:'s)?|where(?:'s)?|who(?:'s|m|se)?|why|how(?:'s)?|which|whats|tell me"
    r"|explain)\b"
)
_YES_NO = re.compile(
    r"(?:(?:and|but|so|ok|okay|hey|hi|sorry|wait|first|by the way|btw|hm+|actually)[\s,:;.!-]+)*"
    r"(?:is|are|am|was|were|do|does|did|can|could|may|might|must|shall|should|will|would|have|has"
    r"|had|isn't|aren't"
    r"|don't|doesn't|can't|won't)\s+(?:i|you|we|they|he|she|it|there|that|this|the|a|an|my|your"
    r"|our|someone|anyone|anybody|people|employees|contractors|staff)\b"
)
_OFFER = re.compile(r"(?:what|how) about\b|which (?:one )?do i\b")
PERSON = re.compile(
    r"\b(?:talk|speak|chat|connect me|put me through|transfer me|pass me)\b.{0,20}\b(?:to"
    r"|with)\b.{0,20}"
    r"\b(?:human|person|people|agent|someone|somebody|colleague|operator|representative|staff"
    r"|advisor|real)\b"
)
"""Asking for a person, which is never an answer to a form."""


class Change:
    """A wish to change something: what comes after the verb.

    Attributes:
        rest: "item to keyboard", in lower case.
        start: Where that begins in the plain message.
        verb: The verb used.
    """

    __slots__ = ("rest", "start", "verb")

    def __init__(self, rest: str, start: int, verb: str) -> None:
        self.rest = rest
        self.start = start
        self.verb = verb


def plain(text: str) -> str:
    """Return a message in lower case with straight apostrophes; its length stays."""
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.replace("’", "'").replace("‘", "'")


def is_yes(text: str) -> bool:
    """Return whether the whole message is a yes."""
    return _YES.fullmatch(_bare(text)) is not None


def is_no(text: str) -> bool:
    """Return whether the whole message is a no."""
    return _NO.fullmatch(_bare(text)) is not None


def is_cancel(text: str) -> bool:
    """Return whether the whole message breaks off."""
    return _CANCEL.fullmatch(_bare(text)) is not None


def is_skip(text: str) -> bool:
    """Return whether the whole message leaves a question out."""
    return _SKIP.fullmatch(_bare(text)) is not None


def change_in(text: str) -> Change | None:
    """Return what the message wants changed, if it starts with such a wish."""
    found = _CHANGE.fullmatch(plain(text).rstrip(" .!?"))
    return Change(found["rest"], found.start("rest"), found["verb"]) if found else None


def softly_corrects(text: str) -> bool:
    """Return whether the message reads like a correction: "no, make it Friday"."""
    return _SOFT.fullmatch(_bare(text)) is not None


def without_no(text: str) -> int:
    """Return where the message goes on after a leading "no, sorry, "; 0 without one."""
    found = _LEADING_NO.match(plain(text))
    return found.end() if found else 0


def asks_something(text: str) -> str:
    """Return "open" for a question with a question word, "closed" for a yes-or-no one, or ""."""
    folded = _bare(text)
    if PERSON.search(folded):
        return "open"
    if _OFFER.match(folded):
        return "closed"
    if _WH.match(folded) and (len(folded.split()) > 2 or text.rstrip().endswith("?")):
        return "open"
    if _YES_NO.match(folded):
        return "closed"
    return "closed" if text.rstrip().endswith("?") else ""


def _bare(text: str) -> str:
    return " ".join(plain(text[:400]).split()).strip(" .!\"'")
