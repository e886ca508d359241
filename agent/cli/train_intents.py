"""`frontdesk train intents` and `frontdesk evaluate intents`.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(evaluate: typer.Typer, train: typer.Typer) -> None:
    """Mount the commands."""
    train.command("intents")(train_command)
    evaluate.command("intents")(evaluate_command)


def train_command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Examples: our YAML, CSV, JSONL, Rasa, Dialogflow, LUIS or CLU."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the classifier to.")],
    fine_tune: Annotated[
        bool,
        typer.Option("--fine-tune", help="Fine-tune the encoder: minutes instead of seconds."),
    ] = False,
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="Name or folder of the sentence encoder.")
    ] = None,
    background: Annotated[
        Path | None,
        typer.Option("--background", help="Text file, a line each: none of the intents' business."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn at random.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train an intent classifier from labelled messages.

    Example: frontdesk train intents intents.yaml --out build/intents
    """
    import time

    from agent.cli.console import note, print_json, progress
    from agent.errors import IntentError
    from agent.intents.formats import load_intents
    from retrieval.encoding.encoder import DEFAULT_ENCODER

    loaded = load_intents(files)
    for warning in loaded.warnings:
        note(warning)
    other: list[str] = []
    if background is not None:
        try:
            other = background.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise IntentError(
                f"cannot read background texts from {str(background)!r} ({error}); "
                "expected a text file in UTF-8, a text a line"
            ) from error
    began = time.monotonic()
    with progress("Training") as advance:
        if fine_tune:
            from agent.workshop.intents.finetuning import fine_tune_intents

            tuned = fine_tune_intents(
                loaded.examples,
                encoder=encoder or DEFAULT_ENCODER,
                background=other,
                seed=seed,
                progress=advance,
            )
            tuned.save(out)
            name, intents, threshold = tuned.id, tuned.intents, tuned.threshold
        else:
            from agent.intents.training import train_intents
            from retrieval.encoding.encoder import load_encoder

            head = train_intents(
                loaded.examples,
                encoder=load_encoder(encoder or DEFAULT_ENCODER),
                background=other,
                seed=seed,
                progress=advance,
            )
            head.save(out)
            name, intents, threshold = head.id, head.intents, head.threshold
    seconds = time.monotonic() - began
    if as_json:
        print_json(
            {
                "classifier": name,
                "intents": len(intents),
                "examples": len(loaded.examples),
                "threshold": threshold,
                "seconds": round(seconds, 3),
                "out": str(out),
            }
        )
        return
    typer.echo(
        f"Learned {len(intents)} intents from {len(loaded.examples)} examples in "
        f"{seconds:.1f} s; the classifier is in {out}."
    )


def evaluate_command(
    train: Annotated[list[Path], typer.Option("--train", help="Examples to train on; repeatable.")],
    test: Annotated[Path, typer.Option("--test", help="Labelled messages to judge by.")],
    more: Annotated[
        list[Path] | None, typer.Argument(help="Further files to train on.", show_default=False)
    ] = None,
    fine_tune: Annotated[
        bool, typer.Option("--fine-tune", help="Fine-tune the encoder instead.")
    ] = False,
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="Name or folder of the sentence encoder.")
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="Write text,gold,predicted,confidence as CSV."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn at random.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train on some files, judge on another; the threshold comes from training alone.

    Example: frontdesk evaluate intents --train train.csv --test test.csv --json
    """
    from agent.cli.console import print_json, progress
    from agent.workshop.intents.evaluation import evaluate_intents

    with progress("Training") as advance:
        result = evaluate_intents(
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
        return
    for key in ("accuracy", "in_scope_accuracy", "oos_recall", "oos_precision", "macro_f1"):
        value = result[key]
        shown = "not in the test" if value is None else f"{100 * value:.2f} %"
        typer.echo(f"{key.replace('_', ' ')}: {shown}")
    typer.echo(f"{result['n']} messages")
