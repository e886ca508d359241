"""From candidates of several passages to a few distinct answers in order.

Passages overlap and articles repeat themselves, so one place may be proposed twice and one
text in many places. Candidates are scored by a monotone rule over what reader, retriever
and question say of them, those that mean the same within an article or are shown together
become one proposal, and each proposal carries what its confidence is computed from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qa.deciding.evidence import Asked, place
from qa.deciding.grouping import shown_place
from qa.reading.overlap import normalize_answer
from qa.types import Candidate
from retrieval.types import Hit

__all__ = [
    "CONFIDENCE_FEATURES",
    "RANKING_FEATURES",
    "Closeness",
    "Linear",
    "Proposal",
    "Shown",
    "propose",
    "ranking_features",
    "sigmoid",
]

RANKING_FEATURES = (
    "margin",
    "retrieval",
    "reciprocal_rank",
    "echo",
    "steps",
    "number",
    "meaning",
)
"""What a candidate is ranked by; a larger value never ranks it lower."""

CONFIDENCE_FEATURES = (
    "ranking",
    "gap",
    "share",
    "support",
    "margin",
    "standing",
    "meaning",
    "agreement",
)
"""What an answer's confidence is computed from; a larger value never lowers it."""

# Logits beyond this say nothing more, and a strange model's may be enormous.
_MAX_LOGIT = 30.0
# The lead over the next answer, in units of the ranking score: more than this is certainty.
_MAX_GAP = 6.0
_MAX_SUPPORT = 3.0
# The sentence encoder reads so many surroundings at most: a few hundred tokens.
_COMPARED_PLACES = 6

Shown = Callable[[Candidate, str], tuple[int, int] | None]
"""Candidate and question → what a person is shown it with (`grouping.shown_place`)."""

Closeness = Callable[[str, Sequence[str]], Sequence[float] | NDArray[np.float32]]
"""Question and texts → how near each is in meaning, -1 to 1 (`Engine.closeness`)."""


def sigmoid(x: float) -> float:
    """Return the logistic function, without overflow at either end."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


@dataclass(frozen=True)
class Linear:
    """A weighted sum of named features; non-negative weights make it monotone.

    Attributes:
        intercept: Added to the sum.
        weights: Feature → weight.
    """

    intercept: float
    weights: Mapping[str, float]

    def __call__(self, features: Mapping[str, float]) -> float:
        """Return the sum; a feature without a weight doesn't count."""
        return self.intercept + sum(
            weight * features[name] for name, weight in self.weights.items()
        )


@dataclass(frozen=True)
class Proposal:
    """A distinct answer with its evidence.

    Attributes:
        candidate: The best ranked of those that were merged.
        ranking: Its score by the ranking rule.
        gap: How far it lies above the best proposal with another text; negative if below.
        share: Its part, with all of the same text and all that is shown with it, of the
            exponentials of all ranking scores: 0 to 1.
        support: How much other places say the same, 0 to 3, in parts of its own weight.
        standing: How far its passage's retrieval score lies above the last passage's, as a
            share of the first's: 0 to 1.
        meaning: How near its surroundings are to the question in meaning: -1 to 1.
        merged: How many candidates it stands for.
    """

    candidate: Candidate
    ranking: float
    gap: float
    share: float
    support: float
    standing: float
    meaning: float = 0.0
    merged: int = 1

    @property
    def features(self) -> dict[str, float]:
        """What the confidence is computed from, by `CONFIDENCE_FEATURES`."""
        return {
            "ranking": self.ranking,
            "gap": self.gap,
            "share": self.share,
            "support": self.support,
            "margin": _clipped(self.candidate.margin, _MAX_LOGIT),
            "standing": self.standing,
            "meaning": self.meaning,
            "agreement": self.candidate.agreement or 0.0,
        }


@dataclass(frozen=True)
class _Scored:
    """A candidate, its ranking score and its text as answers are compared."""

    ranking: float
    candidate: Candidate
    text: str
    meaning: float


@dataclass
class _Group:
    """Candidates that are one answer.

    Attributes:
        question: As asked.
        members: Best first; never empty.
        shown: Says what the first is shown with.
    """

    question: str
    members: list[_Scored]
    shown: Shown

    @property
    def first(self) -> _Scored:
        return self.members[0]

    @cached_property
    def _place(self) -> tuple[int, int] | None:
        # Most groups never meet a candidate for which this has to be worked out.
        return self.shown(self.first.candidate, self.question)

    def takes(self, one: _Scored) -> bool:
        """Tell whether a lower ranked candidate is the same answer."""
        first = self.first
        if first.candidate.passage.article_id != one.candidate.passage.article_id:
            return False
        return (bool(one.text) and one.text == first.text) or self.shows(one.candidate)

    def shows(self, candidate: Candidate) -> bool:
        """Tell whether whoever is shown the first member sees this candidate's place."""
        first = self.first.candidate
        if first.passage.article_id != candidate.passage.article_id:
            return False
        if first.start < candidate.end and candidate.start < first.end:
            return True
        place = self._place
        return place is not None and place[0] <= candidate.start and candidate.end <= place[1]


