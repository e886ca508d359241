"""Intents that an article of the knowledge base already answers.

Such an intent needs no scripted reply: the article says it, with a quote, and stays right
when the article is edited. All examples are searched, which is cheap; only where one
article leads for half of an intent's examples is a sample of them asked and read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.types import IntentExample, KnowledgeBase
from retrieval.types import PUBLIC, Retriever, Roles

__all__ = ["AnsweredIntent", "answered_by_articles"]

LEADING = 0.5
"""Share of an intent's examples that an article must come first for, and then answer."""

ASKED_AT_MOST = 6
"""Examples of an intent that are put to the reader."""


@dataclass(frozen=True)
class AnsweredIntent:
    """An intent whose examples one article answers.

    Attributes:
        intent: Its name.
        article_id: The article.
        title: Its title.
        answered: Examples whose first answer is believed and quotes this article.
        asked: Examples that were asked.
        examples: Those answered.
    """

    intent: str
    article_id: str
    title: str
    answered: int
    asked: int
    examples: tuple[IntentExample, ...]

    @property
    def share(self) -> float:
        """Part of the examples asked that the article answers, 0 to 1."""
        return self.answered / self.asked


def answered_by_articles(
    examples: Sequence[IntentExample],
    *,
    retriever: Retriever,
    book: KnowledgeBase,
    roles: Roles = PUBLIC,
    progress: Callable[[int, int], None] | None = None,
) -> list[AnsweredIntent]:
    """Return intents that an article answers, the largest share first.

    Args:
        examples: Those out of scope are left out.
        retriever: Searches the knowledge base.
        book: Reads and judges; the same knowledge base.
        roles: What the asker may read; by default only public articles.
        progress: Called with (steps done, steps in all).
    """
    by_intent: dict[str, list[IntentExample]] = defaultdict(list)
    for example in examples:
        if example.intent is not None:
            by_intent[example.intent].append(example)
    advance = progress or (lambda _done, _total: None)
    total = sum(map(len, by_intent.values()))
    done = 0
    candidates: list[str] = []
    for intent, own in by_intent.items():
        leading: Counter[str] = Counter()
        for example in own:
            hits = retriever.retrieve(example.text, 1, roles=roles)
            leading.update(hit.passage.article_id for hit in hits)
            done += 1
            advance(done, total)
        if leading and leading.most_common(1)[0][1] / len(own) >= LEADING:
            candidates.append(intent)
    total += sum(min(ASKED_AT_MOST, len(by_intent[intent])) for intent in candidates)
    found: list[AnsweredIntent] = []
    for intent in candidates:
        asked = list(_spread(by_intent[intent]))
        believed: dict[str, list[IntentExample]] = defaultdict(list)
        titles: dict[str, str] = {}
        for example in asked:
            result = book.ask(example.text, roles=roles)
            if result.refusal is None and result.answers:
                answer = result.answers[0]
                believed[answer.article_id].append(example)
                titles[answer.article_id] = answer.title
            done += 1
            advance(done, total)
        if not believed:
            continue
        article = max(believed, key=lambda article: (len(believed[article]), article))
        if len(believed[article]) / len(asked) >= LEADING:
            found.append(
                AnsweredIntent(
                    intent,
                    article,
                    titles[article],
                    len(believed[article]),
                    len(asked),
                    tuple(believed[article]),
                )
            )
    return sorted(found, key=lambda entry: (-entry.share, entry.intent))


def _spread(examples: Sequence[IntentExample]) -> Iterator[IntentExample]:
    """Yield at most ASKED_AT_MOST, evenly spread over the list."""
    count = min(ASKED_AT_MOST, len(examples))
    return (examples[index * len(examples) // count] for index in range(count))
