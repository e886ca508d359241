"""The command line `frontdesk`: joins the rooms' commands and words their errors.

It mounts the commands of this folder, turns an error raised on purpose into one readable
paragraph, and keeps the exit codes: 0 good, 1 failed or some input was rejected, 2 wrong
usage. Nothing heavy is imported before a command runs, so that `frontdesk --help` answers at once.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agent.cli import (
    chat,
    evaluate_agent,
    feedback,
    fit_calibration,
    init,
    intents,
    intents_check,
    keys,
    qa_commands,
    retrieval_commands,
    serve,
    train,
)
from agent.errors import AgentError
from qa.errors import AnsweringError
from retrieval.errors import RetrievalError

__all__ = ["app", "main"]

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


class FrontdeskGroup(TyperGroup):
    """Runs a command and words what it raises on purpose."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command; one paragraph on standard error and exit code 1 if it fails."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output went away (`| head`): not ours to report.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(EXIT_FAILED) from None
        except (RetrievalError, AnsweringError, AgentError, OSError) as error:
            if ctx.params.get("show_traceback"):
                raise
            sys.stderr.write(f"Error: {_worded(error)}\n")
            raise typer.Exit(EXIT_FAILED) from None
        except KeyboardInterrupt:
            sys.stderr.write(
                "Interrupted. What was finished before stands; nothing else changed.\n"
            )
            raise typer.Exit(EXIT_INTERRUPTED) from None


def _worded(error: Exception) -> str:
    """Name the thing and the remedy where the operating system's own words don't."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the disk is full while writing {error.filename!r}: free some space and run again"
    return str(error)


app = typer.Typer(
    name="frontdesk",
    cls=FrontdeskGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Answer questions from your own help articles: a quote, a citation, or an honest no.",
)
evaluate = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure readers, retrieval, answers, intents and agents on labelled questions.",
)
intents_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look after the examples that intents are learned from.",
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"frontdesk {version('frontdesk')}")
        raise typer.Exit


def _searched(history: Sequence[str], last: str) -> str:
    """Return what the agent would search for a message after earlier ones."""
    from agent.understanding.followups import rewrite

    return rewrite(last, history)


@app.callback()
def options(
    show_traceback: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Take the options that stand before every command."""


retrieval_commands.register(app, evaluate, rewrite=_searched)
qa_commands.register(app, evaluate)
chat.register(app)
init.register(app)
serve.register(app)
keys.register(app)
feedback.register(app)
evaluate_agent.register(evaluate)
intents.register(evaluate, train.app)
train.app.command("calibration")(fit_calibration.fit)
app.add_typer(train.app, name="train", help="Train readers and intents on your own.")
app.add_typer(evaluate, name="evaluate")
intents_check.register(intents_app)
app.add_typer(intents_app, name="intents")


def main() -> None:
    """Run the command line; the console script's entry point."""
    app()
