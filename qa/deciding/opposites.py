"""Opposite actions and alternatives: what a look-alike article is about instead.

"How do I unlock an account?" isn't answered by how to lock one, nor a question on Windows by the
article on the Mac. Two words that exclude each other stand in one set; a text speaks of something
else where it has another word of the set and not the one that was asked with. Left out are words
that are as often something else ("leave", "book"), and days and months, which right answers to
questions about another one name as well. English only.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["excluded_by", "negated"]

_SETS = (
    "lock/unlock|add,invite/remove,delete|install/uninstall|subscribe/unsubscribe|"
    "share/unshare,stop sharing|upload/download|upload/delete|open/close|start/stop|begin/end|"
    "increase,raise/decrease,reduce,lower|archive/unarchive,restore|mute/unmute|"
    "hide/show,unhide|connect/disconnect|allow,permit/block,forbid,deny|"
    "accept,approve/decline,reject,deny|import/export|create,set up/delete|log in/log out|"
    "sign in/sign out|sign up/cancel|check in/check out|clock in/clock out|opt in/opt out|"
    "turn on,switch on,enable,activate/turn off,switch off,disable,deactivate|buy/sell|"
    "borrow,lend/return|hire/fire,dismiss|grant/revoke|encrypt/decrypt|pair/unpair|"
    "publish/unpublish|assign/unassign|follow/unfollow|pin/unpin|freeze/unfreeze|"
    "register/unregister,deregister|link/unlink|mount/unmount|expand/collapse|earliest/latest|"
    "incoming/outgoing|inbound/outbound|internal/external|arrival,arrive/departure,depart|"
    "sender/recipient|renew/cancel|upgrade/downgrade|send/receive|weekday/weekend|"
    "domestic/international,abroad|temporary/permanent|optional/mandatory,required|"
    "full-time,full time/part-time,part time|entry/exit|pause,suspend/resume|"
    "backup,back up/restore|deposit/withdraw|credit/debit|online/offline|push/pull|merge/split|"
    "insert/eject|attach/detach|check/uncheck|select/deselect|load/unload|indoor/outdoor|"
    "windows/mac,macos,macbook/linux,ubuntu|chrome/firefox/safari/edge|"
    "gold/silver/bronze/platinum|basic/premium/standard/enterprise|adult/child,children|"
    "mainnet/testnet|ipv4/ipv6|wired/wireless|parental/sick/annual|male/female|men/women"
)


def _inflected(word: str) -> str:
    """Return a pattern for a word and its inflections."""
    first, *rest = word.split(" ")
    stem = re.escape(first)
    forms = f"{stem}(?:s|es|d|ed|ing|{re.escape(first[-1])}(?:ed|ing))?"
    if first.endswith("e"):
        forms = f"(?:{forms}|{re.escape(first[:-1])}(?:ing|al|ation))"
    # "turn the light off" as well as "turn off the light".
    apart = r" (?:\w+ ){0,3}?"
    return forms + "".join(apart + re.escape(each) for each in rest)


_ALTERNATIVES = [
    [
        re.compile(rf"(?<![\w-])(?:{'|'.join(_inflected(w) for w in side.split(','))})(?![\w-])")
        for side in each.split("/")
    ]
    for each in _SETS.split("|")
]
# "An archived ticket" says what it is like, not what is done to it.
_PARTICIPLE = re.compile(r"\b(an?|the|my|your|our|any)\s+\w+ed\s+(?=\w)")
_NEGATION = re.compile(
    r"\b(?:not|never|without|no\s+longer|except|excluding|unless|cannot|neither|nor|isn't|aren't|don't|"
    r"doesn't|can't|won't|mustn't|shouldn't|didn't|wasn't|excluded?|forbidden|prohibited|banned|"
    r"ineligible|exempt|unsupported|unavailable)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def _asked_sides(question: str) -> tuple[tuple[int, frozenset[int]], ...]:
    return tuple(
        (number, sides)
        for number, _ in enumerate(_ALTERNATIVES)
        if (sides := _sides(number, question))
    )


@lru_cache(maxsize=8192)
def _sides(number: int, text: str) -> frozenset[int]:
    return frozenset(
        side for side, pattern in enumerate(_ALTERNATIVES[number]) if pattern.search(text)
    )


def excluded_by(question: str, text: str) -> bool:
    """Tell whether a text speaks of the opposite or of an alternative of what was asked.

    >>> excluded_by("How do I unlock an account?", "Lock a customer account. Choose Lock.")
    True
    >>> excluded_by("How do I unlock an account?", "Lock and unlock accounts")
    False
    """
    asked, said = question.casefold().replace("’", "'"), text.casefold().replace("’", "'")
    asked = _PARTICIPLE.sub(r"\1 ", asked)
    for number, sides in _asked_sides(asked):
        others = _sides(number, said)
        if others and not sides & others and len(sides) < len(_ALTERNATIVES[number]):
            return True
    return False


def negated(text: str) -> bool:
    """Tell whether a text denies or excludes something."""
    return _NEGATION.search(text.replace("’", "'")) is not None
