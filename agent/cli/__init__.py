"""The command line `frontdesk`: the one place that knows typer and rich.

`entry` joins the commands; each command imports what it needs when it runs.
"""

from agent.cli.entry import app, main

__all__ = ["app", "main"]
