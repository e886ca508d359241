"""`frontdesk feedback export`: what people thought of replies, as a file to work with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


class Format(StrEnum):
    """What the file is for."""

    SQUAD = "squad"
    CSV = "csv"
    QUESTIONS = "questions"


def register(app: typer.Typer) -> None:
    """Add `feedback` to the command line."""
    feedback = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Get at what people thought of replies.",
    )
    feedback.callback()(_feedback)
    feedback.command("export")(export)
    app.add_typer(feedback, name="feedback")


def _feedback() -> None:
    """Get at what people thought of replies."""


def export(
    sessions: Annotated[
        Path, typer.Option("--sessions", help="The server's file of conversations.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="squad for train reader, questions for calibrate and evaluate answers, "
            "csv (everything) to read and judge.",
        ),
    ] = Format.CSV,
    kb: Annotated[
        Path | None,
        typer.Option(
            "--kb", help="Where right answers are looked up; squad and questions need it."
        ),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="Articles of this role may go into the file, too; repeat."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write thumbs, corrections and refusals to a file.

    An answer with a thumb up, a correction that stands in an article, and a refusal with a
    thumb up are labelled questions. The rest is in the CSV alone, for a person to judge.

    Example: frontdesk feedback export --sessions build/kb.sessions.sqlite3 --kb build/kb
    --format questions --out judged.jsonl
    """
    from agent.cli.console import note, print_json
    from agent.errors import SessionError
    from agent.memory.feedback import as_csv, as_questions, as_squad, find_in_articles, judged_turns
    from agent.memory.sessions import SessionStore
    from retrieval.system.durable import replace_file

    if not sessions.exists():
        msg = f"there are no conversations in {str(sessions)!r}: name the server's --sessions file"
        raise SessionError(msg)
    if kb is None and form is not Format.CSV:
        raise typer.BadParameter(
            "squad and questions look answers up: say --kb DIR", param_hint="--kb"
        )
    with SessionStore(sessions) as store:
        rows = list(judged_turns(store))
    if kb is None or form is Format.CSV:
        written = as_csv(rows)
    else:
        from retrieval import open_index

        roles = frozenset(role or ())
        find, nearest = find_in_articles(open_index(kb), roles)
        if form is Format.SQUAD:
            written = as_squad(rows, find, nearest)
        else:
            written = as_questions(rows, find, roles=sorted(roles))
    replace_file(out, written.text.encode("utf-8"))
    if as_json:
        print_json({"out": str(out), "written": written.n, "left_out": written.left_out})
    else:
        note(f"{written.n} written to {str(out)!r}, {written.left_out} left out: not labelled.")
