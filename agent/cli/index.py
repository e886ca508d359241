"""The commands of `retrieval`: index, info, rollback, article, and evaluate retrieval.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent.cli.console import note, print_json, progress

if TYPE_CHECKING:
    from retrieval.index.report import IndexReport
    from retrieval.index.store import Health

__all__ = ["register"]

EXIT_FAILED = 1

Kb = Annotated[
    Path, typer.Option("--kb", help="The knowledge base: the directory that index writes.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Rewrite = Callable[[Sequence[str], str], str]
"""(earlier user turns, the last one) → the last one made whole."""


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
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="Sentence encoder: a name or a folder. Kept afterwards."),
    ] = None,
    synonyms: Annotated[
        Path | None,
        typer.Option("--synonyms", help="CSV of acronyms and synonyms. Kept afterwards."),
    ] = None,
    drop_synonyms: Annotated[
        bool, typer.Option("--no-synonyms", help="Forget the synonyms given earlier.")
    ] = False,
    chunk_tokens: Annotated[
        int | None,
        typer.Option("--chunk-tokens", help="Longest passage, in the encoder's tokens."),
    ] = None,
    overlap_tokens: Annotated[
        int | None,
        typer.Option("--overlap-tokens", help="How much of a paragraph cut in two is repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    r"""Make a knowledge base equal to its sources; run it again when articles change.

    What did not change is not encoded again. Files that can't be read are named, the others
    are indexed, and the exit code is 1. An error leaves the last good index in place.

    \b
    Example:
      frontdesk index articles/ faq.jsonl --kb build/kb --synonyms synonyms.csv
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


def info(kb: Kb, as_json: AsJson = False) -> None:
    r"""Show what a knowledge base holds, and check it whole; exit code 1 if it is damaged.

    \b
    Example:
      frontdesk info --kb build/kb
    """
    from retrieval.index.store import IndexStore

    store = IndexStore(kb)
    health = store.health()
    described = _described(store, health)
    if as_json:
        print_json(described)
    else:
        _show(described, kb)
    if health.problems:
        raise typer.Exit(EXIT_FAILED)


def rollback(kb: Kb, as_json: AsJson = False) -> None:
    r"""Go back to the generation before the one that answers now.

    \b
    Example:
      frontdesk rollback --kb build/kb
    """
    from retrieval.index.store import IndexStore

    left, generation = IndexStore(kb).rollback()
    if as_json:
        print_json({"left": left, "generation": generation})
    else:
        typer.echo(f"Generation {generation} answers again; {left} was left.")


