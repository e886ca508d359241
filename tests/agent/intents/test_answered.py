"""Intents that an article answers, with a small knowledge base that obeys the protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from agent.intents.answered import ASKED_AT_MOST, answered_by_articles
from agent.types import IntentExample, KnowledgeBase
from retrieval.types import PUBLIC, Hit, Passage, Roles


@dataclass
class SmallBook:
    """Finds the article whose id is a word of the question; believes it unless it says so."""

    asked: list[str] = field(default_factory=list)
    roles: list[Roles] = field(default_factory=list)

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        self.roles.append(roles)
        names = [word for word in query.split() if word in ("vpn", "leave")]
        return [Hit(Passage(f"{name}#0-1", name, 0, 1, "x"), 1.0) for name in names[:k]]

    def ask(self, question: str, *, roles: Roles = PUBLIC, **_: Any) -> Any:
        self.asked.append(question)
        hits = self.retrieve(question, 1)
        if not hits or "unsure" in question:
            return SimpleNamespace(refusal="not_found", answers=())
        article = hits[0].passage.article_id
        answer = SimpleNamespace(article_id=article, title=article.upper())
        return SimpleNamespace(refusal=None, answers=(answer,))


def run(examples: list[IntentExample], **options: Any) -> tuple[Any, SmallBook]:
    book = SmallBook()
    return answered_by_articles(
        examples, retriever=book, book=cast("KnowledgeBase", book), **options
    ), book


def test_answered_by_articles_names_the_article_and_the_share() -> None:
    examples = [IntentExample(f"vpn help {n}", "vpn_help") for n in range(3)]
    examples.append(IntentExample("vpn unsure", "vpn_help"))
    [entry], _ = run(examples)
    assert (entry.intent, entry.article_id, entry.title) == ("vpn_help", "vpn", "VPN")
    assert (entry.answered, entry.asked, entry.share) == (3, 4, 0.75)


def test_answered_by_articles_asks_only_where_one_article_leads() -> None:
    examples = [IntentExample(text, "mixed") for text in ("vpn", "leave", "a", "b", "c")]
    found, book = run(examples)
    assert found == []
    assert book.asked == []


def test_answered_by_articles_leaves_out_what_is_not_believed() -> None:
    found, _ = run([IntentExample(f"vpn unsure {n}", "vpn_help") for n in range(4)])
    assert found == []


def test_answered_by_articles_asks_a_sample_and_tells_progress() -> None:
    steps: list[tuple[int, int]] = []
    examples = [IntentExample(f"leave {n}", "request_leave") for n in range(20)]
    examples.append(IntentExample("leave it", None))
    [entry], book = run(examples, progress=lambda *at: steps.append(at))
    assert entry.asked == len(book.asked) == ASKED_AT_MOST
    assert len(set(book.asked)) == ASKED_AT_MOST
    assert steps[-1] == (26, 26)


def test_answered_by_articles_searches_with_the_roles_given() -> None:
    _, book = run([IntentExample("other", "a")], roles=frozenset({"staff"}))
    assert book.roles == [frozenset({"staff"})]
