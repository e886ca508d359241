"""Files of predictions, whatever they predict: kept in one step, scored when they are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeGuard

from qa.errors import EvaluationError
from retrieval.system.durable import replace_file

__all__ = ["Progress", "holds_something", "write_predictions"]

Progress = Callable[[int, int], None]
"""Questions done and questions in all."""


def holds_something(path: Path | None) -> TypeGuard[Path]:
    """Tell whether a file is there and not empty: then it is scored instead of written."""
    return path is not None and path.exists() and path.stat().st_size > 0


def write_predictions(path: Path, content: str) -> None:
    """Write a file in one step: whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content.encode("utf-8", "surrogatepass"))
    except OSError as error:
        msg = f"Can't write the predictions {str(path)!r}: {error.strerror or error}."
        raise EvaluationError(msg) from error
