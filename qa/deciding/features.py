"""What candidates are ranked by, and answers believed by: names, and a weighted sum of them.

Every sign is turned so that more of it is better, and no weight is negative: better evidence
never lowers a score. Signs against an answer are 0 or less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.deciding.evidence import Asked
from qa.types import Candidate
from retrieval.types import Hit

__all__ = [
    "CONFIDENCE_FEATURES",
    "RANKING_FEATURES",
    "Linear",
    "clipped",
    "ranking_features",
    "reading_features",
    "share_of",
    "sigmoid",
]

_OF_READING = ("margin", "check", "checked")
_OF_WORDING = ("asked_above", "kind", "opposite", "particulars", "polarity", "current")

RANKING_FEATURES = (
    *_OF_READING,
    "retrieval",
    "reciprocal_rank",
    "echo",
    "steps",
    "number",
    "meaning",
    *_OF_WORDING,
)
"""What a candidate is ranked by; a larger value never ranks it lower."""

CONFIDENCE_FEATURES = (
    "ranking",
    "gap",
    "share",
    "support",
    *_OF_READING,
    "reader_share",
    "standing",
    "meaning",
    "agreement",
    "echo",
    *_OF_WORDING,
    "held_by_passage",
    "held_by_title",
    "held_anywhere",
    "known",
    "code",
    "simple",
    "factual",
)
"""What an answer's confidence is computed from; a larger value never lowers it."""

# Logits beyond this say nothing more, and a strange model's may be enormous.
_MAX_LOGIT = 30.0


def sigmoid(x: float) -> float:
    """Return the logistic function, without overflow at either end."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def clipped(value: float, limit: float) -> float:
    """Return the nearest value from `-limit` to `limit`."""
    return max(-limit, min(limit, value))


def share_of(score: float, best: float) -> float:
    """Return a score's share of the best one, 0 to 1; 0 where there is no telling."""
    if best <= 0 or not math.isfinite(best) or not math.isfinite(score):
        return 0.0
    return min(1.0, max(0.0, score / best))


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


def reading_features(candidate: Candidate) -> dict[str, float]:
    """Return what readers say of a candidate.

    `check` is the margin of a reader that read it again, `checked` whether one did.
    """
    check = candidate.check
    return {
        "margin": clipped(candidate.margin, _MAX_LOGIT),
        "check": 0.0 if check is None else clipped(check, _MAX_LOGIT),
        "checked": float(check is not None),
    }


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
        **reading_features(candidate),
        "retrieval": share_of(hits[rank].score, hits[0].score),
        "reciprocal_rank": 1.0 / (1.0 + rank),
        **asked.evidence(candidate),
        "meaning": meaning,
    }
