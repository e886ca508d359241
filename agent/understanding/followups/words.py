"""Word lists behind the rules that make follow-ups whole. English, lower case.

They are lists of grammar and of everyday words, not of any company's subjects: whatever is
not in them counts as a word that says what a question is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "ADVERB_LOOKALIKES",
    "FOLLOW_UP_OPENERS",
    "FUNCTION_WORDS",
    "GENERIC_WORDS",
    "NEW_SUBJECT_OPENERS",
    "ORDINALS",
    "POINTING_WORDS",
    "QUESTION_WORDS",
    "ROLE_NOUNS",
    "Phrase",
    "key",
    "phrases",
    "words",
]


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUESTION_WORDS = _listed("what which who whom whose when where why how")
"""Words that open a question."""

POINTING_WORDS = _listed(
    """
    it its itself they them their theirs themselves he him his himself she her hers herself this
    that these those
    """
)
"""Words that stand for something said before; some of them have other uses as well."""

FUNCTION_WORDS = (
    QUESTION_WORDS
    | POINTING_WORDS
    | _listed(
        """
    a an the and or but nor so if then than as because while although though unless until since
    of in on at to for from by with without about into onto over under after before between
    among during through against within across per via up down out off upon toward towards
    around near regarding concerning
    be am is are was were been being do does did doing done have has had having can could may
    might must shall should will would ought cannot
    i me my mine myself you your yours yourself we us our ours ourselves
    there here not no yes also too very just only even still yet ever never again already else
    rather quite really maybe perhaps please thanks thank ok okay oh hi hello well
    some any all both each every either neither none other others another same such one ones
    many much more most less least few several enough own
    isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't couldn't won't
    wouldn't shouldn't mustn't i'm i've i'd i'll you're you've it's that's there's what's who's
    where's how's let's they're they've we're we've he's she's
    s t re ve ll d m
    """
    )
)
"""Words that say nothing of the subject."""

GENERIC_WORDS = _listed(
    """
    tell know think mean say says said saying talk talking speak speaking explain clarify describe
    give name list show want wants need needs like wish wonder wondering understand see look
    looking find use uses used using get gets got getting go goes going gone come comes came make
    makes made making take takes took taken taking put keep keeps kept let happen happens happened
    work works worked working start starts started begin begins began end ends ended stop stops
    finish last lasts help helps try tries tried call called consider considered exist exists
    become became include includes included involve involved provide provides provided allow
    allowed change changes changed cause causes caused affect affects affected differ seem seems
    thing things something anything everything nothing someone anyone everyone people person man
    woman men women way ways kind kinds type types sort sorts example examples part parts number
    amount detail details information info question questions answer answers reason reasons idea
    ideas issue issues problem problems difference differences case cases place places time times
    day days week weeks month months year years today now currently nowadays recently always
    usually often sometimes later long short big small large high low old new good better best bad
    worse worst great important main major different similar possible available sure right wrong
    true false first second third next previous early late free easy hard difficult difficulty
    far fast slow soon exactly actually specifically generally
    cost costs price lot lots bit able built paid held born
    """
)
"""Words too common to say by themselves what a question is about."""

ROLE_NOUNS = _listed(
    """
    agency album application article award benefit benefits book button cancellation character city
    claim company contract country course date dates deadline department device document episode
    event fee fees film form game group law letter limit limits link list manager map match meeting
    movement movie office order organisation organization page penalties penalty plan policy
    procedure process program programme project report request requirement requirements rule rules
    schedule season series service show site song species step steps symptoms system team ticket
    tool treatment war website
    """
)
"""Nouns that, after `the`, mostly mean the one under discussion: `the form`, `the deadline`."""

ADVERB_LOOKALIKES = _listed(
    """
    ally anomaly apply assembly daily early family fly friendly hourly italy july monthly multiply
    rely reply supply weekly yearly
    """
)
"""Words in -ly that are no adverbs of manner."""

FOLLOW_UP_OPENERS = (
    "and",
    "what about",
    "how about",
    "but",
    "or",
    "also",
    "what if",
    "why not",
    "so",
    "then",
    "what else",
    "who else",
    "where else",
    "anything else",
    "same for",
    "the same for",
    "in that case",
    "i mean",
    "i meant",
    "no i mean",
    "no i meant",
    "instead",
    "except",
    "even if",
    "only if",
)
"""How a message begins that carries on with the one before."""

NEW_SUBJECT_OPENERS = (
    "by the way",
    "btw",
    "on another note",
    "another question",
    "different question",
    "new question",
    "another topic",
    "different topic",
    "new topic",
    "changing the subject",
    "change of subject",
    "something else",
    "unrelated",
)
"""How a message begins that says itself that it is about something else."""

ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
    "last": -1,
    "former": 0,
    "latter": -1,
}
"""Word → place in a list of choices."""


_TOKEN = re.compile(r"[^\W_]+(?:[-'’./&+][^\W_]+)*|[^\w\s]", re.UNICODE)
_JOINTS = frozenset({"of"})
_SENTENCE_ENDS = frozenset(".!?:")
_READ_AT_MOST = 2000
_LONGEST = 8


@dataclass(frozen=True)
class Phrase:
    """A run of words with a subject.

    Attributes:
        text: As written.
        keys: Its words, made comparable; without `of`.
        named: It holds a capital or digit that isn't just a sentence's first letter.
    """

    text: str
    keys: tuple[str, ...]
    named: bool


def words(text: str) -> list[str]:
    """Return a text's words in lower case, in order, without punctuation.

    Like everything here it looks at a text's first 2,000 characters.
    """
    return [_lower(word) for word in _TOKEN.findall(text[:_READ_AT_MOST]) if word[0].isalnum()]


def key(word: str) -> str:
    """Make a lower-case word comparable: possessive and plural endings are cut."""
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def phrases(text: str) -> tuple[Phrase, ...]:
    """Return the phrases of a text, in order."""
    found: list[Phrase] = []
    run: list[str] = []
    joint = ""
    named = False
    opening = True
    for token in [*_TOKEN.findall(text[:_READ_AT_MOST]), "."]:
        lower = _lower(token)
        if token[0].isalnum() and _is_manner(lower):
            continue
        if token[0].isalnum() and _says_something(token, lower, opening):
            if joint:
                run.append(joint)
                joint = ""
            run.append(token)
            named = named or _named(token, opening)
        elif run and not joint and lower in _JOINTS:
            joint = lower
        elif run:
            found.append(_phrase(run, named))
            run, joint, named = [], "", False
        opening = token in _SENTENCE_ENDS
    return tuple(found)


def _says_something(token: str, lower: str, opening: bool) -> bool:
    if lower in FUNCTION_WORDS:
        return False
    # `great` says little, `the Great Wall` much.
    return lower not in GENERIC_WORDS or (_named(token, opening) and not token.isupper())


def _is_manner(word: str) -> bool:
    """Whether a word is an adverb of manner: `especially`, `indirectly`."""
    return len(word) > 4 and word.endswith("ly") and word not in ADVERB_LOOKALIKES


def _phrase(run: list[str], named: bool) -> Phrase:
    # `How is sickle cell disease treated`: the participle at the end isn't part of the name.
    while len(run) > 1 and len(run[-1]) > 4 and run[-1].islower() and run[-1].endswith("ed"):
        run = run[:-1]
    run = run[:_LONGEST]
    while run[-1] in _JOINTS:
        run = run[:-1]
    keys = tuple(key(_lower(word)) for word in run if word not in _JOINTS)
    return Phrase(" ".join(run), keys, named)


def _lower(token: str) -> str:
    return token.replace("’", "'").lower()


def _named(token: str, opening: bool) -> bool:
    """Whether a word is written as a name: `Oslo`, `VPN`, `iPhone`, `E42`."""
    if any(character.isdigit() for character in token) or token[1:].lower() != token[1:]:
        return True
    return token[0].isupper() and not opening
