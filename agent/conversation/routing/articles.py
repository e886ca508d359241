"""Rows that look at the knowledge base's verdict: an answer, rival articles, an honest no."""

from __future__ import annotations

from agent.conversation.routing.inputs import (
    MAX_CHOICES,
    FoundArticle,
    Routed,
    RouterInputs,
    VerdictFacts,
    percent,
)
from agent.conversation.routing.intents import chosen_candidate, least_of, rather_told, wishes_task
from agent.types import Route

__all__ = [
    "answer_settles",
    "answered",
    "by_chosen_article",
    "by_name",
    "chosen_article",
    "intent_of_answer",
    "named_article",
    "refused",
    "rival_articles",
    "verdict_of",
    "which_article",
]


def verdict_of(inputs: RouterInputs) -> VerdictFacts:
    """Return the verdict; one that found nothing, where there is none."""
    return inputs.verdict or VerdictFacts("refused", "not_found")


def answer_settles(inputs: RouterInputs) -> bool:
    """Whether the knowledge base's answer counts for more than what we could do instead.

    What the configuration says of an intent is meant by somebody; an article that matches
    only happens to. So an intent that is likely gives way to a sure answer alone, and a
    wish ("order a mouse") isn't met by quoting how to wish for it.
    """
    verdict = inputs.verdict
    if verdict is None or not verdict.answered:
        return False
    first = inputs.first
    if first is None or not first.scripted or first.confidence < least_of(inputs):
        return True
    if rather_told(inputs):
        return True
    if wishes_task(inputs) and first.confidence >= inputs.thresholds.plain_wish:
        return False
    return verdict.confidence >= max(first.confidence, inputs.thresholds.sure)


def rival_articles(inputs: RouterInputs) -> tuple[FoundArticle, ...]:
    """Return the articles that answer about equally well, but differently.

    None where the first is so sure that a question back would only annoy. Under a refusal
    for want of confidence they count if one of them is likely to be right: articles that
    share the probability are why none of them is sure enough.
    """
    verdict = inputs.verdict
    if verdict is None or inputs.chosen is not None or not verdict.found:
        return ()
    if not verdict.answered and verdict.reason != "low_confidence":
        return ()
    first = verdict.found[0]
    if not inputs.thresholds.consider <= first.confidence < inputs.thresholds.sure:
        return ()
    rivals = [first]
    for found in verdict.found[1:]:
        new = all(
            found.article_id != rival.article_id
            and found.title.casefold() != rival.title.casefold()
            and found.quote.split() != rival.quote.split()
            for rival in rivals
        )
        if new and first.confidence - found.confidence < inputs.thresholds.tie:
            rivals.append(found)
    together = sum(rival.confidence for rival in rivals)
    if len(rivals) < 2 or (not verdict.answered and together < inputs.thresholds.handle):
        return ()
    return tuple(rivals[:MAX_CHOICES])


def named_article(inputs: RouterInputs) -> FoundArticle | None:
    """Return the one of several rivals that the question itself names, or None."""
    named = [rival for rival in rival_articles(inputs) if rival.named]
    return named[0] if len(named) == 1 else None


def by_name(inputs: RouterInputs) -> Routed:
    """Return the answer from the rival that the question names."""
    rivals = rival_articles(inputs)
    named = next(rival for rival in rivals if rival.named)
    together = min(1.0, sum(rival.confidence for rival in rivals))
    return Routed(
        "named_article",
        Route.ANSWER,
        intent=intent_of_answer(inputs),
        confidence=named.confidence,
        explanation=(
            f"{len(rivals)} articles answer about equally well ({percent(together)} together), "
            f"and the question names {named.title!r}."
        ),
        article=named.article_id,
    )


def which_article(inputs: RouterInputs) -> Routed:
    """Return a question back: which of the rival articles is meant."""
    rivals = rival_articles(inputs)
    named = " and ".join(f"{one.title!r} ({percent(one.confidence)})" for one in rivals)
    return Routed(
        "tied_articles",
        Route.CLARIFY,
        confidence=rivals[0].confidence,
        explanation=f"The articles {named} answer about equally well.",
        kind="article",
        choices=tuple(one.article_id for one in rivals),
    )


def chosen_article(inputs: RouterInputs) -> FoundArticle | None:
    """Return the article that was chosen of several, or None."""
    if inputs.pending != "article" or inputs.verdict is None:
        return None
    return next((one for one in inputs.verdict.found if one.article_id == inputs.chosen), None)


def by_chosen_article(inputs: RouterInputs) -> Routed:
    """Return the answer from the article that was chosen."""
    found = chosen_article(inputs)
    title, confidence = ("", 0.0) if found is None else (found.title, found.confidence)
    return Routed(
        "chose_article",
        Route.ANSWER,
        confidence=confidence,
        explanation=f"Asked which was meant, the person chose the article {title!r}.",
        article=inputs.chosen,
    )


def intent_of_answer(inputs: RouterInputs) -> str | None:
    """Return the intent under which the knowledge base was asked, if one was clear."""
    chosen = chosen_candidate(inputs)
    if chosen is not None:
        return chosen.intent
    if inputs.form_took_it:
        return inputs.form_intent
    first = inputs.first
    if first is None or first.scripted or first.confidence < inputs.thresholds.handle:
        return None
    return first.intent


def answered(inputs: RouterInputs) -> Routed:
    """Return the answer that the knowledge base is sure of."""
    verdict = verdict_of(inputs)
    return Routed(
        "answered",
        Route.ANSWER,
        intent=intent_of_answer(inputs),
        confidence=verdict.confidence,
        explanation=f"The knowledge base is {percent(verdict.confidence)} sure of its answer.",
    )


def refused(inputs: RouterInputs) -> Routed:
    """Return an honest no."""
    verdict = verdict_of(inputs)
    return Routed(
        "refused",
        Route.ANSWER,
        intent=intent_of_answer(inputs),
        confidence=verdict.confidence,
        explanation=(
            "No intent fits and the knowledge base has no answer that is sure enough "
            f"({verdict.reason})."
        ),
    )