def article(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article's id.")],
    kb: Kb,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="A role of the reader; repeat for more. None: public only."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    r"""Print an article's body, exactly as citations count in it.

    \b
    Example:
      frontdesk article vpn.md --kb build/kb --role staff
    """
    from retrieval.engines.local import open_index
    from retrieval.errors import StoreError

    found = open_index(kb).article(article_id, roles=frozenset(role or ()))
    if found is None:
        # One text for both, so that nobody learns of an article that is not for them.
        raise StoreError(
            f"there is no article {article_id!r} that may be read with these roles: check the id, "
            "and name the reader's roles with --role"
        )
    if as_json:
        print_json(
            {
                "id": found.id,
                "title": found.title,
                "url": found.url,
                "updated": found.updated,
                "sha256": found.sha256,
                "body": found.body,
            }
        )
        return
    sys.stdout.buffer.write(found.body.encode("utf-8"))
    sys.stdout.buffer.flush()


def register(app: typer.Typer, evaluate: typer.Typer, *, rewrite: Rewrite | None = None) -> None:
    """Add the commands to the command line.

    Args:
        app: Gets index, info, rollback and article.
        evaluate: Gets retrieval.
        rewrite: Makes follow-up questions whole for `evaluate retrieval --follow-ups`.
    """
    for command in (index, info, rollback, article):
        app.command()(command)

    @evaluate.command("retrieval")
    def evaluate_retrieval(
        corpus: Annotated[Path, typer.Option("--corpus", help="corpus.jsonl, as BEIR has it.")],
        queries: Annotated[Path, typer.Option("--queries", help="queries.jsonl.")],
        qrels: Annotated[Path, typer.Option("--qrels", help="qrels.tsv.")],
        retriever: Annotated[
            Literal["hybrid", "bm25", "dense"],
            typer.Option("--retriever", help="Which legs search."),
        ] = "hybrid",
        encoder: Annotated[
            str | None, typer.Option("--encoder", help="Sentence encoder: a name or a folder.")
        ] = None,
        follow_ups: Annotated[
            bool,
            typer.Option("--follow-ups", help="First make each query whole from its history."),
        ] = False,
        predictions: Annotated[
            Path | None,
            typer.Option(
                "--predictions",
                help="Score this TREC run; if the file isn't there yet, write the run to it.",
            ),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        r"""Measure how well articles are found, on BEIR files.

        \b
        Example:
          frontdesk evaluate retrieval --corpus corpus.jsonl --queries queries.jsonl \
            --qrels qrels.tsv --retriever bm25
        """
        from retrieval.encoding.cache import default_cache_folder
        from retrieval.workshop.evaluation import evaluate_retrieval as measure

        with progress("Encoding passages") as advance:
            scores = measure(
                corpus,
                queries,
                qrels,
                retriever=retriever,
                encoder=encoder,
                predictions=predictions,
                follow_ups=follow_ups,
                rewrite=rewrite,
                cache=default_cache_folder(),
                progress=advance,
            )
        if as_json:
            print_json(scores)
            return
        for name, value in scores.items():
            if name != "signature":
                typer.echo(
                    f"{name:<10} {value:.4f}" if isinstance(value, float) else f"{name:<10} {value}"
                )


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
    for bad in report.rejected:
        where = bad.path if bad.line is None else f"{bad.path}:{bad.line}"
        note(f"rejected: {where}: {bad.reason}")
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


def _described(store: Any, health: Health) -> dict[str, Any]:
    """Return what `info --json` prints: counts and places, no text and no title."""
    manifest = health.manifest
    described: dict[str, Any] = {
        "generation": health.generation,
        "articles": None,
        "passages": None,
        "formats": None,
        "encoder": None,
        "healthy": not health.problems,
        "problems": list(health.problems),
        "generations": store.generations(),
    }
    if manifest is not None:
        described |= {
            "articles": len(manifest.articles),
            "passages": manifest.passages,
            "formats": dict(manifest.formats),
            "encoder": manifest.encoder.id,
            "encoder_name": manifest.encoder.name,
            "previous": manifest.previous,
            "created": manifest.created,
            "frontdesk": manifest.frontdesk,
            "size_bytes": health.size_bytes,
            "skipped": dict(manifest.skipped),
            "rejected": manifest.rejected,
            "sources": [
                {"path": source.path, "articles": source.articles} for source in manifest.sources
            ],
            "chunking": dict(manifest.chunking),
            "fusion": dict(manifest.fusion),
        }
    return described


def _show(described: dict[str, Any], kb: Path) -> None:
    """Print what `info` found, a line each."""
    lines = [("knowledge base", str(kb)), ("generation", described["generation"] or "unknown")]
    if described["articles"] is not None:
        formats = ", ".join(f"{name} {count:,}" for name, count in described["formats"].items())
        earlier = [name for name in described["generations"] if name != described["generation"]]
        lines += [
            ("built", f"{described['created']} by frontdesk {described['frontdesk']}"),
            ("also kept", ", ".join(earlier) or "none"),
            ("articles", f"{described['articles']:,}" + (f" ({formats})" if formats else "")),
            ("passages", f"{described['passages']:,}"),
            ("encoder", described["encoder"]),
            ("size", f"{described['size_bytes'] / 1e6:,.1f} MB"),
        ]
        lines += [
            ("source", f"{source['path']} ({source['articles']:,})")
            for source in described["sources"]
        ]
    lines.append(("health", "good" if described["healthy"] else "damaged"))
    for name, value in lines:
        typer.echo(f"{name:<15} {value}")
    for problem in described["problems"]:
        note(f"damaged: {problem}")
