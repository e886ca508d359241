"""`evaluate intents`: train on some files, judge on another.

The threshold comes from the training files alone. An intent of the test file that training
never saw counts as wrong, like any other miss.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.errors import IntentError
from agent.intents.features import QueryEncoder
from agent.intents.formats import load_intents
from agent.types import IntentClassifier, IntentExample, IntentRanking
from retrieval.encoding.encoder import DEFAULT_ENCODER, load_encoder
from retrieval.system.durable import replace_file
from retrieval.workshop.signature import signature

__all__ = ["OUT_OF_SCOPE", "evaluate_intents", "score_rankings"]

OUT_OF_SCOPE = "oos"
"""How a refusal is written in files."""


def evaluate_intents(
    train: Sequence[Path],
    test: Path,
    *,
    encoder: QueryEncoder | str | None = None,
    fine_tune: bool = False,
    seed: int = 1,
    predictions: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Train a classifier and score it.

    Args:
        train: Files of examples, in any format that `load_intents` reads.
        test: Likewise.
        encoder: A loaded one, or its name or folder; None is the default encoder.
        fine_tune: Fine-tune the encoder instead of training a head on it.
        seed: Of training.
        predictions: Where to write `text,gold,predicted,confidence` as CSV.
        progress: Called with (amount done, amount in all) while it trains.

    Returns:
        `accuracy`, `in_scope_accuracy`, `oos_recall`, `oos_precision` and `macro_f1`, 0 to 1
        (see `score_rankings`), `n` and `signature`.

    Raises:
        IntentError: A file can't be used, or the predictions can't be written.
    """
    examples = load_intents(list(train)).examples
    # Every row counts in a test, a repeated one too.
    asked = load_intents([test], keep_duplicates=True).examples
    classifier: IntentClassifier
    if fine_tune:
        from agent.workshop.intents.finetuning import fine_tune_intents

        name = encoder if isinstance(encoder, str) else DEFAULT_ENCODER
        classifier = fine_tune_intents(examples, encoder=name, seed=seed, progress=progress)
    else:
        from agent.intents.training import train_intents

        if encoder is None or isinstance(encoder, str):
            encoder = load_encoder(encoder or DEFAULT_ENCODER)
        classifier = train_intents(examples, encoder=encoder, seed=seed, progress=progress)
    rankings = classifier.classify([example.text for example in asked])
    scores = score_rankings([example.intent for example in asked], rankings)
    if predictions is not None:
        _write_predictions(predictions, asked, rankings)
    configuration = {"classifier": classifier.id, "fine_tuned": fine_tune}
    signed = signature([*train, test], configuration, n=len(asked), seed=seed)
    return {**scores, "n": len(asked), "signature": signed}


def score_rankings(
    gold: Sequence[str | None], rankings: Sequence[IntentRanking]
) -> dict[str, float | None]:
    """Score rankings against labels; None is out of scope.

    Args:
        gold: The right label of each message.
        rankings: What the classifier made of it.

    Returns:
        0 to 1, None where the test holds nothing to work it out from:

        - `accuracy`: the best label is right, refusing switched off; rows with an intent.
        - `in_scope_accuracy`: the same rows, a refusal counts as wrong.
        - `oos_recall`: refused, of the rows out of scope.
        - `oos_precision`: out of scope, of the rows refused; 0 if none was refused.
        - `macro_f1`: F1 averaged over the labels of the test, out of scope being one of them
          where it occurs; refusing switched on.

    Raises:
        IntentError: There is nothing to score, or the two don't have one length.
    """
    if len(gold) != len(rankings) or not gold:
        raise IntentError(
            f"{len(gold)} labels and {len(rankings)} rankings can't be scored; "
            "expected as many of one as of the other, and at least one"
        )
    best = [ranking.scores[0].intent if ranking.scores else None for ranking in rankings]
    predicted = [ranking.intent for ranking in rankings]
    inside = [i for i, label in enumerate(gold) if label is not None]
    outside = [i for i, label in enumerate(gold) if label is None]
    refused = [i for i, label in enumerate(predicted) if label is None]
    caught = sum(gold[i] is None for i in refused)
    return {
        "accuracy": _share(sum(best[i] == gold[i] for i in inside), len(inside)),
        "in_scope_accuracy": _share(sum(predicted[i] == gold[i] for i in inside), len(inside)),
        "oos_recall": _share(caught, len(outside)),
        "oos_precision": _share(caught, len(refused)) or 0.0 if outside else None,
        "macro_f1": _macro_f1(gold, predicted),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _macro_f1(gold: Sequence[str | None], predicted: Sequence[str | None]) -> float:
    total = 0.0
    labels = set(gold)
    for label in labels:
        hits = sum(g == p == label for g, p in zip(gold, predicted, strict=True))
        # 2 hits / (labelled so + predicted so) is the harmonic mean of precision and recall.
        total += 2 * hits / (gold.count(label) + predicted.count(label))
    return total / len(labels)


def _write_predictions(
    path: Path, asked: Sequence[IntentExample], rankings: Sequence[IntentRanking]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["text", "gold", "predicted", "confidence"])
    for example, ranking in zip(asked, rankings, strict=True):
        intent = ranking.intent
        confidence = 1 - ranking.in_scope if intent is None else ranking.confidence
        writer.writerow(
            [
                example.text,
                OUT_OF_SCOPE if example.intent is None else example.intent,
                OUT_OF_SCOPE if intent is None else intent,
                f"{confidence:.6f}",
            ]
        )
    try:
        replace_file(path, text.getvalue().encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise IntentError(
            f"cannot write predictions to {str(path)!r} ({error.strerror or error}); "
            "choose a file in a folder that exists and can be written"
        ) from error
