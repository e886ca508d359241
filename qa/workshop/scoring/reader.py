"""`evaluate reader`: a reader's quotes on the contexts of a SQuAD file, by SQuAD's rules.

In percent. Predictions that were made elsewhere can be scored, and a reader's own be kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa.errors import EvaluationError, ExampleError
from qa.reading.defaults import SMALL_READER
from qa.registry import load_reader
from qa.types import Example, Reader
from qa.workshop.scoring.metrics import evaluate_squad
from qa.workshop.scoring.predictions import Progress, holds_something, write_predictions
from qa.workshop.scoring.squad import load_squad
from retrieval.types import Passage
from retrieval.workshop.signature import signature

__all__ = ["evaluate_reader", "predict_texts"]


def evaluate_reader(
    data: Path,
    *,
    reader: str | Path | Reader = SMALL_READER,
    limit: int | None = None,
    predictions: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score a reader on a SQuAD file by the official scripts' rules, in percent.

    A file with an `is_impossible` key is read at the reader's own threshold for "no
    answer", any other without refusing.

    Args:
        data: In SQuAD's format, 1.1 or 2.0.
        reader: Reads the contexts.
        limit: Only the first so many questions.
        predictions: Question id → text JSON. If the file holds anything, it is scored and
            nothing is read; otherwise what was read is written to it.
        progress: Called with questions done and questions in all.

    Returns:
        What `evaluate reader --json` prints.

    Raises:
        EvaluationError: The data file is wrong, `limit` makes no sense, or predictions and
            questions don't match.
        ReaderError: There is no such reader, or it can't be loaded.
    """
    if limit is not None and limit < 1:
        msg = f"limit is {limit!r}. Expected at least 1 question, or none for all."
        raise EvaluationError(msg)
    try:
        file = load_squad(data)
    except ExampleError as error:
        raise EvaluationError(str(error)) from error
    examples = file.examples[:limit]
    files = [data]
    configuration: dict[str, Any] = {"limit": limit}
    if holds_something(predictions):
        texts = _load_texts(predictions)
        if limit is not None:
            known = {example.id for example in file.examples}
            wanted = {example.id for example in examples}
            texts = {key: text for key, text in texts.items() if key in wanted or key not in known}
        files.append(predictions)
        configuration["reader"] = "predictions"
    else:
        loaded = reader if isinstance(reader, Reader) else load_reader(reader)
        texts = predict_texts(loaded, examples, may_refuse=file.has_unanswerable, progress=progress)
        if predictions is not None:
            write_predictions(predictions, json.dumps(texts, ensure_ascii=False) + "\n")
        configuration["reader"] = loaded.id
    scores = evaluate_squad(examples, texts, has_unanswerable=file.has_unanswerable)
    return {**scores, "signature": signature(files, configuration)}


def predict_texts(
    reader: Reader,
    examples: Sequence[Example],
    *,
    may_refuse: bool,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Read every example's context; an empty text is a refusal.

    Args:
        reader: Reads one context at a time.
        examples: Gold answers aren't looked at.
        may_refuse: Refuse where the best margin lies below the reader's threshold.
        progress: Called with questions done and questions in all.
    """
    texts: dict[str, str] = {}
    for number, example in enumerate(examples, start=1):
        context = Passage(
            id=f"{example.id}#0-{len(example.context)}",
            article_id=example.id,
            start=0,
            end=len(example.context),
            text=example.context,
        )
        candidates = reader.read(example.question, [context]).candidates
        best = candidates[0] if candidates else None
        refuse = best is None or (may_refuse and best.margin < reader.null_threshold)
        texts[example.id] = "" if refuse or best is None else best.text
        if progress is not None:
            progress(number, len(examples))
    return texts


def _load_texts(path: Path) -> dict[str, str]:
    try:
        texts = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        msg = f"Can't read the predictions {str(path)!r}: {error}. Expected question id → text."
        raise EvaluationError(msg) from error
    if not isinstance(texts, dict):
        msg = (
            f"{str(path)!r} holds {type(texts).__name__}. Expected one object: question id → text."
        )
        raise EvaluationError(msg)
    for key, text in texts.items():
        if not isinstance(text, str):
            msg = (
                f"{str(path)!r}: the prediction for {key!r} is {text!r}. Expected text, empty for "
                "a refusal."
            )
            raise EvaluationError(msg)
    return texts
