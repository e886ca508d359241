"""A message that asks for several things: what they are, in which order, and one reply.

"I can't log in and also my badge is lost" is answered as two messages would be, one after the
other. Questions come first; of several forms the first that was asked for is opened last, so
that it is on top, and the others wait beneath it. Nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.configuration.placeholders import fill
from agent.configuration.schema import SlotType
from agent.conversation.dialogue.wording import joined
from agent.conversation.script import Script
from agent.types import IntentClassifier, IntentRanking, Reply, Route, Session
from agent.understanding.cleaning import puts_question
from agent.understanding.followups.dependence import Cue, cue
from agent.understanding.parts import segments, without_courtesies
from agent.understanding.polarity import polarity, turned_round
from agent.understanding.small_words import small_word

__all__ = ["Wish", "one_reply", "wishes"]

_MOST = 4
_JOINT = re.compile(r"^(?:and|also|plus|oh|then)\b[\s,]*(?:also\b\s*)?", re.IGNORECASE)
_LEAST_QUESTION_WORDS = 3


@dataclass(frozen=True)
class Wish:
    """One of several things that a message asks for.

    Attributes:
        text: What the message says of it.
        target: What it leads to, as the router compares it; questions of their own each
            have one.
    """

    text: str
    target: str

    @property
    def rank(self) -> int:
        """When it is dealt with: questions and calls, then forms, then a person."""
        return {"form": 1, "handover": 2}.get(self.target.partition(":")[0], 0)


def wishes(
    script: Script, classifier: IntentClassifier, session: Session, message: str
) -> list[Wish]:
    """Return the things that a message asks for, in the order to deal with them.

    None if it is one thing, or if something in it may not wait.
    """
    if session.pending is not None or _takes_any_words(script, session):
        return []
    text = without_courtesies(message)
    places = segments(text)
    if len(places) < 2:
        return []
    rankings = classifier.classify([text[start:end] for start, end in places])
    if any(_urgent(script, ranking) for ranking in rankings):
        return []
    found: list[tuple[int, int, str]] = []
    waiting: int | None = None
    for (start, end), ranking in zip(places, rankings, strict=True):
        target = _target(script, text[start:end], ranking, first=not found)
        if target and not (found and target == found[-1][2]):
            found.append((start if waiting is None else waiting, end, target))
            waiting = None
        elif found:
            # What is no wish of its own belongs to the one before it.
            found[-1] = (found[-1][0], end, found[-1][2])
        elif waiting is None:
            waiting = start
    if session.forms and found and found[0][0] > 0:
        # An answer to the open question, and something besides.
        found.insert(0, (0, found[0][0], ""))
    if not 1 < len(found) <= _MOST:
        return []
    cut = [
        Wish(_JOINT.sub("", text[start:end].strip(" ,;")), target) for start, end, target in found
    ]
    return cut if session.forms else _in_order(cut)


def one_reply(script: Script, asked: Sequence[Wish], replies: Sequence[Reply]) -> Reply:
    """Join the replies to several wishes to one, as they were dealt with."""
    last = replies[-1]
    texts = []
    for wish, reply in zip(asked, replies, strict=True):
        if reply is not last and wish.rank:
            continue
        refused = reply.route is Route.ANSWER and not reply.citations
        texts.append(f"“{wish.text}”: {reply.text}" if refused else reply.text)
    forms = [wish.target.partition(":")[2] for wish in asked[:-1] if wish.rank == 1]
    if asked[-1].rank == 1:
        texts += [
            fill(script.config.say.also, slots={"form": script.config.forms[name].label})
            for name in reversed(forms)
        ]
    return replace(
        last,
        text=joined(*dict.fromkeys(texts)),
        citations=tuple(quote for reply in replies for quote in reply.citations),
        parts=tuple(part for reply in replies for part in reply.parts),
    )


def _in_order(cut: Sequence[Wish]) -> list[Wish]:
    forms = [wish for wish in cut if wish.rank == 1]
    return [
        *(wish for wish in cut if wish.rank == 0),
        *reversed(forms),
        *(wish for wish in cut if wish.rank == 2),
    ]


def _takes_any_words(script: Script, session: Session) -> bool:
    """Whether the open form asks for words, which may well name several things."""
    if not session.forms:
        return False
    progress = session.forms[-1]
    form = script.config.forms[progress.form]
    return any(slot.name == progress.asking and slot.type is SlotType.TEXT for slot in form.slots)


def _urgent(script: Script, ranking: IntentRanking) -> bool:
    return ranking.intent in script.urgent and ranking.confidence >= script.thresholds.wish


def _target(script: Script, text: str, ranking: IntentRanking, *, first: bool) -> str:
    """Return what a part of a message asks for by itself, or an empty text."""
    said = text.strip(" ,;.")
    if small_word(said) or polarity(said).denied or turned_round(said):
        return ""
    if not first and cue(said, ()) in (Cue.PRONOUN, Cue.NO_SUBJECT):
        return ""
    intent = ranking.intent or ""
    target = script.targets.get(intent, "answer")
    kind = target.partition(":")[0]
    question = puts_question(said)
    if question and len(said.split()) >= _LEAST_QUESTION_WORDS:
        # Two questions of one kind are two questions.
        return f"answer:{said.casefold()}"
    if kind in ("form", "call", "handover"):
        return target if ranking.confidence >= script.thresholds.handle else ""
    if kind == "answer" and ranking.confidence >= script.thresholds.wish:
        return f"answer:{intent}"
    return ""
