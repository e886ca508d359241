"""`frontdesk verify`: whether the quotes of saved answers hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import AsJson, Kb
from agent.cli.console import EXIT_FAILED, open_console, print_json

__all__ = ["verify"]


def verify(
    file: Annotated[Path, typer.Argument(help="What ask --json printed: one, a list, or lines.")],
    kb: Kb,
    as_json: AsJson = False,
) -> None:
    """Check that every quote of a saved answer stands in its article, unchanged.

    Exit code 1 if one doesn't.

    Example: frontdesk verify answer.json --kb build/kb
    """
    from qa.citations import verify_file

    found = verify_file(file, kb)
    if as_json:
        print_json(found.to_json())
    else:
        from rich.text import Text

        from agent.cli.render import visible

        console = open_console()
        for failure in found.failed:
            console.print(
                Text(
                    f"Record {failure.record}, answer {failure.answer}, article "
                    f"{visible(failure.article_id)!r}: {failure.why}."
                )
            )
        n_good = found.checked - len(found.failed)
        console.print(f"{found.checked} citations checked, {n_good} hold.")
    if found.failed:
        raise typer.Exit(EXIT_FAILED)
