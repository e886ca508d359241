"""`frontdesk init`: the files that a new agent starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import AsJson
from agent.cli.console import print_json

__all__ = ["init"]


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made if absent.")],
    as_json: AsJson = False,
) -> None:
    """Write a commented agent.yaml, with examples, that works as it stands.

    Nothing that is there already is overwritten.

    Example: frontdesk init my-agent
    """
    from agent.configuration.starter import write_starter

    written = write_starter(folder)
    if as_json:
        print_json({"folder": str(folder), "files": [str(path) for path in written]})
        return
    typer.echo("Written:")
    for path in written:
        typer.echo(f"  {path}")
    agent, intents = folder / "agent.yaml", folder / "intents.yaml"
    typer.echo(
        "\nNext, with your knowledge base in KB (`frontdesk index SOURCE --kb KB` makes one):\n"
        f"  frontdesk chat --kb KB --agent {agent}\n"
        f"  frontdesk intents check {intents} --kb KB\n"
        f"  frontdesk evaluate agent {folder / 'conversations'} --kb KB --agent {agent}"
    )
