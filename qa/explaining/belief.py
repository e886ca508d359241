"""Why an answer was believed or not, in plain words and in figures that add up.

The confidence is a logistic regression: a starting point, plus what each sign adds, gives
the log-odds. The parts add up exactly, so nothing is left to be explained.
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.deciding.calibration import Calibration
from qa.deciding.ranking import CONFIDENCE_FEATURES, Proposal, sigmoid

__all__ = ["Belief", "Sign", "believe"]

_PLAIN = {
    "ranking": (
        "How good it looks by itself",
        "the reader's score, how well its passage was found, and the question's words around it",
    ),
    "gap": ("Its lead", "how far it lies above the next different answer"),
    "share": (
        "Its share",
        "how much of all the evidence speaks for this text or what is shown with it, 0 to 1",
    ),
    "support": ("Other places", "how much other places in the articles say the same, 0 to 3"),
    "margin": (
        "The reader's preference",
        "the reader's score for this answer over its score for no answer",
    ),
    "standing": (
        "How its passage stands out",
        "how far its passage was found above the last one that was read, 0 to 1",
    ),
    "meaning": ("Meaning", "how near its surroundings are to the question in meaning, -1 to 1"),
    "agreement": (
        "The second reader",
        "how far a second reader chose the same words, 0 to 1",
    ),
}


@dataclass(frozen=True)
class Sign:
    """One sign that the confidence is computed from.

    Attributes:
        name: Of `CONFIDENCE_FEATURES`.
        title: In two or three words.
        meaning: What it measures.
        value: What was measured.
        points: Its weight times its value: what it adds to the log-odds. 0 where the
            calibration gives it no weight.
        counts: Whether the calibration gives it a weight.
    """

    name: str
    title: str
    meaning: str
    value: float
    points: float
    counts: bool


@dataclass(frozen=True)
class Belief:
    """How a confidence comes about.

    Attributes:
        start: Log-odds without any evidence.
        signs: What is added, most first.
        confidence: By the calibration, of this answer alone.
        threshold: Least confidence at which a question is answered.
    """

    start: float
    signs: tuple[Sign, ...]
    confidence: float
    threshold: float

    @property
    def log_odds(self) -> float:
        """The sum of the start and all points."""
        return self.start + sum(sign.points for sign in self.signs)

    @property
    def start_confidence(self) -> float:
        """The confidence without any evidence."""
        return sigmoid(self.start)


def believe(proposal: Proposal, calibration: Calibration, threshold: float) -> Belief:
    """Take a confidence apart."""
    features, rule = proposal.features, calibration.confidence
    signs = [
        Sign(
            name=name,
            title=_PLAIN[name][0],
            meaning=_PLAIN[name][1],
            value=features[name],
            points=rule.weights.get(name, 0.0) * features[name],
            counts=rule.weights.get(name, 0.0) > 0.0,
        )
        for name in CONFIDENCE_FEATURES
        if name != "agreement" or proposal.candidate.agreement is not None
    ]
    signs.sort(key=lambda sign: (not sign.counts, -abs(sign.points)))
    return Belief(rule.intercept, tuple(signs), calibration.probability(proposal), threshold)
