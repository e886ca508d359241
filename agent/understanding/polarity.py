"""What a message says it does *not* want: "please don't order a monitor", "not Friday". Pure.

Sentence embeddings hardly see a "not", so what is denied is taken out before a message is
ranked, and a wish that is denied, or turned round ("cancel my leave request"), is never taken
for the wish itself. "Don't forget to ..." denies nothing, and neither does a fault that is
described ("it doesn't print", "I didn't get my monitor").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Polarity", "denied_spans", "differ_in_polarity", "polarity", "turned_round"]


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LEAD = (
    r"(?:(?:please|pls|hey|hi|hello|no|nope|oh|ok|okay|well|actually|sorry|wait|so|but|and|just"
    r"|look|also|thanks|thank you)\b[\s,.!:;-]*)*"
)
_NOT = r"(?:do not|don'?t|does not|doesn'?t|never)"
_DID_NOT = r"(?:did not|didn'?t|have not|haven'?t|has not|hasn'?t|was not|wasn'?t)"
# "Don't" before these orders nothing left undone.
_NO_ORDER = (
    "forget|hesitate|worry|mind|you|we|they|i|he|she|it|know|think|believe|understand|remember"
    "|see|have|get|feel|care|like|want|need|wish|require|work|even|seem|hear|agree|trust|tell me"
)
# "I didn't" before these tells of a fault.
_FAULTS = (
    "receive|received|get|got|gotten|arrive|arrived|hear|heard|work|worked|see|seen|find|found"
    "|understand|understood|know|known|remember|manage|managed|start|started|open|load|loaded"
    "|connect|connected|respond|responded|reply|replied|answer|answered|come|have|had|been|show"
    "|print|printed|sync|help|helped|solve|solved|change|changed|let|accept|recognise|recognize"
    "|turn|boot|charge|charged|finish|succeed|able|paid|approved|do|done"
)
_WANTS = r"(?:want|need|wish|require|intend|plan|mean|ask|asked)"
_OBJECT = r"\s*(?:(?:to|for)\b.*|(?:(?!\bto\b).)*)"
_DENIALS = tuple(
    re.compile(_LEAD + pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"(?P<cue>{_NOT}\s+(?:ever\s+|just\s+|please\s+)?(?!(?:{_NO_ORDER})\b)[a-z]+)\b.*",
        (
            rf"(?:i|we)\s+(?:really\s+|actually\s+|certainly\s+)?(?P<cue>(?:{_NOT}|{_DID_NOT}"
            rf"|no longer"
            rf"|wouldn't|would not|'d rather not)\s+(?:really\s+|actually\s+|even\s+)?"
            rf"(?:{_WANTS}|like(?= to\b))\b){_OBJECT}"
        ),
        (
            rf"(?:i|we)\s+(?P<cue>{_DID_NOT}|never)\s+(?:actually\s+"
            rf"|really\s+)?(?!(?:{_FAULTS})\b)[a-z]+\b.*"
        ),
        (
            r"(?P<cue>(?:there(?:'s| is)\s+)?no (?:need|reason) (?:to|for)|(?:it(?:'s| is)\s+)?not"
            r" (?:necessary|needed) to)\b.*"
        ),
        (
            r"(?:i|we)(?:'m| am|'re| are)\s+(?P<cue>not (?:looking for|asking|trying|interested"
            r"|going to|here|calling|requesting|ordering|after))\b.*"
        ),
        r"(?:it|this|that)(?P<cue>(?:'s| is) not|\s+isn'?t) (?:about|for|the|my|a|an)\b.*",
        r"(?P<cue>not) (?:the|a|an|my|about|for|another|any)\b.*",
        r"(?:i|we)(?:'d| would)\s+(?P<cue>rather not|prefer not to)\b.*",
        r"(?P<cue>never ?mind|forget about|scratch) (?:the|a|an|my|about|that)\b.*",
        (
            r"(?P<cue>no (?:more |new |other )?)(?!one\b|idea\b|luck\b|longer\b|problem\b"
            r"|wifi\b|wi-fi"
            r"\b|internet\b|signal\b|sound\b|power\b|access\b|connection\b|network\b)[a-z]+s?"
            r"(?: for me| please| thanks)+"
        ),
    )
)
# What isn't the matter: it counts only beside something that is.
_ASIDES = tuple(
    re.compile(_LEAD + pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        (
            r"(?:my|the|our|that|this)\s+[\w\s'-]{1,40}?\s+(?:is|are|was|works"
            r"|work)\s+(?:just\s+|all\s+"
            r"|perfectly\s+|totally\s+|absolutely\s+|still\s+)?(?P<cue>fine|ok|okay|good|alright"
            r"|working"
            r"|not the (?:problem|issue))\b.*"
        ),
        r"(?:i|we|he|she)(?:'m| am|'re| are|'s| is)\s+(?P<cue>not) .*",
    )
)
_INSTEAD = re.compile(
    r"\bnot? (?P<verb>want|need)\b(?P<not>.+?),?\s+but\s+(?:rather\s+|instead\s+)?(?P<new>.+)"
    r"|\b(?:don'?t|do not)\s+(?P<verb2>want|need)\s+(?P<not2>[^,.;]+?)[,.;]?\s+but\s+(?P<new2>.+)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[,;]\s*|\s+)(?:and\s+|but\s+)?(?:instead of|rather than)\s+[^,.;!?]+"
    r"|(?:[,;]\s*(?:and\s+|but\s+)?|\s+(?:and|but)\s+)not\s+(?:a|an|the|my|for|about|in|on|to|with)"
    r"\b[^,.;!?]*",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"(?<=[.!?;])\s+|\s*\n\s*|,\s+(?=(?:i|it|it's|we|but|so|and|please|just|the|my|rather|order|get"
    r"|book|instead|that)\b)|\s+but\s+",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:and |but |so |hey |hi |sorry )*(?:why|what|how|when|where|who|which|can'?t|couldn'?t"
    r"|won'?t"
    r"|wouldn'?t|isn'?t|aren'?t|can|could|would|is|are|do|does|did|will|should|shall|may|if)\b",
    re.IGNORECASE,
)
_SAYS_NOTHING = _listed(
    """
    please pls thanks thank you hi hello hey ok okay no nope yes so well just now then anymore
    any more at all sorry bye actually really it that this instead else for but and a the i
    """
)
_OPPOSITE = re.compile(
    _LEAD
    + r"(?:(?:can|could|would|will) (?:you|i|we)\s+|i(?:'d| would) like to\s+|i (?:want|need|have|"
    r"wish) to\s+|let me\s+|please\s+|help me\s+|how (?:do|can) i\s+)*(?P<cue>cancel|withdraw"
    r"|revoke"
    r"|undo|call off|take back|retract|annul|rescind|unsubscribe|discard|scrap|return|send back"
    r"|give back|delete|reverse|stop)\b(?! here\b)",
    re.IGNORECASE,
)
_NO_LONGER = re.compile(
    r"\b(?P<cue>no longer (?:need|want|require)|do(?:n'?t| not) (?:need|want) .{0,60}"
    r"\b(?:any ?more|any longer)|ordered by mistake|changed my mind about)\b",
    re.IGNORECASE,
)
_NEGATOR = re.compile(
    r"\b(?:not(?! only\b| sure\b| certain\b| later than\b| bad\b| too\b)|isn'?t|aren'?t|wasn'?t"
    r"|don'?t(?! know\b| mind\b| care\b| forget\b)|doesn'?t(?! matter\b)|won'?t|can'?t|cannot|never"
    r"|neither|nor|without|except(?: for)?|other than|instead of|rather than|no(?= [a-z])(?! later"
    r"\b| problem\b| idea\b| preference\b| wait\b| sorry\b| make\b| i\b| it\b| the\b| that\b"
    r"| please\b| thanks\b| actually\b| rather\b| on\b| change\b)"
    r"|(?:any(?:thing|one|time|where)?|every(?:thing|one)?|all)(?: (?:day|one|of them))? but)\b",
    re.IGNORECASE,
)
_SPAN_END = re.compile(
    r"[,.;!?\n]|\b(?:but|so|rather|make it|it'?s|it is|i mean|i meant|just|then|better)\b",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"[,.;!-]*\s*\b(?:no,? wait|wait,? no|no,? sorry|sorry,? no|no,? make (?:it|that)|i mean(?:t)?"
    r"|scratch that|correction|or rather|actually,? no|no,? actually|oh no|hang on|hold"
    r" on)\b[\s,.:;-]*",
    re.IGNORECASE,
)
_OPPOSITES = (
    ({"on"}, {"off"}),
    ({"start", "begin", "resume"}, {"stop", "end", "pause", "cancel", "quit"}),
    ({"open", "reopen", "unlock"}, {"close", "shut", "lock"}),
    ({"enable", "activate"}, {"disable", "deactivate"}),
    ({"mute"}, {"unmute"}),
    ({"add", "create", "book", "order", "install"}, {"remove", "delete", "cancel", "uninstall"}),
    (
        {"increase", "raise", "up", "more", "higher"},
        {"decrease", "lower", "down", "less", "reduce"},
    ),
    ({"subscribe", "join"}, {"unsubscribe", "leave"}),
    ({"with"}, {"without"}),
    ({"before", "earlier"}, {"after", "later"}),
    ({"in"}, {"out"}),
    ({"first"}, {"last"}),
    ({"accept", "approve"}, {"decline", "reject", "refuse"}),
    ({"show"}, {"hide"}),
    ({"connect"}, {"disconnect"}),
    ({"buy"}, {"sell", "return"}),
)
_NEGATIVE_WORDS = _listed(
    """
    not no never none nothing without don't dont doesn't didn't isn't can't cannot won't
    """
)


@dataclass(frozen=True)
class Polarity:
    """What of a message counts, and what it denies.

    Attributes:
        rest: The message without what it denies; empty where nothing else is left.
        denied: The words that deny ("don't order"); empty where nothing is denied.
    """

    rest: str = ""
    denied: str = ""


def polarity(message: str) -> Polarity:
    """Take what a message denies out of it.

    `polarity("my password is fine, it's the vpn").rest` is `"it's the vpn"`;
    `polarity("please don't order a monitor")` has nothing left but `denied` "don't order".
    """
    text = message.replace("’", "'").replace("‘", "'")
    if instead := _INSTEAD.search(text):
        verb, new = instead["verb"] or instead["verb2"], instead["new"] or instead["new2"]
        return Polarity(f"I {verb} {new}", instead[0].split(new)[0].strip())
    clauses = [clause for clause in _CLAUSE_END.split(text) if clause and clause.strip()]
    kept, denied, asides = [], "", []
    for clause in clauses:
        bare = clause.strip(" ,.!;")
        if cue := _cue(bare, _DENIALS):
            denied = denied or cue
        elif len(clauses) > 1 and (cue := _cue(bare, _ASIDES)):
            asides.append((clause, cue))
        else:
            kept.append(clause)
    if asides and not any(map(_says_something, kept)):
        # Nothing else is said: then this is what the message is about.
        kept = [*kept, *(clause for clause, _ in asides)]
        asides = []
    if asides:
        denied = denied or asides[0][1]
    if not denied:
        tail = _TAIL.search(text)
        shorter = _TAIL.sub("", text).strip() if tail else ""
        if tail and _says_something(shorter) and len(shorter.split()) > 1:
            return Polarity(shorter, tail[0].strip(" ,;"))
        return Polarity(message)
    return Polarity(" ".join(kept).strip(" ,;") if any(map(_says_something, kept)) else "", denied)


def turned_round(message: str) -> str:
    """Return the words that ask for the opposite of a wish ("cancel"), or an empty text."""
    text = message.replace("’", "'")
    found = _OPPOSITE.match(text) or _NO_LONGER.search(text)
    return found["cue"].lower() if found else ""


def denied_spans(text: str) -> list[tuple[int, int]]:
    """Return the places in an answer that say what the value isn't.

    `denied_spans("not Friday, Monday")` covers "not Friday"; in "low, no wait, high" what was
    said before is taken back.
    """
    spans = []
    plain = text.replace("’", "'").replace("‘", "'")
    for found in _NEGATOR.finditer(plain):
        end = _SPAN_END.search(plain, found.end())
        spans.append((found.start(), end.start() if end else len(plain)))
    taken_back = list(_TAKEN_BACK.finditer(plain))
    if taken_back and plain[taken_back[-1].end() :].strip(" .!"):
        spans.append((0, taken_back[-1].end()))
    return spans


def differ_in_polarity(one: Iterable[str], other: Iterable[str]) -> bool:
    """Return whether the words in which two messages differ make opposites of them.

    `{"on"}` and `{"off"}` do, and so do `set()` and `{"not"}`.
    """
    mine, theirs = set(one), set(other)
    if bool(mine & _NEGATIVE_WORDS) != bool(theirs & _NEGATIVE_WORDS):
        return True
    if any(f"un{word}" in theirs for word in mine) or any(f"un{word}" in mine for word in theirs):
        return True
    return any(
        (mine & left and theirs & right) or (mine & right and theirs & left)
        for left, right in _OPPOSITES
    )


def _cue(clause: str, patterns: Iterable[re.Pattern[str]]) -> str:
    if _QUESTION.match(clause) or clause.endswith("?"):
        return ""
    for pattern in patterns:
        if found := pattern.fullmatch(clause):
            return " ".join(found["cue"].lower().split()).strip("' ") or "not"
    return ""


def _says_something(clause: str) -> bool:
    words = re.findall(r"[\w']+", clause.lower())
    return any(word not in _SAYS_NOTHING for word in words)
