"""From candidates of several passages to a few distinct answers in order.

Passages overlap and articles repeat themselves, so one place may be proposed twice and one
text in many places. Candidates are scored by a monotone rule over what reader and
retriever say, those that mean the same within an article become one proposal, and each
proposal carries what its confidence is computed from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.metrics import normalize_answer
from qa.types import Candidate
from retrieval.types import Hit

__all__ = [
    "CONFIDENCE_FEATURES",
    "RANKING_FEATURES",
    "Linear",
    "Proposal",
    "propose",
    "ranking_features",
    "sigmoid",
]

RANKING_FEATURES = ("margin", "score", "retrieval", "reciprocal_rank")
"""What a candidate is ranked by; a larger value never ranks it lower."""

CONFIDENCE_FEATURES = ("ranking", "gap", "support")
"""What an answer's confidence is computed from; a larger value never lowers it."""

# Logits beyond this say nothing more, and a strange model's may be enormous.
_MAX_LOGIT = 30.0
# The gap to the next answer, in units of the ranking score: more than this is certainty.
_MAX_GAP = 6.0
_MAX_SUPPORT = 3.0


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
        support: How much other places say the same, 0 to 3.
        merged: How many candidates it stands for.
    """

    candidate: Candidate
    ranking: float
    gap: float
    support: float
    merged: int = 1

    @property
    def features(self) -> dict[str, float]:
        """What the confidence is computed from, by `CONFIDENCE_FEATURES`."""
        return {"ranking": self.ranking, "gap": self.gap, "support": self.support}


def ranking_features(
    candidate: Candidate, rank: int, score: float, best: float
) -> dict[str, float]:
    """Describe a candidate by `RANKING_FEATURES`.

    Args:
        candidate: What the reader proposes.
        rank: Of its passage among the hits, from 0.
        score: Its hit's score.
        best: The first hit's score. Scores of retrievers have no common scale, so only
            their ratio counts.
    """
    share = score / best if best > 0 and math.isfinite(score) else 0.0
    return {
        "margin": _clipped(candidate.margin, _MAX_LOGIT),
        "score": _clipped(candidate.score, _MAX_LOGIT),
        "retrieval": min(1.0, max(0.0, share)),
        "reciprocal_rank": 1.0 / (1.0 + rank),
    }


def propose(
    candidates: Sequence[Candidate], hits: Sequence[Hit], rule: Linear
) -> tuple[Proposal, ...]:
    """Rank candidates and merge those that mean the same.

    Two candidates of one article are the same answer if their places overlap or their
    texts differ only by case, punctuation and a/an/the. In another article the same text
    stays an answer of its own, with a citation of its own, and supports the first.

    Args:
        candidates: From a reading.
        hits: The passages that were read, best first.
        rule: Gives a candidate's ranking score from its `RANKING_FEATURES`.

    Returns:
        Distinct proposals, best first.
    """
    ranks = {hit.passage.id: (rank, hit.score) for rank, hit in enumerate(hits)}
    best = hits[0].score if hits else 0.0
    scored: list[tuple[float, Candidate, str]] = []
    for candidate in candidates:
        rank, score = ranks[candidate.passage.id]
        scored.append(
            (
                rule(ranking_features(candidate, rank, score, best)),
                candidate,
                normalize_answer(candidate.text),
            )
        )
    scored.sort(key=lambda entry: (-entry[0], entry[1].passage.id, entry[1].start, entry[1].end))
    groups: list[list[tuple[float, Candidate, str]]] = []
    for entry in scored:
        for group in groups:
            if _same_answer(group[0], entry):
                group.append(entry)
                break
        else:
            groups.append([entry])
    proposals = []
    for group in groups:
        ranking, candidate, text = group[0]
        rival = next((other[0] for other in groups if other[0][2] != text), None)
        gap = _MAX_GAP if rival is None else _clipped(ranking - rival[0], _MAX_GAP)
        support = sum(
            sigmoid(score)
            for score, other, other_text in scored
            if other_text == text and not _overlap(other, candidate)
        )
        proposals.append(
            Proposal(candidate, ranking, gap, min(support, _MAX_SUPPORT), merged=len(group))
        )
    return tuple(proposals)


def _same_answer(one: tuple[float, Candidate, str], other: tuple[float, Candidate, str]) -> bool:
    if one[1].passage.article_id != other[1].passage.article_id:
        return False
    return _overlap(one[1], other[1]) or (one[2] == other[2] and bool(one[2]))


def _overlap(one: Candidate, other: Candidate) -> bool:
    return (
        one.passage.article_id == other.passage.article_id
        and one.start < other.end
        and other.start < one.end
    )


def _clipped(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