def ranking_features(
    asked: Asked, candidate: Candidate, hits: Sequence[Hit], rank: int, meaning: float
) -> dict[str, float]:
    """Describe a candidate by `RANKING_FEATURES`.

    Args:
        asked: The question.
        candidate: What the reader proposes.
        hits: The passages that were read, best first.
        rank: Which of them is the candidate's. Scores of retrievers have no common scale,
            so only their ratio to the first counts.
        meaning: How near its surroundings are to the question, -1 to 1.
    """
    return {
        "margin": _clipped(candidate.margin, _MAX_LOGIT),
        "retrieval": _share_of(hits[rank].score, hits[0].score),
        "reciprocal_rank": 1.0 / (1.0 + rank),
        **asked.evidence(candidate),
        "meaning": meaning,
    }


def propose(
    question: str,
    candidates: Sequence[Candidate],
    hits: Sequence[Hit],
    rule: Linear,
    closeness: Closeness,
    *,
    shown: Shown = shown_place,
) -> tuple[Proposal, ...]:
    """Rank candidates and merge those that mean the same.

    Two candidates of one article are the same answer if their places overlap, if their
    texts differ only by case, punctuation and a/an/the, or if the better one is shown with
    a procedure, table row or list item that holds the other (`grouping`). In another
    article the same text stays an answer of its own, with a citation of its own, and
    supports the first.

    Args:
        question: As asked.
        candidates: From a reading.
        hits: The passages that were read, best first.
        rule: Gives a candidate's ranking score from its `RANKING_FEATURES`.
        closeness: Compares the surroundings of the candidates that rank best without it;
            the others are left out.
        shown: Says which place a person is shown with a candidate.

    Returns:
        Distinct proposals, best first.
    """
    asked = Asked(question)
    ranks = {hit.passage.id: rank for rank, hit in enumerate(hits)}
    scored = [
        _Scored(
            rule(ranking_features(asked, candidate, hits, ranks[candidate.passage.id], 0.0)),
            candidate,
            normalize_answer(candidate.text),
            0.0,
        )
        for candidate in candidates
    ]
    scored = sorted(_compared(question, sorted(scored, key=_order), rule, closeness), key=_order)
    groups: list[_Group] = []
    for one in scored:
        for group in groups:
            if group.takes(one):
                group.members.append(one)
                break
        else:
            groups.append(_Group(question, [one], shown))
    best = scored[0].ranking if scored else 0.0
    # Relative to the best, so that no exponential overflows.
    total = sum(math.exp(one.ranking - best) for one in scored)
    return tuple(
        _proposal(group, groups, scored, share_of=total, best=best, hits=hits, ranks=ranks)
        for group in groups
    )


def _order(one: _Scored) -> tuple[float, str, int, int]:
    """Best first; ties by place."""
    candidate = one.candidate
    return -one.ranking, candidate.passage.id, candidate.start, candidate.end


def _compared(
    question: str, scored: Sequence[_Scored], rule: Linear, closeness: Closeness
) -> list[_Scored]:
    """Add what the meaning of their surroundings says to the best ranked."""
    weight = rule.weights.get("meaning", 0.0)
    if weight == 0.0:
        return list(scored)
    places: dict[str, list[_Scored]] = {}
    for one in scored:
        where = place(one.candidate)
        if where in places or len(places) < _COMPARED_PLACES:
            places.setdefault(where, []).append(one)
    meanings = closeness(question, list(places)) if places else []
    return [
        replace(one, ranking=one.ranking + weight * float(meaning), meaning=float(meaning))
        for meaning, there in zip(meanings, places.values(), strict=True)
        for one in there
    ]


def _proposal(
    group: _Group,
    groups: Sequence[_Group],
    scored: Sequence[_Scored],
    *,
    share_of: float,
    best: float,
    hits: Sequence[Hit],
    ranks: Mapping[str, int],
) -> Proposal:
    first = group.first
    rival = next((other.first for other in groups if other.first.text != first.text), None)
    gap = _MAX_GAP if rival is None else _clipped(first.ranking - rival.ranking, _MAX_GAP)
    alike = [one for one in scored if one.text == first.text]
    with_it = alike + [one for one in group.members if one.text != first.text]
    support = sum(
        math.exp(min(0.0, one.ranking - first.ranking))
        for one in alike
        if not group.shows(one.candidate)
    )
    hit = hits[ranks[first.candidate.passage.id]]
    top, last = hits[0].score, hits[-1].score
    return Proposal(
        candidate=first.candidate,
        ranking=first.ranking,
        gap=gap,
        share=sum(math.exp(one.ranking - best) for one in with_it) / share_of,
        support=min(support, _MAX_SUPPORT),
        standing=max(0.0, _share_of(hit.score, top) - _share_of(last, top)),
        meaning=first.meaning,
        merged=len(group.members),
    )


def _share_of(score: float, best: float) -> float:
    if best <= 0 or not math.isfinite(best) or not math.isfinite(score):
        return 0.0
    return min(1.0, max(0.0, score / best))


def _clipped(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
