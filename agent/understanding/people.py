"""Whether a message asks for a person, or for us again. Pure."""

from __future__ import annotations

import re

from agent.understanding.small_words import COURTESIES, MAX_WORDS, bare_words

__all__ = ["asks_for_person", "wants_bot_back"]

_SOMEONE = (
    r"human(?: being)?|person|people|agent|someone(?: human| real)?|somebody|colleague|operator"
    r"|representative|rep"
    r"|staff|advisor|adviser|consultant|employee|support team|service desk|real (?:one|human"
    r"|person)"
    r"|supervisor|anyone|anybody"
)
_PERSON = re.compile(
    r"\b(?:talk|speak|chat|connect me|put me through|transfer me|pass me|hand me over|forward me)\b"
    rf".{{0,20}}\b(?:to|with)\b.{{0,20}}\b(?:{_SOMEONE}|real)\b"
    rf"|is there .{{0,20}}\b(?:{_SOMEONE})\b.{{0,20}}\b(?:talk|speak|chat|write)\b"
)
_PERSON_ALONE = re.compile(
    rf"(?:(?:{COURTESIES}|no|ok|okay|stop|can|could|may|i|we|you|want|need|would like|'d like|'d"
    r" rather|rather|have|get|give|me|us|let|is there|let's|bring|find|call|talk|speak|to|with|a|an"
    rf"|the|some|any|real|live|actual|human|customer|support|service|it)[\s,.!'?]+)*(?:{_SOMEONE}"
    rf"|customer (?:service|support|care))(?:[\s,.!?]+(?:{COURTESIES}|here|instead|asap"
    rf"|immediately"
    r"|today|at once|to help(?: me)?|who can help(?: me)?))*[\s.!?]*"
)
_NO_BOT = re.compile(
    r"\b(?:don'?t|do not|not|no|hate|stop|instead of|rather than)\b.{0,30}\b(?:bots?|robots?"
    r"|machines?"
    r"|computers?|chatbots?|ai)\b"
)
_NO_PERSON = re.compile(
    r"\b(?:don'?t|do not|no need|not|never|rather not|without|instead of|rather than|no)\b.{0,30}"
    rf"\b(?:{_SOMEONE})\b|(?:are|is|am|were|was) (?:you|this|it|that|i)\b"
)
_BACK = re.compile(
    r"\b(?:(?:talk|speak|chat|go|back|return|switch|continue)\b.{0,20}\b(?:bot|assistant"
    r"|virtual agent"
    r"|robot|chatbot)\b|back to (?:the )?(?:bot|chat|assistant|you)\b|(?:talk|speak|chat) (?:to"
    r"|with)"
    r" you (?:again|instead)|(?:i )?(?:don't|do not|no longer) need (?:a|the|any) (?:person|human"
    r"|colleague|agent) any ?more)"
)


def asks_for_person(text: str) -> bool:
    """Return whether a message asks for a person, which is never an answer to a form."""
    bare = bare_words(text).rstrip("?")
    if len(bare.split()) > MAX_WORDS * 2:
        return False
    if _NO_BOT.search(bare) and re.search(r"\b(?:talk|speak|chat|want|deal)", bare):
        return True
    if _NO_PERSON.search(bare):
        return False
    return bool(_PERSON.search(bare) or _PERSON_ALONE.fullmatch(bare))


def wants_bot_back(text: str) -> bool:
    """Return whether a person who waits for a colleague wants to go on with us."""
    bare = bare_words(text)
    return _BACK.search(bare) is not None and _NO_BOT.search(bare) is None
