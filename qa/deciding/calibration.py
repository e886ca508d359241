"""From scores to probabilities, and from probabilities to a yes or a no.

A `Calibration` is fitted beforehand (`workshop.calibrating`) and ships beside a reader's
weights. It ranks candidates, gives each answer the probability that it is right, and holds the
probability from which on we answer. Nothing here fits anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.deciding.features import CONFIDENCE_FEATURES, RANKING_FEATURES, Linear, sigmoid
from qa.deciding.ranking import Proposal
from qa.errors import CalibrationError
from retrieval.system.untrusted import worded

__all__ = ["CALIBRATION_FILE", "GENERIC", "Calibration", "load_calibration"]

CALIBRATION_FILE = "calibration.json"
"""Beside a reader's weights."""

_FORMAT = 1
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
            "ranking": {"intercept": self.ranking.intercept, "weights": dict(self.ranking.weights)},
            "confidence": {
                "intercept": self.confidence.intercept,
                "weights": dict(self.confidence.weights),
            },
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
        found = stored.get("format") if isinstance(stored, dict) else None
        if found != _FORMAT:
            msg = (
                f"{where} isn't a calibration of format {_FORMAT} (found {found!r}). It may come "
                "from another version of Frontdesk: calibrate again."
            )
            raise CalibrationError(msg)
        try:
            checked = _Stored.model_validate(stored)
        except ValidationError as error:
            msg = f"{where}: {worded(error)}. Put the shipped file back."
            raise CalibrationError(msg) from error
        for name, known in (("ranking", RANKING_FEATURES), ("confidence", CONFIDENCE_FEATURES)):
            unknown = sorted(set(getattr(checked, name).weights) - set(known))
            if unknown:
                msg = f"{where}: {name} has weights for {unknown!r}. Expected some of {known!r}."
                raise CalibrationError(msg)
        return cls(
            Linear(checked.ranking.intercept, checked.ranking.weights),
            Linear(checked.confidence.intercept, checked.confidence.weights),
            checked.threshold,
            checked.note,
            checked.slack,
        )


class _StoredRule(BaseModel):
    """A weighted sum; no weight is negative, since better evidence must never lower a score."""

    model_config = ConfigDict(frozen=True, strict=True)

    intercept: Annotated[float, Field(allow_inf_nan=False)]
    weights: dict[str, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]]


class _Stored(BaseModel):
    """`calibration.json`; a negative slack would skip passages that rank before the best."""

    model_config = ConfigDict(frozen=True, strict=True)

    ranking: _StoredRule
    confidence: _StoredRule
    threshold: Annotated[float, Field(ge=0.0, le=1.0)]
    slack: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = None
    note: dict[str, Any] = Field(default_factory=dict)


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
