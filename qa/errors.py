"""What can go wrong in `qa`, as one tree.

    AnsweringError
    ├── ReaderError        a reader can't be found, loaded or run
    ├── ExampleError       questions or SQuAD files that can't be used
    ├── TrainingError      training can't start or go on
    ├── CalibrationError   a calibration can't be fitted, read or applied
    ├── CitationError      a saved answer can't be checked
    └── EvaluationError    predictions and gold answers that don't fit together

Every message says what failed, the value at fault, what was expected and what to do.
"""

from __future__ import annotations

__all__ = [
    "AnsweringError",
    "CalibrationError",
    "CitationError",
    "EvaluationError",
    "ExampleError",
    "ReaderError",
    "TrainingError",
]


class AnsweringError(Exception):
    """Base of every error that `qa` raises on purpose."""


class ReaderError(AnsweringError):
    """A reader can't be found, loaded or run."""


class ExampleError(AnsweringError):
    """Questions or SQuAD files that can't be used."""


class TrainingError(AnsweringError):
    """Training can't start or go on."""


class CalibrationError(AnsweringError):
    """A calibration can't be fitted, read or applied."""


class CitationError(AnsweringError):
    """A saved answer can't be checked at all (a wrong citation is a result instead)."""


class EvaluationError(AnsweringError):
    """Predictions and gold answers that don't fit together."""
