"""The command `frontdesk chat`: opens the agent and joins it to the terminal.

Everything heavy is imported inside the command, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.arguments import (
    DEFAULT_READER,
    AgentFile,
    AsJson,
    Kb,
    ReaderName,
    Roles,
    Sessions,
)
from agent.cli.console import note, open_console, progress, spare_the_unprintable

if TYPE_CHECKING:
    from agent.cli.terminal.history import ChatHistory
    from retrieval.types import Article

__all__ = ["chat"]

_PROMPT = "> "


def chat(
    kb: Kb,
    agent: AgentFile = None,
    role: Roles = None,
    reader: ReaderName = DEFAULT_READER,
    sessions: Sessions = None,
    session: Annotated[
        str | None,
        typer.Option("--session", help="Go on with this conversation of the --sessions file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Talk to the agent. Type /help for what else it knows; Ctrl-D leaves.

    Reads one message a line where its input is a pipe or a file.

    Example: frontdesk chat --kb build/demo --agent data/agent.yaml
    """
    if session is not None and sessions is None:
        msg = "--session goes on with a conversation that is kept: name its file with --sessions"
        raise typer.BadParameter(msg, param_hint="--session")
    from agent.agent import Agent
    from agent.cli.terminal.chat import Chat
    from agent.cli.terminal.history import ChatHistory

    roles = frozenset(role or ())
    typed = sys.stdin.isatty() and sys.stdout.isatty()
    console = open_console()
    for stream in (sys.stdin, sys.stdout):
        # Bytes that are no text, and signs that a terminal can't show, end no conversation.
        spare_the_unprintable(stream, "replace")
    with progress("Learning the intents") as advance:
        talker = Agent.open(kb, agent=agent, reader=reader, sessions=sessions, progress=advance)
    with talker:
        talk = Chat(
            talker,
            console,
            roles=roles,
            session=session,
            article=_finder(kb, roles),
            as_json=as_json,
            echo=not typed,
            complain=None if typed and not as_json else note,
        )
        talk.open()
        history = ChatHistory(talker.sessions.masker) if typed else None
        code = talk.run(_typed(history) if history is not None else _piped)
    if typed and sessions is not None and talk.session is not None:
        note(f"Go on later with --sessions {sessions} --session {talk.session}")
    talker.sessions.close()
    if code:
        raise typer.Exit(code)


def _piped() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _typed(history: ChatHistory) -> Callable[[], str]:
    """Return a function that reads a line with editing keys and what was typed before."""
    try:
        import readline
    except ImportError:
        # Without it lines are read all the same, only without arrow keys.
        pass
    else:
        readline.set_history_length(1_000)
        for line in history.lines():
            readline.add_history(line)

    def read() -> str:
        line = input(_PROMPT)
        history.add(line)
        return line

    return read


def _finder(kb: Path, roles: frozenset[str]) -> Callable[[str], Article | None]:
    """Return a function that finds an article the asker may read; opens the index once."""
    from functools import cache

    from retrieval import open_index

    engine = cache(lambda: open_index(kb))
    return lambda article_id: engine().article(article_id, roles=roles)
