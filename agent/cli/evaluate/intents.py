"""`frontdesk evaluate intents`: a classifier trained on some messages, judged on others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import AsJson, Encoder, Seed
from agent.cli.console import print_json, print_scores, progress

__all__ = ["evaluate_intents"]


def evaluate_intents(
    train: Annotated[list[Path], typer.Option("--train", help="Examples to train on; repeatable.")],
    test: Annotated[Path, typer.Option("--test", help="Labelled messages to judge by.")],
    more: Annotated[
        list[Path] | None, typer.Argument(help="Further files to train on.", show_default=False)
    ] = None,
    fine_tune: Annotated[
        bool, typer.Option("--fine-tune", help="Fine-tune the encoder instead.")
    ] = False,
    encoder: Encoder = None,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="Write text,gold,predicted,confidence as CSV."),
    ] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Train on some files, judge on another; the threshold comes from training alone.

    Example: frontdesk evaluate intents --train train.csv --test test.csv --json
    """
    from agent.workshop.intents.evaluation import evaluate_intents as evaluate

    with progress("Training") as advance:
        result = evaluate(
            [*train, *(more or ())],
            test,
            encoder=encoder,
            fine_tune=fine_tune,
            seed=seed,
            predictions=predictions,
            progress=advance,
        )
    if as_json:
        print_json(result)
    else:
        print_scores(result)
