"""The command line `frontdesk`: lists the commands and words their errors.

It mounts the commands of this folder, turns an error raised on purpose into one readable
paragraph, and keeps the exit codes: 0 good, 1 failed or some input was rejected, 2 wrong
usage. Nothing heavy is imported before a command runs, so that `frontdesk --help` answers at once.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agent.cli import (
    article,
    ask,
    calibrate,
    chat,
    compare,
    evaluate,
    explain,
    feedback,
    fit_calibration,
    index,
    info,
    init,
    intents_check,
    keys,
    rollback,
    serve,
    train,
    train_intents,
    verify,
)
from agent.cli.console import EXIT_FAILED
from agent.errors import AgentError
from qa.errors import AnsweringError
from retrieval.errors import RetrievalError

__all__ = ["COMMANDS", "GROUPS", "app", "main"]

EXIT_INTERRUPTED = 130

GROUPS = {
    "keys": "Make, list and revoke API keys for the server.",
    "feedback": "Get at what people thought of replies.",
    "train": "Train readers and intents on your own.",
    "evaluate": "Measure readers, retrieval, answers, intents and agents on labelled questions.",
    "intents": "Look after the examples that intents are learned from.",
}
COMMANDS: dict[str, Callable[..., None]] = {
    "index": index.index,
    "info": info.info,
    "rollback": rollback.rollback,
    "article": article.article,
    "ask": ask.ask,
    "explain": explain.explain,
    "verify": verify.verify,
    "calibrate": calibrate.calibrate,
    "compare": compare.compare,
    "chat": chat.chat,
    "init": init.init,
    "serve": serve.serve,
    "keys create": keys.create,
    "keys list": keys.list_keys,
    "keys revoke": keys.revoke,
    "feedback export": feedback.export,
    "train intents": train_intents.train_intents,
    "train calibration": fit_calibration.fit,
    "evaluate retrieval": evaluate.retrieval.evaluate_retrieval,
    "evaluate answers": evaluate.answers.evaluate_answers,
    "evaluate reader": evaluate.reader.evaluate_reader,
    "evaluate speed": evaluate.speed.evaluate_speed,
    "evaluate agent": evaluate.agent.evaluate_agent,
    "evaluate intents": evaluate.intents.evaluate_intents,
    "intents check": intents_check.check,
}
"""Command as typed → what runs, in the order of `--help`; `train` brings more of its own."""


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


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"frontdesk {version('frontdesk')}")
        raise typer.Exit


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


def _mount() -> None:
    """Add every group and command to the command line."""
    groups = {"": app, "train": train.app}
    for name, about in GROUPS.items():
        group = groups.setdefault(name, typer.Typer(no_args_is_help=True, rich_markup_mode=None))
        # A group with a callback stays a group even with one command.
        group.callback(help=about)(lambda: None)
        app.add_typer(group, name=name, help=about)
    for typed, run in COMMANDS.items():
        group_name, _, name = typed.rpartition(" ")
        groups[group_name].command(name)(run)


_mount()


def main() -> None:
    """Run the command line; the console script's entry point."""
    app()
