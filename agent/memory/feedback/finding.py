"""Where a judged turn's right answer stands in the articles."""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.memory.feedback.judged import Judged
from retrieval.types import Article, Engine, Roles

__all__ = ["Find", "find_in_articles"]

_SEARCHED = 10

Find = Callable[[Judged], tuple[Article, int, int] | None]
"""Finds a judged turn's right answer in an article: the article, and the span there."""


def find_in_articles(engine: Engine, roles: Roles) -> tuple[Find, Find]:
    """Return what finds right answers, and nearest articles, in a knowledge base.

    Only articles that someone with `roles` may read are looked into. Small differences in
    case and spaces are forgiven: the answer is the article's own text.
    """

    def find(row: Judged) -> tuple[Article, int, int] | None:
        text = row.correction or row.quote
        words = [re.escape(word) for word in text.split()]
        if not words:
            return None
        pattern = re.compile(r"\s+".join(words), re.IGNORECASE)
        names = [row.article_id] if row.article_id else []
        if row.correction:
            hits = engine.retrieve(f"{row.question} {text}", _SEARCHED, roles=roles)
            names += [hit.passage.article_id for hit in hits]
        for name in dict.fromkeys(names):
            article = engine.article(name, roles=roles)
            found = pattern.search(article.body) if article is not None else None
            if article is not None and found is not None:
                return article, found.start(), found.end()
        return None

    def nearest(row: Judged) -> tuple[Article, int, int] | None:
        article = engine.article(row.article_id, roles=roles) if row.article_id else None
        return None if article is None else (article, 0, 0)

    return find, nearest
