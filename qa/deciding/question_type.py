"""What kind of answer a question asks for, judged from its wording alone.

Help-desk questions are short, lower-case and often no questions at all ("reserve a desk for
thursday", "my laptop got stolen"). The patterns follow the question words of the answer-type
taxonomies (Li and Roth 2002), cut down to what decides how much of an article to show. English
only: a question in another language is OTHER, for which the place of the answer decides alone.
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["QuestionType", "question_type"]


class QuestionType(StrEnum):
    """What is asked for."""

    HOW_TO = "how_to"
    """A way to do something, or out of a problem."""
    FACT = "fact"
    """A time, place, person, amount, name."""
    YES_NO = "yes_no"
    LIST = "list"
    """Several things: what is needed, which ones there are."""
    WHY = "why"
    """A reason or an explanation."""
    OTHER = "other"
    """None of these is clear."""


_I = r"(?:i|we|you|u|one|someone|somebody|people|they|he|she|my|our|a|an|the)"

_VERBS = (
    "access|activate|add|apply|approve|arrange|ask|assign|back|block|book|borrow|build|buy|"
    "calibrate|call|cancel|change|check|claim|clean|clear|close|collect|configure|connect|convert|"
    "copy|create|deactivate|decline|delete|disable|disconnect|download|edit|enable|enrol|enroll|"
    "enter|escalate|export|extend|file|fill|find|fix|follow|forward|gather|get|give|grant|hand|"
    "hire|hold|import|inform|insert|install|invite|join|keep|leave|let|link|load|locate|lock|log|mail|"
    "make|map|merge|migrate|modify|mount|move|notify|nominate|onboard|open|operate|order|pair|"
    "pause|pay|pick|place|plan|post|prepare|print|provide|put|raise|receive|reconnect|record|"
    "recover|redeem|refer|register|release|remove|rename|renew|rent|reopen|repair|replace|report|"
    "request|reschedule|reserve|reset|resolve|restart|restore|resume|retrieve|return|revoke|"
    "run|save|scan|schedule|search|send|set|setup|share|ship|show|sign|start|stop|submit|"
    "subscribe|switch|sync|take|tell|test|track|transfer|troubleshoot|turn|uninstall|unlock|"
    "unsubscribe|update|upgrade|upload|use|verify|withdraw|write"
)
_ING = (
    r"(?:accessing|activating|adding|applying|booking|borrowing|buying|calling|cancelling|"
    r"canceling|changing|claiming|configuring|connecting|creating|deleting|disabling|downloading|"
    r"enabling|exporting|extending|filing|finding|fixing|getting|giving|handing|importing|"
    r"installing|inviting|joining|logging|making|mapping|moving|opening|ordering|pairing|printing|"
    r"putting|recovering|registering|removing|renewing|replacing|reporting|requesting|reserving|"
    r"resetting|restoring|returning|scheduling|sending|setting|sharing|signing|starting|stopping|submitting|"
    r"switching|taking|transferring|turning|uninstalling|unlocking|updating|upgrading|uploading|"
    r"using)"
)

_HOW_MUCH = re.compile(
    r"\bhow\s+(?:much|many|long|often|old|far|big|large|small|short|quick(?:ly)?|fast|soon|late|"
    r"early|high|low|tall|wide|heavy|deep|close|near|hot|cold|loud|expensive|frequent(?:ly)?|"
    r"strong|thick|full|likely|few|little|strict|safe|secure|urgent)\b"
)
_HOW_TO = re.compile(
    r"\bhow\s+(?:exactly\s+|else\s+|best\s+)?(?:(?:do|can|could|should|would|must|may|might|shall)"
    rf"\s+(?:\w+\s+){{0,3}}?\w+|to\b|d(?:o|'ya)\s*{_I}\b|am\s+i\b|are\s+we\b|i\s+(?:can|could|do|"
    r"should|get)\b|we\s+(?:can|could|do|should)\b)"
    rf"|\bwhat(?:'s|\s+is|\s+are)?\s+(?:do|should|must|can|shall|would)\s+{_I}\s+"
    r"(?:(?:need|have)\s+to\s+)?do\b"
    r"|\bwhat\s+(?:to\s+do|now\b)"
    r"|\bwhat\s+(?:steps?|process|procedure)\b|\bwhat(?:'s|\s+is|\s+are)\s+the\s+"
    r"(?:\w+\s+){0,2}?(?:steps?|process|procedure|way)\b"
    r"|\b(?:steps?|instructions?|procedure|process|guide|tutorial|way|walk-?through)\s+(?:to|for|on|"
    r"of)\b|\bstep[- ]by[- ]step\b"
    r"|\bwalk\s+me\s+through\b|\bshow\s+me\s+how\b|\btell\s+me\s+how\b"
    rf"|\bwhere\s+(?:do|should|would)\s+(?:i|we|you|u|one)\s+(?:{_VERBS})\b"
    rf"|\bwhere\s+to\s+(?:{_VERBS})\b|\bis\s+it\s+possible\s+to\b"
    r"|\bis\s+there\s+(?:a|any)\s+way\b"
    rf"|\b(?:can|could|would|will)\s+(?:you|u|someone|somebody)\s+(?:please\s+|pls\s+)?"
    rf"(?:help\b|{_VERBS})"
    rf"|\bhelp\s+(?:me|us)\s+(?:to\s+)?(?:{_VERBS})\b"
)
_WISH = re.compile(
    rf"\b(?:i|we)(?:\s+\w+)?\s+(?:want|need|wish|have)\s+to\s+(?:\w+\s+)?\w+"
    rf"|\b(?:i|we)(?:'d|\s+would)\s+like\s+to\b|\b(?:trying|tried)\s+to\b|\bi\s+wanna\b"
    rf"|\bneed\s+to\s+(?:{_VERBS})\b"
)
_PROBLEM = re.compile(
    r"\b(?:can(?:'|no)?t|cannot|unable\s+to|won'?t|does(?:n'?t|\s+not)|not\s+working|doesnt|"
    r"(?:is|are)n'?t\s+working|keeps?\s+\w+ing|stopped|stuck|broken?|lost|stolen|forgot(?:ten)?|"
    r"fails?|failed|crash(?:es|ed|ing)?|error)\b"
)
_IMPERATIVE = re.compile(rf"(?:please\s+|pls\s+|to\s+)?(?:(?:{_VERBS})|{_ING})\b")
_WHY = re.compile(
    r"\bwhy\b|\bhow\s+come\b|\bwhat(?:'s|\s+is|\s+was)\s+the\s+(?:reason|point|purpose|difference)\b"
    r"|\bwhat\s+(?:causes?|caused)\b|\bhow\s+(?:does|do|did)\s+.{1,60}\swork\b|^explain\b"
)
_LIST = re.compile(
    r"\b(?:what|which)\s+(?:(?:else\s+|all\s+)?(?:(?:\w+\s+){0,2}?\w+s\s+)?(?:do|must|should|can|will)\s+(?:i|we|you)\s+"
    r"(?:all\s+)?(?:need|bring|have|provide|include|attach|prepare|pack|order|choose|claim)\b"
    r"(?!\s+to\s+do)"
    r"|(?:\w+\s+){0,2}?\w+s\s+(?:are|do|can|does|count|qualify|need|must|should)\b"
    r"|(?:are|were)\s+(?:all\s+)?(?:the|my|our|some)\s+(?:\w+\s+){0,4}?\w+s\b"
    r"|(?:all\s+)?(?:is|are)\s+(?:\w+\s+){0,3}?(?:covered|included|allowed|supported|available|"
    r"excluded|forbidden|banned|reimbursed)\b)"
    r"|^(?:please\s+)?(?:list|name)\s+(?:all|the|every|of)\b|\blist\s+of\b"
    r"|\bwhat\s+(?:kinds?|types?|sorts?)\s+of\b|\bwhat\s+all\b|\bwhat\s+counts\b"
)
_FACT = re.compile(
    r"(?:(?:in|on|at|from|to|by|until|till|since|for|with|under|of|up\s+to|within|after|before|and|"
    r"so|but|ok|okay|hi|hello|hey)\s+)*"
    r"(?:who|whom|whose|which|what's|whats|who's|where's|when's|what(?!\s+(?:if|about)\b)|"
    # "when I plug in the dock, nothing happens" states when; it doesn't ask.
    r"(?:when|where)(?!\s+(?:i|we|you|he|she|they|it|my|our|the|a|an|some\w+|any\w+|nothing)\b))\b"
)
_FACT_NOUN = re.compile(
    r"\b(?:deadlines?|dates?|(?<!first )(?<!any )(?<!one )times?|hours|numbers?|prices?|costs?|"
    r"fees?|limits?|maximum|minimum|max|min|amounts?|rates?|allowances?|budget|bonus|address|size|duration|length|capacity|quota|"
    r"percentage|salary|age|version|url|extension|name|owner|meaning)\b"
)
"""What a question without question word or verb asks for: "deadline for expenses"."""
_ASKS_FACT = re.compile(
    r"\b(?:when|who|where|which|what)(?:'s)?\s+(?:is|are|was|do|does|did|will|can)\b"
)
_YES_NO = re.compile(
    r"(?:^|[,;.!?:]\s*|\b(?:and|but|so|or)\s+)(?:(?:and|but|so|or|then)\s+)?"
    r"(?:is|are|am|was|were|do|does|did|can|could|may|might|should|shall|will|would|has|have|had|"
    r"must|isn't|aren't|don't|doesn't|can't|won't)\s+"
    r"(?:i|we|you|he|she|it|they|there|this|that|these|those|my|our|your|their|the|a|an|any|all|"
    r"anyone|everyone|people|\w+s?)\b"
)


def question_type(question: str) -> QuestionType:
    """Return what a question asks for.

    >>> question_type("How do I reset my password?").value
    'how_to'
    >>> question_type("how long does a reset take").value
    'fact'
    """
    text = " ".join(question.replace("’", "'").casefold().split())[:400]
    text = text.strip(" ?!.\"'")
    if not text:
        return QuestionType.OTHER
    if _HOW_MUCH.search(text):
        return QuestionType.FACT
    if _WHY.search(text):
        return QuestionType.WHY
    if _HOW_TO.search(text):
        return QuestionType.HOW_TO
    if _LIST.search(text):
        return QuestionType.LIST
    if _FACT.match(text):
        return QuestionType.FACT
    if _IMPERATIVE.match(text):
        return QuestionType.HOW_TO
    if _YES_NO.search(text):
        return QuestionType.YES_NO
    if _ASKS_FACT.search(text):
        return QuestionType.FACT
    if _WISH.search(text) or _PROBLEM.search(text):
        return QuestionType.HOW_TO
    if _FACT_NOUN.search(text):
        return QuestionType.FACT
    return QuestionType.OTHER
