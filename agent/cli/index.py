"""`frontdesk index`: makes a knowledge base equal to its sources."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.arguments import AsJson, Encoder, Kb
from agent.cli.console import EXIT_FAILED, note, print_json, progress

if TYPE_CHECKING:
    from retrieval.index.report import IndexReport

__all__ = ["index"]


_SAME_FAULT = 5
"""A fault that more files have is said once."""

Synonyms = Annotated[
    Path | None, typer.Option("--synonyms", help="CSV of acronyms and synonyms. Kept afterwards.")
]
DropSynonyms = Annotated[
    bool, typer.Option("--no-synonyms", help="Forget the synonyms given earlier.")
]
ChunkTokens = Annotated[
    int | None, typer.Option("--chunk-tokens", help="Longest passage, in the encoder's tokens.")
]
OverlapTokens = Annotated[
    int | None,
    typer.Option("--overlap-tokens", help="How much of a paragraph cut in two is repeated."),
]


def index(
    source: Annotated[list[str], typer.Argument(help="Files and folders of articles.")],
    kb: Kb,
    add: Annotated[
        bool, typer.Option("--add", help="Keep the articles of sources not named now.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", help="Go on even if much would be removed or a source is missing or empty."
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first file or row that can't be read.")
    ] = False,
    audience: Annotated[
        list[str] | None,
        typer.Option(
            "--audience",
            help="Who may read articles whose format has no place for it; repeat for more roles.",
        ),
    ] = None,
    encoder: Encoder = None,
    synonyms: Synonyms = None,
    drop_synonyms: DropSynonyms = False,
    chunk_tokens: ChunkTokens = None,
    overlap_tokens: OverlapTokens = None,
    as_json: AsJson = False,
) -> None:
    """Make a knowledge base equal to its sources; run it again when articles change.

    What did not change is not encoded again. Files that can't be read are named, the others
    are indexed, and the exit code is 1. An error leaves the last good index in place.

    Example: frontdesk index articles/ faq.jsonl --kb build/kb --synonyms synonyms.csv
    """
    if synonyms is not None and drop_synonyms:
        raise typer.BadParameter("--synonyms and --no-synonyms exclude each other: give one")
    from retrieval.index.building import no_progress
    from retrieval.index.indexing import IndexOptions, bring_up_to_date

    options = IndexOptions(
        add=add,
        yes=yes,
        strict=strict,
        audience=_roles("--audience", audience) if audience else None,
        encoder=encoder,
        synonyms=synonyms,
        drop_synonyms=drop_synonyms,
        max_tokens=chunk_tokens,
        overlap_tokens=overlap_tokens,
    )
    shown = progress if sys.stderr.isatty() else no_progress
    report = bring_up_to_date(source, kb, options, progress=shown)
    if as_json:
        print_json(report.to_json())
    _tell(report, kb, brief=as_json)
    if report.rejected:
        raise typer.Exit(EXIT_FAILED)


def _roles(option: str, roles: Sequence[str]) -> tuple[str, ...]:
    """Return roles as given, refusing blank ones, which are slips of a script."""
    for role in roles:
        if not role.strip():
            raise typer.BadParameter(f"{option} is {role!r}, expected the name of a role")
    return tuple(dict.fromkeys(roles))


def _tell(report: IndexReport, kb: Path, *, brief: bool) -> None:
    """Say in a few lines what a run did; what went wrong goes to standard error."""
    for warning in report.warnings:
        note(f"warning: {warning}")
    faults: dict[str, list[str]] = {}
    for bad in report.rejected:
        where = bad.path if bad.line is None else f"{bad.path}:{bad.line}"
        faults.setdefault(bad.reason, []).append(where)
    for reason, places in faults.items():
        if len(places) > _SAME_FAULT:
            others = f"{', '.join(places[:2])} and {len(places) - 2:,} more"
            note(f"rejected: {len(places):,} times: {reason}: {others}")
            continue
        for where in places:
            note(f"rejected: {where}: {reason}")
    if brief:
        return
    if report.rebuilt:
        typer.echo(f"Everything was built anew: {report.rebuilt}.")
    if report.built:
        typer.echo(
            f"Generation {report.generation}: {_count(report.articles, 'article')}, "
            f"{_count(report.passages, 'passage')}"
        )
        typer.echo(
            f"  {len(report.added):,} added, {len(report.edited):,} edited, "
            f"{len(report.removed):,} removed, {report.unchanged:,} unchanged; "
            f"{_count(report.encoded, 'passage')} encoded in {report.took_s:.1f} s"
        )
    else:
        typer.echo(
            f"Nothing changed: generation {report.generation} stands "
            f"({_count(report.articles, 'article')}, {_count(report.passages, 'passage')})"
        )
    if report.skipped:
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in report.skipped.items())
        typer.echo(f"  left out: {left_out}")
    if report.rejected:
        typer.echo(f"  rejected: {len(report.rejected):,}, named above; the others are indexed")
    if report.built:
        typer.echo(f'Ask it: frontdesk ask "how do I ...?" --kb {shlex.quote(str(kb))}')


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
