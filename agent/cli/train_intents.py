"""`frontdesk train intents`: a classifier learned from labelled messages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.arguments import AsJson, Encoder, Seed
from agent.cli.console import Advance, note, print_json, progress

if TYPE_CHECKING:
    from agent.intents.finetuned import FineTunedClassifier
    from agent.intents.head import HeadClassifier
    from agent.types import IntentExample

__all__ = ["train_intents"]


def train_intents(
    files: Annotated[
        list[Path],
        typer.Argument(help="Examples: our YAML, CSV, JSONL, Rasa, Dialogflow, LUIS or CLU."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the classifier to.")],
    fine_tune: Annotated[
        bool,
        typer.Option("--fine-tune", help="Fine-tune the encoder: minutes instead of seconds."),
    ] = False,
    encoder: Encoder = None,
    background: Annotated[
        Path | None,
        typer.Option("--background", help="Text file, a line each: none of the intents' business."),
    ] = None,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Train an intent classifier from labelled messages.

    Example: frontdesk train intents intents.yaml --out build/intents
    """
    from agent.intents.formats import load_intents
    from retrieval.encoding.encoder import DEFAULT_ENCODER

    loaded = load_intents(files)
    for warning in loaded.warnings:
        note(warning)
    other = [] if background is None else _lines(background)
    name = encoder or DEFAULT_ENCODER
    began = time.monotonic()
    with progress("Training") as advance:
        trained = _trained(loaded.examples, name, other, seed, advance, fine_tune=fine_tune)
        trained.save(out)
    seconds = time.monotonic() - began
    learned = {"intents": len(trained.intents), "examples": len(loaded.examples)}
    if as_json:
        print_json(
            {
                "classifier": trained.id,
                **learned,
                "threshold": trained.threshold,
                "seconds": round(seconds, 3),
                "out": str(out),
            }
        )
        return
    typer.echo(
        f"Learned {learned['intents']} intents from {learned['examples']} examples in "
        f"{seconds:.1f} s; the classifier is in {out}."
    )


def _trained(
    examples: Sequence[IntentExample],
    encoder: str,
    background: Sequence[str],
    seed: int,
    progress: Advance,
    *,
    fine_tune: bool,
) -> HeadClassifier | FineTunedClassifier:
    """Train a head on a frozen encoder, or the encoder with it."""
    if fine_tune:
        from agent.workshop.intents.finetuning import fine_tune_intents

        return fine_tune_intents(
            examples, encoder=encoder, background=background, seed=seed, progress=progress
        )
    from agent.intents.training import train_intents as train
    from retrieval.encoding.encoder import load_encoder

    return train(
        examples,
        encoder=load_encoder(encoder),
        background=background,
        seed=seed,
        progress=progress,
    )


def _lines(background: Path) -> list[str]:
    """Return the lines of a text file.

    Raises:
        IntentError: It can't be read as UTF-8.
    """
    from agent.errors import IntentError

    try:
        return background.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IntentError(
            f"cannot read background texts from {str(background)!r} ({error}); "
            "expected a text file in UTF-8, a text a line"
        ) from error
