"""`frontdesk feedback export`: what people thought of replies, as a file to work with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import AsJson
from agent.cli.console import note, print_json

__all__ = ["export"]


class Format(StrEnum):
    """What the file is for."""

    SQUAD = "squad"
    CSV = "csv"
    QUESTIONS = "questions"


LookedUpIn = Annotated[
    Path | None,
    typer.Option("--kb", help="Where right answers are looked up; squad and questions need it."),
]


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
    kb: LookedUpIn = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="Articles of this role may go into the file, too; repeat."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write thumbs, corrections and refusals to a file.

    An answer with a thumb up, a correction that stands in an article, and a refusal with a
    thumb up are labelled questions. The rest is in the CSV alone, for a person to judge.

    Example: frontdesk feedback export --sessions build/kb.sessions.sqlite3 --kb build/kb
    --format questions --out judged.jsonl
    """
    from agent.errors import SessionError
    from agent.memory.feedback import as_csv, as_questions, as_squad, find_in_articles, judged_turns
    from agent.memory.sessions import SessionStore
    from retrieval import open_index
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
        roles = frozenset(role or ())
        find, nearest = find_in_articles(open_index(kb), roles)
        written = (
            as_squad(rows, find, nearest)
            if form is Format.SQUAD
            else as_questions(rows, find, roles=sorted(roles))
        )
    replace_file(out, written.text.encode("utf-8"))
    if as_json:
        print_json({"out": str(out), "written": written.n, "left_out": written.left_out})
    else:
        note(f"{written.n} written to {str(out)!r}, {written.left_out} left out: not labelled.")
