"""`frontdesk rollback`: back to the generation before."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.arguments import AsJson, Kb
from agent.cli.console import print_json

__all__ = ["rollback"]


def rollback(
    kb: Kb,
    yes: Annotated[
        bool, typer.Option("--yes", help="Go on although more people could read an article then.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Go back to the generation before the one that answers now.

    Example: frontdesk rollback --kb build/kb
    """
    from retrieval.index.store import IndexStore

    left, generation = IndexStore(kb).rollback(yes=yes)
    if as_json:
        print_json({"left": left, "generation": generation})
    else:
        typer.echo(f"Generation {generation} answers again; {left} was left.")
