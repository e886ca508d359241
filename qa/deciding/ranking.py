"""From candidates of several passages to a few distinct answers in order.

Passages overlap and articles repeat themselves, so one place may be proposed twice and one
text in many places. Candidates are scored by a monotone rule over what reader, retriever
and question say of them, those that mean the same within an article or are shown together
become one proposal, and each proposal carries what its confidence is computed from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qa.deciding.evidence import Asked, place, words
from qa.deciding.features import (
    CONFIDENCE_FEATURES,
    Linear,
    clipped,
    ranking_features,
    reading_features,
    share_of,
)
from qa.deciding.grouping import shown_place
from qa.reading.overlap import normalize_answer, token_f1
from qa.types import Candidate
from retrieval.types import Hit

__all__ = ["Closeness", "Proposal", "Shown", "propose"]

# The lead over the next answer, in units of the ranking score: more than this is certainty.
_MAX_GAP = 6.0
_MAX_SUPPORT = 3.0
# Two texts that share so many words say the same.
_ALIKE = 0.5
# The sentence encoder reads so many surroundings at most: a few hundred tokens.
_COMPARED_PLACES = 6

Shown = Callable[[Candidate, str], tuple[int, int] | None]
"""Candidate and question → what a person is shown it with (`grouping.shown_place`)."""

Closeness = Callable[[str, Sequence[str]], Sequence[float] | NDArray[np.float32]]
"""Question and texts → how near each is in meaning, -1 to 1 (`Engine.closeness`)."""


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
        reader_share: The part of its words' candidates in what the readers believe, "no answer"
            included: of those that were read again, or of all where none was; 0 to 1.
        wording: What the question's words say of it (`evidence`).
        merged: How many candidates it stands for.
    """

    candidate: Candidate
    ranking: float
    gap: float
    share: float
    support: float
    standing: float
    meaning: float = 0.0
    reader_share: float = 0.0
    wording: Mapping[str, float] = field(default_factory=dict)
    merged: int = 1

    @property
    def features(self) -> dict[str, float]:
        """What the confidence is computed from, by `CONFIDENCE_FEATURES`."""
        known = {
            "ranking": self.ranking,
            "gap": self.gap,
            "share": self.share,
            "support": self.support,
            **reading_features(self.candidate),
            "reader_share": self.reader_share,
            "standing": self.standing,
            "meaning": self.meaning,
            "agreement": self.candidate.agreement or 0.0,
            **self.wording,
        }
        return {name: known.get(name, 0.0) for name in CONFIDENCE_FEATURES}


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


def propose(
    question: str,
    candidates: Sequence[Candidate],
    hits: Sequence[Hit],
    rule: Linear,
    closeness: Closeness,
    *,
    shown: Shown = shown_place,
    asked: Asked | None = None,
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
        asked: The question taken apart, where it is asked several times over.

    Returns:
        Distinct proposals, best first.
    """
    asked = asked or Asked(question)
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
    groups = _grouped(question, scored, shown)
    best = scored[0].ranking if scored else 0.0
    # Relative to the best, so that no exponential overflows.
    total = sum(math.exp(one.ranking - best) for one in scored)
    everything = frozenset().union(*(words(hit.passage) for hit in hits))
    return tuple(
        replace(
            _proposal(group, groups, scored, total=total, best=best, hits=hits, ranks=ranks),
            wording={
                **asked.evidence(group.first.candidate),
                **asked.support(group.first.candidate, everything),
            },
        )
        for group in groups
    )


def _grouped(question: str, scored: Sequence[_Scored], shown: Shown) -> list[_Group]:
    """Join what is one answer, best first."""
    groups: list[_Group] = []
    for one in scored:
        for group in groups:
            if group.takes(one):
                group.members.append(one)
                break
        else:
            groups.append(_Group(question, [one], shown))
    return groups


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
    total: float,
    best: float,
    hits: Sequence[Hit],
    ranks: Mapping[str, int],
) -> Proposal:
    first = group.first
    rival = next((other.first for other in groups if other.first.text != first.text), None)
    gap = _MAX_GAP if rival is None else clipped(first.ranking - rival.ranking, _MAX_GAP)
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
        share=sum(math.exp(one.ranking - best) for one in with_it) / total,
        support=min(support, _MAX_SUPPORT),
        standing=max(0.0, share_of(hit.score, top) - share_of(last, top)),
        meaning=first.meaning,
        reader_share=_reader_share(first.candidate, [one.candidate for one in scored]),
        merged=len(group.members),
    )


def _reader_share(mine: Candidate, candidates: Sequence[Candidate]) -> float:
    """Return the share of the readers' belief that goes to the words of a candidate."""
    again = [(each.check, each) for each in candidates if each.check is not None]
    scores = again or [(each.margin, each) for each in candidates]
    # "No answer" has the score 0.
    best = max(0.0, *(score for score, _ in scores))
    total = math.exp(-best) + sum(math.exp(score - best) for score, _ in scores)
    alike = (
        math.exp(score - best)
        for score, each in scores
        if each is mine or token_f1(each.text, mine.text) >= _ALIKE
    )
    return sum(alike) / total
