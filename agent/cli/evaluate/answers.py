"""`frontdesk evaluate answers`: labelled questions asked and scored."""

from __future__ import annotations

from agent.cli.arguments import (
    DEFAULT_READER,
    DEFAULT_TOP_K,
    AsJson,
    Kb,
    Predictions,
    Questions,
    ReaderName,
    TopK,
)
from agent.cli.console import print_json, print_scores, progress

__all__ = ["evaluate_answers"]


def evaluate_answers(
    kb: Kb,
    questions: Questions,
    reader: ReaderName = DEFAULT_READER,
    top_k: TopK = DEFAULT_TOP_K,
    predictions: Predictions = None,
    as_json: AsJson = False,
) -> None:
    """Ask labelled questions and score the answers, 0 to 1.

    Example: frontdesk evaluate answers --kb build/kb --questions data/questions.jsonl
    """
    from qa.workshop.scoring.answers import evaluate_answers as evaluate

    with progress("Asking") as advance:
        scores = evaluate(
            kb, questions, reader=reader, top_k=top_k, predictions=predictions, progress=advance
        )
    if as_json:
        print_json(scores.to_json())
        return
    rows = scores.to_json()
    rows["snippet of the right kind"] = scores.unit_accuracy
    print_scores(rows)
