"""From scores to probabilities, and from probabilities to a yes or a no.

A `Calibration` is fitted beforehand (`fitting`) and ships beside a reader's weights. It
ranks candidates, gives each answer the probability that it is right, and holds the
probability from which on we answer. A `Bound` is what `frontdesk calibrate` stores with a
knowledge base: a threshold below which the share of wrong answers is held, for one
reader, one encoder and one generation of the index. Nothing here fits anything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from qa.deciding.features import CONFIDENCE_FEATURES, RANKING_FEATURES, Linear, sigmoid
from qa.deciding.ranking import Proposal
from qa.errors import CalibrationError
from qa.types import CalibrationState

__all__ = [
    "BOUND_FILE",
    "CALIBRATION_FILE",
    "GENERIC",
    "Bound",
    "Calibration",
    "RiskPoint",
    "expected_calibration_error",
    "load_calibration",
    "risk_coverage",
]

CALIBRATION_FILE = "calibration.json"
"""Beside a reader's weights."""

BOUND_FILE = "calibration.json"
"""Beside the generations of a knowledge base."""

_FORMAT = 1
_N_BINS = 15
# Counts up when a feature is measured in another way: confidences of the same weights are
# then on another scale, and a bound stored before doesn't hold for them.
_MEASURED = 2


@dataclass(frozen=True)
class Calibration:
    """How candidates are ranked, believed and accepted.

    Attributes:
        ranking: Candidate's `RANKING_FEATURES` → ranking score.
        confidence: Answer's `CONFIDENCE_FEATURES` → log-odds that it is right.
        threshold: Least confidence at which we answer, 0 to 1.
        note: What it was fitted on, for people.
        slack: A passage isn't read if the most that it can reach, without margin and meaning,
            lies this far below the best candidate found (`skipping`), in units of the
            ranking score; None reads all.
    """

    ranking: Linear
    confidence: Linear
    threshold: float
    note: Mapping[str, Any] = field(default_factory=dict)
    slack: float | None = None

    def probability(self, proposal: Proposal) -> float:
        """Return the probability that an answer is right, strictly between 0 and 1."""
        return sigmoid(max(-30.0, min(30.0, self.confidence(proposal.features))))

    @property
    def digest(self) -> str:
        """Hash of all that decides a confidence: a bound holds for one such rule only."""
        rules = [
            [rule.intercept, sorted(rule.weights.items())]
            for rule in (self.ranking, self.confidence)
        ]
        parts = [_MEASURED, rules] if self.slack is None else [_MEASURED, rules, self.slack]
        return sha256(json.dumps(parts).encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {
            "format": _FORMAT,
            "ranking": _rule_json(self.ranking),
            "confidence": _rule_json(self.confidence),
            "threshold": self.threshold,
            "slack": self.slack,
            "note": dict(self.note),
        }

    @classmethod
    def from_json(cls, stored: Any, *, where: str) -> Calibration:
        """Check what was stored.

        Args:
            stored: Parsed JSON.
            where: Names it in messages.

        Raises:
            CalibrationError: It is of another format, or a value makes no sense.
        """
        _check_format(stored, where)
        threshold = _number(stored, "threshold", where)
        if not 0.0 <= threshold <= 1.0:
            msg = f"{where}: the threshold {threshold!r} isn't a probability from 0 to 1."
            raise CalibrationError(msg)
        slack = None if stored.get("slack") is None else _number(stored, "slack", where)
        if slack is not None and slack < 0:
            msg = (
                f"{where}: the slack {slack!r} would skip passages that rank before the best. "
                "Expected 0 or more, or null to read all."
            )
            raise CalibrationError(msg)
        note = stored.get("note", {})
        return cls(
            _rule(stored, "ranking", RANKING_FEATURES, where),
            _rule(stored, "confidence", CONFIDENCE_FEATURES, where),
            threshold,
            note if isinstance(note, dict) else {},
            slack,
        )


GENERIC = Calibration(
    ranking=Linear(
        0.0,
        {
            "margin": 0.3,
            "retrieval": 4.0,
            "echo": 2.0,
            "steps": 2.0,
            "number": 1.0,
            "meaning": 8.0,
        },
    ),
    confidence=Linear(-6.0, {"ranking": 0.4, "share": 1.5, "margin": 0.05, "standing": 3.0}),
    threshold=0.5,
    note={"fitted": "nothing: a cautious guess for readers that bring no calibration"},
)
"""For readers without a calibration of their own."""


def load_calibration(path: Path) -> Calibration:
    """Read a calibration; a missing file gives `GENERIC`.

    Raises:
        CalibrationError: The file is there but can't be used.
    """
    try:
        stored = json.loads(path.read_bytes())
    except FileNotFoundError:
        return GENERIC
    except (OSError, ValueError) as error:
        msg = (
            f"Can't read the calibration {str(path)!r}: {error}. Put the shipped file back, or "
            "delete it to answer with cautious defaults."
        )
        raise CalibrationError(msg) from error
    return Calibration.from_json(stored, where=str(path))


@dataclass(frozen=True)
class Bound:
    """A promise about wrong answers, and what it is bound to.

    Attributes:
        reader: Id of the reader.
        encoder: Id of the encoder.
        generation: State of the knowledge base.
        rule: `Calibration.digest` of the confidences it was measured on.
        top_k: Passages read per question.
        threshold: Least confidence at which we answer.
        max_wrong: Largest share of wrong answers among those given.
        certainty: Probability that the promise holds, over the choice of questions.
        n: Questions it was measured on.
        answered: How many of them are answered at the threshold.
        wrong: How many of those are wrong.
    """

    reader: str
    encoder: str
    generation: str
    rule: str
    top_k: int
    threshold: float
    max_wrong: float
    certainty: float
    n: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """Share of the questions that were answered."""
        return self.answered / self.n

    def same_confidences(self, *, reader: str, rule: str) -> bool:
        """Tell whether the threshold is on the scale of these confidences."""
        return self.reader == reader and self.rule == rule

    def state(
        self, *, reader: str, encoder: str, generation: str, rule: str, top_k: int
    ) -> CalibrationState:
        """Return `valid` where all is as it was measured, else `stale`."""
        measured = (self.reader, self.encoder, self.generation, self.rule, self.top_k)
        now = (reader, encoder, generation, rule, top_k)
        return CalibrationState.VALID if measured == now else CalibrationState.STALE

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {"format": _FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, stored: Any, *, where: str) -> Bound:
        """Check what was stored.

        Raises:
            CalibrationError: It is of another format, or a value makes no sense.
        """
        _check_format(stored, where)
        texts = ("reader", "encoder", "generation", "rule")
        counts = ("top_k", "n", "answered", "wrong")
        shares = ("threshold", "max_wrong", "certainty")
        for name in texts:
            if not isinstance(stored.get(name), str):
                msg = f"{where}: {name} is {stored.get(name)!r}. Expected text; calibrate again."
                raise CalibrationError(msg)
        for name in counts:
            value = stored.get(name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                msg = f"{where}: {name} is {value!r}. Expected a count; calibrate again."
                raise CalibrationError(msg)
        values = {name: _number(stored, name, where) for name in shares}
        for name, share in values.items():
            if not 0.0 <= share <= 1.0:
                msg = f"{where}: {name} is {share!r}. Expected 0 to 1; calibrate again."
                raise CalibrationError(msg)
        return cls(
            reader=stored["reader"],
            encoder=stored["encoder"],
            generation=stored["generation"],
            rule=stored["rule"],
            top_k=stored["top_k"],
            threshold=values["threshold"],
            max_wrong=values["max_wrong"],
            certainty=values["certainty"],
            n=stored["n"],
            answered=stored["answered"],
            wrong=stored["wrong"],
        )


def expected_calibration_error(
    confidences: Sequence[float], right: Sequence[bool], *, n_bins: int = _N_BINS
) -> float:
    """Return the mean gap between confidence and accuracy over bins of equal mass.

    Source: Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning"
    (2015), with bins of equal mass as in Nguyen and O'Connor (2015). Confidences are
    sorted and cut into `n_bins` runs whose sizes differ by at most one; a run weighs as
    many questions as it holds.

    >>> expected_calibration_error([0.5, 0.5], [True, False], n_bins=1)
    0.0

    Raises:
        CalibrationError: No confidences, or the two differ in length.
    """
    _check_paired(confidences, right)
    n = len(confidences)
    # Ties are ordered by outcome so that the value doesn't depend on the input's order.
    pairs = sorted(zip(confidences, right, strict=True))
    bins = min(n_bins, n)
    error = 0.0
    for number in range(bins):
        chosen = pairs[number * n // bins : (number + 1) * n // bins]
        error += abs(math.fsum(confidence - hit for confidence, hit in chosen))
    return error / n


@dataclass(frozen=True)
class RiskPoint:
    """What answering from one confidence on would mean.

    Attributes:
        threshold: Answer where the confidence is at least this.
        coverage: Share of questions answered.
        risk: Share of those answered that are wrong.
    """

    threshold: float
    coverage: float
    risk: float


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[RiskPoint, ...]:
    """Return the risk–coverage curve, from the strictest threshold to the laxest.

    Source: Geifman and El-Yaniv, "Selective classification for deep neural networks"
    (2017), section 2. One point per distinct confidence.

    Raises:
        CalibrationError: No confidences, or the two differ in length.
    """
    _check_paired(confidences, right)
    pairs = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    points: list[RiskPoint] = []
    wrong = 0
    for number, (confidence, hit) in enumerate(pairs, start=1):
        wrong += not hit
        if number == len(pairs) or pairs[number][0] != confidence:
            points.append(RiskPoint(confidence, number / len(pairs), wrong / number))
    return tuple(points)


def _check_paired(confidences: Sequence[float], right: Sequence[bool]) -> None:
    if not confidences or len(confidences) != len(right):
        msg = (
            f"Can't compare {len(confidences)} confidences with {len(right)} outcomes. Expected "
            "one outcome per confidence, and at least one."
        )
        raise CalibrationError(msg)


def _rule_json(rule: Linear) -> dict[str, Any]:
    return {"intercept": rule.intercept, "weights": dict(rule.weights)}


def _check_format(stored: Any, where: str) -> None:
    found = stored.get("format") if isinstance(stored, dict) else None
    if found != _FORMAT:
        msg = (
            f"{where} isn't a calibration of format {_FORMAT} (found {found!r}). It may come from "
            "another version of Frontdesk: calibrate again."
        )
        raise CalibrationError(msg)


def _rule(stored: Mapping[str, Any], key: str, known: tuple[str, ...], where: str) -> Linear:
    rule = stored.get(key)
    weights = rule.get("weights") if isinstance(rule, dict) else None
    if not isinstance(rule, dict) or not isinstance(weights, dict):
        msg = f"{where}: {key!r} is {rule!r}. Expected an intercept and weights."
        raise CalibrationError(msg)
    unknown = sorted(set(weights) - set(known))
    if unknown:
        msg = f"{where}: {key!r} has weights for {unknown!r}. Expected some of {known!r}."
        raise CalibrationError(msg)
    values = {name: _number(weights, name, f"{where}: {key}") for name in weights}
    negative = sorted(name for name, weight in values.items() if weight < 0)
    if negative:
        msg = (
            f"{where}: {key!r} has negative weights for {negative!r}. Expected none: better "
            "evidence must never lower a score."
        )
        raise CalibrationError(msg)
    return Linear(_number(rule, "intercept", f"{where}: {key}"), values)


def _number(stored: Mapping[str, Any], name: str, where: str) -> float:
    value = stored.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        msg = f"{where}: {name} is {value!r}. Expected a number."
        raise CalibrationError(msg)
    return float(value)
