"""Why no answer is given."""

from __future__ import annotations

import pytest

from qa.deciding.language import Language
from qa.deciding.refusing import refuse
from qa.types import NearestArticle, Reading, RefusalReason
from retrieval.types import Hit, Passage

PASSAGES = [
    Passage(f"{article}#{at}-{at + 4}", article, at, at + 4, "Text", title=article.upper())
    for article, at in [("a", 0), ("a", 5), ("b", 0), ("c", 0), ("d", 0)]
]
HITS = [Hit(passage, 1.0) for passage in PASSAGES]
READ = Reading((), 0.0)


def unread(count: int) -> Reading:
    return Reading(
        (), 0.0, unread=tuple(passage.id for passage in PASSAGES[len(PASSAGES) - count :])
    )


@pytest.mark.parametrize(
    ("question", "hits", "reading", "reason", "message"),
    [
        (" ", [], READ, RefusalReason.NOT_FOUND, "question is empty"),
        ("When?", [], READ, RefusalReason.NOT_FOUND, "Nothing in the articles"),
        ("When?", HITS, unread(5), RefusalReason.OUT_OF_TIME, "before anything was read"),
        ("When?", HITS, unread(2), RefusalReason.OUT_OF_TIME, "2 of 5 passages unread"),
        ("When?", HITS, READ, RefusalReason.LOW_CONFIDENCE, "no answer that is sure enough"),
    ],
)
def test_refuse_says_why(
    question: str, hits: list[Hit], reading: Reading, reason: RefusalReason, message: str
) -> None:
    refusal = refuse(question, hits, reading)
    assert refusal.reason is reason
    assert message in refusal.message


def test_refuse_names_the_nearest_articles_once_each_and_three_at_most() -> None:
    nearest = refuse("When?", HITS, READ).nearest
    assert nearest == tuple(NearestArticle(each, each.upper()) for each in "abc")


def test_refuse_puts_a_dispute_first() -> None:
    german = Language("de", 0.9)
    assert refuse("Wann?", HITS, READ, foreign=german).reason is RefusalReason.UNSUPPORTED_LANGUAGE
    disputed = refuse("When?", HITS, READ, in_dispute=True)
    assert disputed.reason is RefusalReason.READERS_DISAGREE
