"""`frontdesk intents check`: the intent doctor on a terminal.

Everything heavy is imported inside the command, so that `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.reading.defaults import DEFAULT_READER

__all__ = ["register"]

EXIT_FAILED = 1


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
    reader: Annotated[
        str, typer.Option("--reader", help="Who reads the articles, with --kb.")
    ] = DEFAULT_READER,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="A role of the asker, with --kb; repeat for more."),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="A sentence encoder's name or folder.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also for findings, not only bad lines.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find intents that collide, examples that look mislabelled, and what to do about it.

    Exit code 0 if every line could be read, whatever was found; 1 otherwise.

    Example: frontdesk intents check data/intents.yaml --kb build/demo
    """
    from agent.cli.console import print_json, progress
    from agent.errors import IntentError
    from agent.intents.answered import answered_by_articles
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
    answered = None
    if kb is not None:
        from qa.openbook import OpenBook
        from retrieval import open_index

        book = OpenBook.open(kb, reader=reader)
        with progress("Asking the knowledge base") as advance:
            answered = answered_by_articles(
                loaded.examples,
                retriever=open_index(kb),
                book=book,
                roles=frozenset(role or ()),
                progress=advance,
            )
    if as_json:
        print_json(to_json(diagnosis, answered))
    else:
        for line in report_lines(diagnosis, answered):
            typer.echo(line)
    findings = diagnosis.findings + len(answered or ())
    if loaded.rejected or (strict and findings):
        raise typer.Exit(EXIT_FAILED)


def register(intents: typer.Typer) -> None:
    """Add `check` to the sub-command `frontdesk intents`."""

    @intents.callback()
    def _callback() -> None:
        """Look after the examples that intents are learned from."""

    intents.command("check")(check)
