"""Why an answer was believed or not, in plain words and in figures that add up.

The confidence is a logistic regression: a starting point, plus what each sign adds, gives
the log-odds. The parts add up exactly, so nothing is left to be explained.
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.deciding.calibration import Calibration
from qa.deciding.features import CONFIDENCE_FEATURES, sigmoid
from qa.deciding.ranking import Proposal

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
    "check": (
        "The second reading",
        "the score over that for no answer by the reader that read it again",
    ),
    "checked": ("Read again", "whether a second reader read it again"),
    "reader_share": ("The readers' choice", "its part in all that the readers believe, 0 to 1"),
    "code": ("A code that is missing", "-1 if no passage found has a code that was asked for"),
    "echo": ("The question's words", "how many stand in its sentence and titles, 0 to 1"),
    "asked_above": ("Its heading", "how like the question the heading or question above it is"),
    "kind": ("The kind of answer", "1 if it looks like what is asked for, -1 if not"),
    "opposite": ("The opposite", "-1 if it speaks of the opposite, or of an alternative"),
    "particulars": ("Names and numbers", "those of the question that its passage lacks, to -1"),
    "polarity": ("No for yes", "-1 if it denies what is asked for, or the other way round"),
    "current": ("Out of date", "-1 if it says that it holds no longer"),
    "held_by_passage": ("Its passage", "how many of the question's words it holds, 0 to 1"),
    "held_by_title": ("Its titles", "how many of the question's words they hold, 0 to 1"),
    "held_anywhere": ("All passages", "how many of the question's words they hold, 0 to 1"),
    "known": ("Unknown names", "names and numbers that no passage found holds, to -1"),
    "simple": ("Whether or why", "-1 for such questions: a quote rarely settles them"),
    "factual": ("How or which", "-1 for such questions: a quote rarely holds all"),
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
