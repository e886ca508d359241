"""The part of the knowledge base's verdict that the router looks at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.types import Verdict
from agent.understanding.followups.words import FUNCTION_WORDS

__all__ = ["FoundArticle", "VerdictFacts", "verdict_facts"]


@dataclass(frozen=True)
class FoundArticle:
    """One answer or candidate of the knowledge base.

    Attributes:
        article_id: The article quoted.
        title: Its title.
        confidence: Probability that the quote is right.
        quote: The answer's own text, to tell two articles that say the same.
        named: The question holds a word that stands in this title and in no other's.
    """

    article_id: str
    title: str
    confidence: float
    quote: str = ""
    named: bool = False


@dataclass(frozen=True)
class VerdictFacts:
    """The part of the knowledge base's verdict that counts.

    Attributes:
        status: "answered" or "refused".
        reason: The refusal's reason, or None.
        confidence: Of the first answer or candidate; 0 without any.
        found: Answers, or candidates under a refusal, best first.
    """

    status: str
    reason: str | None = None
    confidence: float = 0.0
    found: tuple[FoundArticle, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether the knowledge base stands by its first answer."""
        return self.status == "answered"


def verdict_facts(verdict: Verdict) -> VerdictFacts:
    """Take from a verdict what the router looks at."""
    titles = {answer.article_id: _words(answer.title) for answer in verdict.answers}
    asked = _words(verdict.question)
    named = {
        article
        for article, words in titles.items()
        if asked & words.difference(*(titles[other] for other in titles if other != article))
    }
    return VerdictFacts(
        status=verdict.status,
        reason=verdict.reason,
        confidence=verdict.confidence,
        found=tuple(
            FoundArticle(
                answer.article_id,
                answer.title,
                answer.confidence,
                answer.text,
                answer.article_id in named,
            )
            for answer in verdict.answers
        ),
    )


def _words(text: str) -> set[str]:
    """Return the words that tell titles apart; an article's "a" doesn't."""
    words = re.findall(r"\w+", text.casefold())
    return {word for word in words if len(word) > 2 and word not in FUNCTION_WORDS}
