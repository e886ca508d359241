"""The small words of a conversation, in one place: yes, no, ok, never mind, that's all. Pure.

Whole messages are matched, not words in them: "cancel" breaks a form off, "cancel my parking
permit" may be an answer. A message may be several small words in a row ("never mind, forget
it") with courtesies around them; the strongest of them counts: cancel, then done, no, yes, ok.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from functools import cache

__all__ = [
    "COURTESIES",
    "MAX_WORDS",
    "Change",
    "SmallWord",
    "asks_something",
    "bare_words",
    "change_in",
    "is_cancel",
    "is_no",
    "is_skip",
    "is_yes",
    "plain",
    "small_word",
    "softly_corrects",
    "without_no",
]


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


class SmallWord(StrEnum):
    """What a message of small words alone says."""

    CANCEL = "cancel"
    DONE = "done"
    NO = "no"
    YES = "yes"
    OK = "ok"


COURTESIES = (
    r"please|pls|thanks(?: a lot| so much| very much| anyway)?|thank you(?: very much| so"
    r" much)?|thx"
    r"|cheers|mate|then|now|so|oh|well|ah|uh|um+|hm+|er|actually|really|just|sorry|and|but|hey"
    r"|i said|i mean|again|for now|(?:i )?think(?: so)?|bot|all|anyway"
)
_IT = r"(?:it|that|this|everything|all of (?:it|this|that)|the (?:whole )?thing|anything)"
_PHRASES = {
    SmallWord.CANCEL: (
        rf"(?:(?:can|could|would) you |i(?:'d| would)? (?:want|like|need) to |let'?s |let me )?(?:"
        rf"cancel(?:led)?(?: {_IT})?|forget(?: about)? {_IT}|never ?mind|nvm|nm|abort(?:"
        rf" {_IT})?|stop(?: {_IT}"
        rf"|right there| here)?|quit|exit|leave (?:it|that|me alone)|drop {_IT}|scrap {_IT}"
        rf"|scratch {_IT}|call it off|discard(?: {_IT})?|undo(?: {_IT})?"
        r"|get me out(?: of (?:here|this))?|go back(?: to (?:the )?(?:start|menu|main menu))?"
        r"|back out"
        r"|bail out|main menu|drop out)"
        r"|i(?:'ve| have)? changed my mind|changed my mind|start over another time"
        r"|(?:i )?(?:no longer|don'?t|do not) (?:want|need|care about) (?:it|that|this"
        r"|any(?:thing)?|one"
        r"|to(?: (?:do|order|book|continue|go on|proceed)(?: (?:it|this|that|with (?:it|this)))?)?)"
        r"(?: any ?more| any longer)?"
        rf"|(?:don'?t|do not) (?:order|book|send|do|submit|continue|bother|go on|proceed)(?:"
        rf" {_IT})?"
        r"(?: for me)?(?: any ?more)?"
        r"|not (?:any ?more|interested|needed any ?more)|no (?:longer needed|need(?: any ?more)?)"
        r"|no need(?: for (?:it|that|this))?"
    ),
    SmallWord.DONE: (
        r"(?:no |nope |ok )?that(?:'s| is|s| was| will be|'ll be) (?:all|it|everything|enough"
        r"|fine for"
        r" now)(?: (?:i (?:need(?:ed)?|want(?:ed)?)|for (?:now|today)))*|done|nothing (?:else"
        r"|more)(?: from me)?"
        r"|not(?:hing)? (?:right now|at the moment|for now|today)|i(?:'m| am) (?:done|good|all"
        r" set|fine"
        r"|ok|okay|finished)|all (?:done|set|good)|no (?:more|further|other) questions?"
        r"|we(?:'re| are)"
        r" (?:done|good)|that answers (?:it|my question)|no(?:thing)? more|i(?:'ve| have) (?:got )?"
        r"(?:everything|all)(?: i need)?"
    ),
    SmallWord.NO: (
        r"n|no+|nope|nah|nay|not (?:really|quite|yet|right|correct|now|ok|okay|at all|today"
        r"|this time)"
        r"|wrong|incorrect|that(?:'s| is|s) (?:wrong|not (?:right|correct|it|ok|okay|what i (?:want"
        r"(?:ed)?|mean(?:t)?|said))|incorrect|a no)|it(?:'s| is) (?:not|wrong|not (?:right"
        r"|correct))"
        r"|it isn'?t|(?:that|this) isn'?t (?:right|correct|it)|do not|don'?t|never|negative"
        r"|wait|stop"
        r" there|hold on|no (?:way|chance|thank(?:s| you))|(?:absolutely|definitely|certainly"
        r"|of course"
        r"|surely|probably|rather|better|please) not|not like that|something(?:'s| is) wrong"
        r"|isn'?t right|i (?:don'?t|do not) (?:think so|want (?:that|this|to)|agree)|i(?:'d| would)"
        r" rather not|i disagree|neither|👎|❌"
    ),
    SmallWord.YES: (
        r"y|ye+|yes+|yeah+|yea+h*|yep+|yup+|ya|aye|sure(?: thing)?|right|correct|exactly|absolutely"
        r"|definitely|certainly|of course|indeed|affirmative|confirm(?:ed)?|why not|totally"
        r"|looks? (?:good|right|fine|ok|okay|great|perfect|correct)(?: to me)?"
        r"|sounds? (?:good|right|fine|great|perfect)(?: to me)?|(?:that|it|this)(?:'s| is|s|"
        r" looks| seems)?"
        r" (?:all )?(?:right|correct|fine|good|ok|okay|perfect|great|true)(?: (?:to|with|by) me)?"
        r"|it is|that is so|go ahead|go for it|go on|(?:do|please do) (?:it|that|so)|please do"
        r"|proceed"
        r"|(?:submit|send|order|book|place|confirm|take|finish) (?:it|that|this|them|the order"
        r"|the request)(?: (?:off|in|out|through))?|submit|continue|i (?:confirm|do|agree|am|would"
        r"|want (?:that|it)|(?:would|'d) like (?:that|it|to))|agreed|(?:that )?works(?: for me)?"
        r"|(?:i'm )?happy"
        r" with (?:that|it|this)|all (?:correct|right|good|fine)|no changes?|nothing to change"
        r"|👍|👌|✅|💯"
    ),
    SmallWord.OK: (
        r"ok+|okay|okey|okie(?: dokie)?|k+|kk|fine|great|perfect|good|lovely|cool|nice|alright"
        r"|all right"
        r"|awesome|excellent|super|got it|gotcha|i see|understood|noted|makes sense|fair enough"
        r"|good to know|i understand|roger|will do|no (?:problem|worries)|np|sweet|brilliant"
        r"|wonderful"
        r"|very (?:good|well)|very helpful|that helps?(?: a lot)?|that helped|ah ok|aha"
        r"|🙂|😊|🙏|👏|🎉"
    ),
}
MAX_WORDS = 14
"""Whoever writes more says more than small words."""

_GAP = r"[\s,.!;:…-]"


@cache
def _several(*kinds: SmallWord) -> re.Pattern[str]:
    """Return a pattern for phrases of some kinds in a row, with courtesies between them."""
    phrases = "|".join(_PHRASES[kind] for kind in kinds)
    return re.compile(
        rf"(?:(?:{COURTESIES}){_GAP}+)*(?:(?:{phrases})(?:{_GAP}+"
        rf"|$)(?:(?:{COURTESIES})(?:{_GAP}+|$))*)+"
    )


_ROWS = {
    SmallWord.OK: (SmallWord.OK,),
    SmallWord.YES: (SmallWord.YES, SmallWord.OK),
    SmallWord.NO: (SmallWord.NO, SmallWord.OK),
    SmallWord.DONE: (SmallWord.DONE, SmallWord.NO, SmallWord.OK, SmallWord.YES),
    SmallWord.CANCEL: tuple(SmallWord),
}
"""What a row of small words comes to → the kinds that may stand in it."""


def small_word(text: str) -> SmallWord | None:
    """Return what a message says that is nothing but small words, or None.

    `small_word("no thanks, that's all")` is `DONE`; `small_word("no, the blue one")` is None.
    """
    bare = bare_words(text)
    if len(bare.split()) > MAX_WORDS:
        return None
    for kind, row in _ROWS.items():
        if _several(*row).fullmatch(bare) and _says(kind).search(bare):
            return kind
    return None


@cache
def _says(kind: SmallWord) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'])(?:{_PHRASES[kind]})(?![\w'])")


def is_yes(text: str, known: Collection[str] = ()) -> bool:
    """Return whether the whole message is a yes.

    Args:
        text: The message.
        known: Words of what it answers: "yes, send it to my manager" is a yes to "shall I
            send it to your manager?".
    """
    kind = small_word(text)
    if kind is SmallWord.DONE and not without_no(text):
        return True
    if kind is not None:
        return kind in (SmallWord.YES, SmallWord.OK)
    return _opens_with(SmallWord.YES, text, known)


def is_no(text: str, known: Collection[str] = ()) -> bool:
    """Return whether the whole message is a no; `known` as in `is_yes`."""
    return small_word(text) is SmallWord.NO or _opens_with(SmallWord.NO, text, known)


_DENIES = frozenset({"no", "not", "don't", "dont", "do"})
_HARMLESS = _listed(
    """
    i you we it is that this the a an my me to for please do don't dont not want would like yes
    no ok so now and all just can will your one of go ahead send order book submit be with
    """
)


def _opens_with(kind: SmallWord, text: str, known: Collection[str]) -> bool:
    words = re.findall(r"[\w']+", bare_words(text))
    if not known or len(words) > 12:
        return False
    for length in (3, 2, 1):
        if len(words) > length and small_word(" ".join(words[:length])) is kind:
            rest = words[length:]
            return all(word in _HARMLESS or word in known for word in rest) and (
                kind is SmallWord.NO or not _DENIES & set(rest)
            )
    return False


def is_cancel(text: str, labels: Collection[str] = ()) -> bool:
    """Return whether the whole message breaks off.

    Args:
        text: The message.
        labels: What the open form may be called: "cancel the leave request" breaks it off.
    """
    if small_word(text) is SmallWord.CANCEL:
        return True
    named = _CANCELS_NAMED.fullmatch(bare_words(text))
    if named is None or not labels:
        return False
    known = {part for label in labels for part in re.findall(r"\w+", label.lower())} | _FORM_WORDS
    said = re.findall(r"\w+", named["what"])
    return bool(said) and all(word in known or word.rstrip("s") in known for word in said)


_FORM_WORDS = _listed(
    """
    the my this that a an order request form booking whole thing for
    """
)
_CANCELS_NAMED = re.compile(
    rf"(?:(?:{COURTESIES}|no|ok|okay|wait|(?:can|could) you|i want to|i'd like to){_GAP}+)*"
    r"(?:cancel|stop|drop|forget(?: about)?|abort|discard|scrap|scratch|withdraw|call off|undo|quit"
    r"|(?:don't|do not|dont) (?:want|need|order|book|send|submit|make|request))\s+(?P<what>.+?)"
    rf"(?:{_GAP}+(?:{COURTESIES}|any ?more))*"
)
_POLITE = r"(?:\s+(?:please|thanks|thank you|pls|mate|then))*"
_SKIP = re.compile(
    r"(?:(?:no|please|just|let's|ok|i'd rather|i would rather|can we|can i|you can)[\s,.!]+)*"
    r"(?:skip(?: (?:it|that|this|this one|this question|the question))?|pass|none|nothing|n/?a|no"
    r"|nope|nah|leave (?:it )?(?:empty|blank|out)"
    r"|not (?:applicable|needed|necessary|really)|next|no thanks|no thank you|don't (?:know"
    r"|have (?:one|any))|no (?:note|notes|wishes|allergies|comment|comments|need)|nothing"
    r" (?:special"
    r"|else|to add)"
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


def is_skip(text: str) -> bool:
    """Return whether the whole message leaves a question out."""
    return _SKIP.fullmatch(bare_words(text)) is not None or small_word(text) is SmallWord.DONE


def change_in(text: str) -> Change | None:
    """Return what the message wants changed, if it starts with such a wish."""
    found = _CHANGE.fullmatch(plain(text).rstrip(" .!?"))
    return Change(found["rest"], found.start("rest"), found["verb"]) if found else None


def softly_corrects(text: str) -> bool:
    """Return whether the message reads like a correction: "no, make it Friday"."""
    return _SOFT.fullmatch(bare_words(text)) is not None


def without_no(text: str) -> int:
    """Return where the message goes on after a leading "no, sorry, "; 0 without one."""
    found = _LEADING_NO.match(plain(text))
    return found.end() if found else 0


def asks_something(text: str) -> str:
    """Return "open" for a question with a question word, "closed" for a yes-or-no one, or ""."""
    folded = bare_words(text)
    if _OFFER.match(folded):
        return "closed"
    if _WH.match(folded) and (len(folded.split()) > 2 or text.rstrip().endswith("?")):
        return "open"
    if _YES_NO.match(folded):
        return "closed"
    return "closed" if text.rstrip().endswith("?") else ""


def bare_words(text: str) -> str:
    """Return a message in lower case, without what stands around its words."""
    kept = re.sub("[\U0001f3fb-\U0001f3ff\ufe0f\u200d]", "", plain(text[:400]))
    return " ".join(kept.split()).strip(" .!\"'")
