"""`frontdesk evaluate reader`: a reader scored by SQuAD's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import SMALL_READER, AsJson, Predictions, ReaderName
from agent.cli.console import print_json, print_scores, progress

__all__ = ["evaluate_reader"]


def evaluate_reader(
    data: Annotated[Path, typer.Option("--data", help="Questions in SQuAD's format.")],
    reader: ReaderName = SMALL_READER,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many questions.")
    ] = None,
    predictions: Predictions = None,
    as_json: AsJson = False,
) -> None:
    """Score a reader by SQuAD's rules, in percent.

    Example: frontdesk evaluate reader --data dev-v1.1.json --limit 500
    """
    from qa.workshop.scoring.reader import evaluate_reader as evaluate

    with progress("Reading") as advance:
        scores = evaluate(
            data, reader=reader, limit=limit, predictions=predictions, progress=advance
        )
    if as_json:
        print_json(scores)
    else:
        print_scores(scores, unit=" %")
