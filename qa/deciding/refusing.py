"""Why no answer is given, and where to look instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qa.deciding.language import Language
from qa.deciding.ranking import Proposal
from qa.reading.overlap import token_f1
from qa.types import Answer, NearestArticle, Reading, Refusal, RefusalReason
from retrieval.types import Hit

__all__ = ["disputed", "refuse"]

_MAX_NEAREST = 3
# Two readers' answers are different ones if they share fewer words than this.
_SAME_ANSWER_F1 = 0.5
_DISPUTED = (
    "Two readers are each sure of a different answer. Read the nearest articles, or ask more "
    "precisely."
)


def refuse(
    question: str,
    hits: Sequence[Hit],
    reading: Reading,
    *,
    foreign: Language | None = None,
    in_dispute: bool = False,
) -> Refusal:
    """Say why, and name the articles that came nearest.

    Args:
        question: As asked.
        hits: Passages found, best first, all inside the asker's rights.
        reading: What was read of them.
        foreign: The question's language where it isn't the articles'.
        in_dispute: Two readers disagree; see `disputed`.
    """
    nearest: dict[str, NearestArticle] = {}
    for hit in hits:
        passage = hit.passage
        nearest.setdefault(passage.article_id, NearestArticle(passage.article_id, passage.title))
    if in_dispute:
        reason, message = RefusalReason.READERS_DISAGREE, _DISPUTED
    elif foreign is not None:
        reason, message = RefusalReason.UNSUPPORTED_LANGUAGE, _other_language(foreign)
    else:
        reason, message = _reason(question, hits, reading)
    return Refusal(reason, message, tuple(nearest.values())[:_MAX_NEAREST])


def disputed(
    answer: Answer,
    proposals: Sequence[Proposal],
    reading: Reading,
    *,
    confidence: Callable[[Proposal], float],
    threshold: float,
    null_threshold: float,
) -> bool:
    """Tell whether an answer is refused only because two sure readers disagree.

    Args:
        answer: The first, which isn't sure enough.
        proposals: Where it came from.
        reading: Of two readers; of one there is no dispute.
        confidence: How sure of an answer we are.
        threshold: Least confidence at which a question is answered.
        null_threshold: Least margin at which the first reader answers by itself.
    """
    rival = reading.rival
    if rival is None or reading.unread:
        return False
    where = (answer.passage_id, answer.start, answer.end)
    for proposal in proposals:
        mine = proposal.candidate
        if (mine.passage.id, mine.start, mine.end) != where:
            continue
        agreed = replace(proposal, candidate=replace(mine, agreement=1.0))
        return (
            token_f1(mine.text, rival.text) < _SAME_ANSWER_F1
            and mine.margin >= null_threshold
            and confidence(agreed) >= threshold
        )
    return False


def _reason(question: str, hits: Sequence[Hit], reading: Reading) -> tuple[RefusalReason, str]:
    if not question.strip():
        return RefusalReason.NOT_FOUND, "The question is empty. Ask in a few words."
    if not hits:
        return (
            RefusalReason.NOT_FOUND,
            "Nothing in the articles that you may read matches this question.",
        )
    if len(reading.unread) == len(hits):
        return (
            RefusalReason.OUT_OF_TIME,
            "The time allowed ran out before anything was read. Allow more, or read below.",
        )
    if reading.unread:
        message = (
            f"The time allowed ran out with {len(reading.unread)} of {len(hits)} passages unread, "
            "and those read hold no answer that is sure enough."
        )
        return RefusalReason.OUT_OF_TIME, message
    return (
        RefusalReason.LOW_CONFIDENCE,
        "The articles that come nearest hold no answer that is sure enough.",
    )


def _other_language(language: Language) -> str:
    return (
        f"The question seems to be in another language ({language.code}) than the articles. "
        "Ask in theirs."
    )
