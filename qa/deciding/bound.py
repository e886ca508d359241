"""What `frontdesk calibrate` stores with a knowledge base.

Either a promise, a threshold below which the share of wrong answers is held, or, from labels too
few to promise anything, the shipped confidences adapted to this knowledge base. Both are bound
to one reader, one encoder and one generation of the index.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.deciding.features import sigmoid
from qa.errors import CalibrationError
from qa.types import CalibrationState
from retrieval.system.untrusted import worded

__all__ = ["BOUND_FILE", "Adaptation", "Bound", "load_bound", "stored_bound"]

BOUND_FILE = "bound.json"
"""Beside the generations of a knowledge base."""

_OLD_BOUND_FILE = "calibration.json"
_FORMAT = 1

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Adaptation(BaseModel):
    """How shipped confidences are moved: `slope` times their log-odds, plus `shift`."""

    model_config = ConfigDict(frozen=True, strict=True)

    shift: Finite
    slope: Annotated[Finite, Field(gt=0.0)]

    def __call__(self, confidence: float) -> float:
        """Return the adapted confidence; a surer answer stays the surer one."""
        certain = 1e-12
        inside = min(1.0 - certain, max(certain, confidence))
        return sigmoid(self.shift + self.slope * math.log(inside / (1.0 - inside)))


class Bound(BaseModel):
    """A promise about wrong answers, or an adaptation, and what it is bound to.

    Attributes:
        reader: Id of the reader.
        encoder: Id of the encoder.
        generation: State of the knowledge base.
        rule: `Calibration.digest` of the confidences it was measured on.
        top_k: Passages read per question.
        threshold: Least confidence at which we answer, after adapting.
        max_wrong: Largest share of wrong answers among those given.
        certainty: Probability that the promise holds, over the choice of questions; 0 where
            nothing is promised.
        n: Questions it was measured on.
        answered: How many of them are answered at the threshold.
        wrong: How many of those are wrong.
        adaptation: How confidences are moved; None leaves them.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    format: Literal[1] = 1
    reader: str
    encoder: str
    generation: str
    rule: str
    top_k: Count
    threshold: Share
    max_wrong: Share
    certainty: Share
    n: Count
    answered: Count
    wrong: Count
    adaptation: Adaptation | None = None

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
        """Return `valid` or `adapted` where all is as it was measured, else `stale`."""
        measured = (self.reader, self.encoder, self.generation, self.rule, self.top_k)
        if measured != (reader, encoder, generation, rule, top_k):
            return CalibrationState.STALE
        return CalibrationState.VALID if self.adaptation is None else CalibrationState.ADAPTED

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return self.model_dump()

    @classmethod
    def from_json(cls, stored: Any, *, where: str) -> Bound:
        """Check what was stored.

        Raises:
            CalibrationError: It is of another format, or a value makes no sense.
        """
        found = stored.get("format") if isinstance(stored, dict) else None
        if found != _FORMAT:
            msg = (
                f"{where} isn't a bound of format {_FORMAT} (found {found!r}). It may come from "
                "another version of Frontdesk: calibrate again."
            )
            raise CalibrationError(msg)
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            raise CalibrationError(f"{where}: {worded(error)}; calibrate again.") from error


def stored_bound(read: Callable[[str], str | None]) -> str | None:
    """Return the text of the bound beside an index, under today's name or the former one.

    Args:
        read: Reads a file beside an index (`IndexStore.read_extra`).
    """
    found = read(BOUND_FILE)
    return read(_OLD_BOUND_FILE) if found is None else found


def load_bound(kb: str | Path) -> Bound | None:
    """Read the bound stored with a knowledge base, if there is one.

    Raises:
        CalibrationError: It is damaged.
    """
    from retrieval.index.store import IndexStore

    stored = stored_bound(IndexStore(kb).read_extra)
    if stored is None:
        return None
    where = f"the bound stored in {str(kb)!r}"
    try:
        return Bound.from_json(json.loads(stored), where=where)
    except ValueError as error:
        msg = f"{where} isn't JSON: {error}. Run frontdesk calibrate again."
        raise CalibrationError(msg) from error
