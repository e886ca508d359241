"""`frontdesk intents check`: the intent doctor on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.arguments import DEFAULT_READER, AsJson, Encoder, ReaderName, Roles
from agent.cli.console import EXIT_FAILED, print_json, progress

if TYPE_CHECKING:
    from agent.intents.answered import AnsweredIntent
    from agent.types import IntentExample

__all__ = ["check"]


def check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Examples: our YAML, CSV, JSONL, Rasa NLU YAML, Dialogflow ES, LUIS or CLU.",
        ),
    ],
    kb: Annotated[
        Path | None,
        typer.Option("--kb", help="Also say which intents an article of it already answers."),
    ] = None,
    reader: ReaderName = DEFAULT_READER,
    role: Roles = None,
    encoder: Encoder = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also for findings, not only bad lines.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find intents that collide, examples that look mislabelled, and what to do about it.

    Exit code 0 if every line could be read, whatever was found; 1 otherwise.

    Example: frontdesk intents check data/intents.yaml --kb build/demo
    """
    from agent.errors import IntentError
    from agent.intents.formats import load_intents
    from agent.workshop.doctor.doctor import examine
    from agent.workshop.doctor.report import report_lines, to_json
    from retrieval.encoding.encoder import DEFAULT_ENCODER, load_encoder

    loaded = load_intents(files, strict=False)
    if not loaded.examples:
        # Nothing to examine: the strict reading words why.
        load_intents(files, strict=True)
        raise IntentError(f"{', '.join(map(str, files))}: no examples found")
    with progress("Encoding examples") as advance:
        diagnosis = examine(
            loaded, encoder=load_encoder(encoder or DEFAULT_ENCODER), progress=advance
        )
    answered = None if kb is None else _answered(loaded.examples, kb, reader, frozenset(role or ()))
    if as_json:
        print_json(to_json(diagnosis, answered))
    else:
        for line in report_lines(diagnosis, answered):
            typer.echo(line)
    findings = diagnosis.findings + len(answered or ())
    if loaded.rejected or (strict and findings):
        raise typer.Exit(EXIT_FAILED)


def _answered(
    examples: Sequence[IntentExample], kb: Path, reader: str, roles: frozenset[str]
) -> list[AnsweredIntent]:
    """Return the intents that articles of a knowledge base answer."""
    from agent.intents.answered import answered_by_articles
    from qa.openbook import OpenBook
    from retrieval import open_index

    book = OpenBook.open(kb, reader=reader)
    with progress("Asking the knowledge base") as advance:
        return answered_by_articles(
            examples, retriever=open_index(kb), book=book, roles=roles, progress=advance
        )
