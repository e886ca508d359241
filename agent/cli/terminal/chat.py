"""The agent in a terminal: reads messages, shows replies, knows a few commands.

Not the agent and not the command line: `Chat` talks to anything that obeys `Talker`, takes
lines from any function and prints to any console. Piped, it prints plain turns; asked for
JSON, one object a turn as the contract has it.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

from agent.cli.render import render_text, visible
from agent.cli.terminal.showing import show_reply, show_section
from agent.cli.terminal.talker import Talker
from agent.conversation.routing.why import explain
from agent.errors import AgentError
from agent.types import Event, Handover, Reply
from qa.errors import AnsweringError
from retrieval.errors import RetrievalError
from retrieval.types import Article

__all__ = ["COMMANDS", "Chat"]

COMMANDS = {
    "/why": "why the last reply came, with every score that counted",
    "/article [ID]": "read an article; the last one quoted if none is named",
    "/reset": "begin a new conversation",
    "/forget": "delete this conversation and begin a new one",
    "/export FILE": "write this conversation to a JSON file",
    "/handover": "what the person who takes over is given",
    "/help": "this list",
    "/quit": "leave; so does Ctrl-D",
}
_NAMES = tuple(command.split()[0] for command in COMMANDS)
_COMMAND = re.compile(r"/([A-Za-z?]+)(?:\s+(.*))?")
_RECAP_TURNS = 3
_MAX_RECAP_CHARS = 200


class Chat:
    """One conversation in a terminal.

    Attributes:
        session: Its id; None before the first message.
        failed: A message got an error instead of a reply.
    """

    def __init__(
        self,
        talker: Talker,
        console: Console,
        *,
        roles: frozenset[str] = frozenset(),
        session: str | None = None,
        article: Callable[[str], Article | None] = lambda _: None,
        as_json: bool = False,
        echo: bool = False,
        complain: Callable[[str], None] | None = None,
    ) -> None:
        """Join the parts.

        Args:
            talker: The agent.
            console: Where replies go.
            roles: The asker's roles.
            session: A conversation to go on with.
            article: Finds an article that the asker may read.
            as_json: Print one JSON object a turn and nothing else.
            echo: Print the messages too: piped ones stand nowhere else.
            complain: Gets error messages; they go to the console if not given.
        """
        self._talker = talker
        self._console = console
        self._roles = roles
        self.session = session
        self.failed = False
        self._article = article
        self._as_json = as_json
        self._echo = echo
        self._complain = complain if complain is not None else self._say
        self._last: Reply | None = None
        self._handover: Handover | None = None
        self._quoted = ""

    def open(self) -> None:
        """Greet, or show where the conversation stood.

        Raises:
            AgentError: There is no such session.
        """
        recap = None
        if self.session is not None:
            recap = self._talker.session(self.session)
            if recap is None:
                msg = (
                    f"There is no session {self.session!r} to go on with. Expected one that is "
                    "kept in the file named by --sessions: leave --session out to begin a new one."
                )
                raise AgentError(msg)
        if self._as_json:
            return
        if recap is None:
            self._say(self._talker.greeting)
        else:
            for turn in recap.turns[-_RECAP_TURNS:]:
                self._say(f"> {_short(turn.message)}", style="dim")
                self._say(_short(turn.reply), style="dim")
        if self._console.is_terminal:
            self._say("/help lists what else you can type.", style="dim")
        self._console.print()

    def run(self, read: Callable[[], str]) -> int:
        """Take lines until there are no more; return the exit code.

        Args:
            read: Returns the next line; raises EOFError at the end, and KeyboardInterrupt
                where a line was given up.
        """
        while True:
            try:
                line = read()
            except EOFError:
                if self._console.is_terminal:
                    self._console.print()
                break
            except KeyboardInterrupt:
                self._note("Ctrl-D or /quit leaves.")
                continue
            if not self.take(line):
                break
        return 1 if self.failed else 0

    def take(self, line: str) -> bool:
        """Do what one line asks for; return False if that was to leave."""
        line = line.strip("\r\n")
        if not line.strip():
            return True
        command = _COMMAND.fullmatch(line.strip())
        if command is not None:
            return self._command(command[1].lower(), (command[2] or "").strip())
        self._message(self._picked(line))
        return True

    # --- messages ---------------------------------------------------------------------------

    def _picked(self, line: str) -> str:
        """Return the choice that a number stands for, or the line as it is."""
        choices = self._last.choices if self._last is not None else ()
        number = line.strip().rstrip(".)")
        if number.isascii() and number.isdigit() and 0 < int(number) <= len(choices):
            return choices[int(number) - 1]
        return line

    def _message(self, message: str) -> None:
        if self._echo and not self._as_json:
            self._console.print(Text(f"> {visible(message)}", style="bold"))
        try:
            reply = self._asked(message)
        except KeyboardInterrupt:
            self._note("Stopped.")
            return
        except (AgentError, AnsweringError, RetrievalError, OSError) as error:
            self.failed = True
            self._complain(f"Error: {error}")
            return
        self.session = reply.session
        self._last = reply
        self._handover = reply.handover or self._handover
        if reply.citations:
            self._quoted = reply.citations[0].article_id
        if self._as_json:
            self._print_json(reply)
        else:
            show_reply(reply, self._console)

    def _asked(self, message: str) -> Reply:
        shown = self._console.is_terminal and not self._as_json
        status = self._console.status("Thinking", spinner="dots") if shown else nullcontext()
        with status as line:

            def tell(event: Event) -> None:
                if line is not None and event.kind == "status" and event.text:
                    line.update(Text(visible(event.text)))

            return self._talker.reply(
                message,
                session=self.session,
                roles=self._roles,
                channel="terminal",
                on_event=tell,
            )

    def _print_json(self, reply: Reply) -> None:
        from agent.server.api.schemas.v1 import chat_json

        text = json.dumps(chat_json(reply), ensure_ascii=False)
        # Lone surrogates can't be written; everything else is.
        self._console.file.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")
        self._console.file.flush()

    # --- commands -----------------------------------------------------------------------------

    def _command(self, name: str, argument: str) -> bool:
        if name in {"quit", "exit", "q", "bye"}:
            return False
        doing: dict[str, Callable[[str], None]] = {
            "why": self._why,
            "article": self._read_article,
            "reset": self._reset,
            "forget": self._forget,
            "export": self._export,
            "handover": self._show_handover,
            "help": self._help,
            "?": self._help,
        }
        if self._as_json and name not in {"reset", "forget", "export"}:
            self._complain(f"/{name} prints no JSON: with --json only messages do.")
            return True
        if name in doing:
            doing[name](argument)
        else:
            near = difflib.get_close_matches(f"/{name}", _NAMES, n=1, cutoff=0.6)
            hint = f"Did you mean {near[0]}? " if near else ""
            self._note(f"There is no command /{name}. {hint}/help lists them.")
        return True

    def _why(self, _: str) -> None:
        decision = None
        if self._last is not None:
            decision = self._talker.decision(self._last.decision_id)
        if decision is None:
            self._note("There is no reply to explain yet.")
            return
        self._console.print()
        for section in explain(decision):
            show_section(section, self._console)

    def _read_article(self, article_id: str) -> None:
        article_id = article_id or self._quoted
        if not article_id:
            self._note("Say which: /article ID. The id stands below every quote.")
            return
        article = self._article(article_id)
        if article is None:
            self._note(f"There is no article {article_id!r} that you may read.")
            return
        self._console.print()
        self._say(article.title or article.id, style="bold")
        if article.url:
            self._say(article.url, style="dim")
        self._console.print()
        self._say(article.body.strip("\n"))
        self._console.print()

    def _reset(self, _: str) -> None:
        self._begin_anew()
        self._note("A new conversation. What was said before is no longer known.")

    def _forget(self, _: str) -> None:
        there = self.session is not None and self._talker.forget(self.session)
        self._begin_anew()
        self._note("Deleted. This is a new conversation." if there else "There is nothing yet.")

    def _begin_anew(self) -> None:
        self.session = None
        self._last = None
        self._handover = None
        self._quoted = ""

    def _export(self, name: str) -> None:
        if not name:
            self._note("Say where to: /export FILE.")
            return
        exported = self._talker.export(self.session) if self.session is not None else None
        if exported is None:
            self._note("There is nothing to export yet.")
            return
        text = json.dumps(exported, ensure_ascii=False, indent=2) + "\n"
        try:
            _write_new(Path(name).expanduser(), text.encode("utf-8", "replace"))
        except FileExistsError:
            self._note(f"{name!r} is there already: name another file.")
        except OSError as error:
            self._note(f"{name!r} can't be written: {error.strerror}.")
        else:
            n = len(exported.get("turns", ()))
            self._note(f"{n} turn{'' if n == 1 else 's'} written to {name}.")

    def _show_handover(self, _: str) -> None:
        if self._handover is None:
            self._note("Nobody has taken over in this conversation.")
            return
        packet = json.dumps(asdict(self._handover), ensure_ascii=False, indent=2, default=str)
        # As it is, so that it can be copied: neither indented nor wrapped.
        self._console.print(Text(visible(packet)), soft_wrap=True)
        self._console.print()

    def _help(self, _: str) -> None:
        width = max(map(len, COMMANDS))
        for command, what in COMMANDS.items():
            self._say(f"{command:<{width}}  {what}")
        self._console.print()

    # --- printing -----------------------------------------------------------------------------

    def _say(self, text: str, *, style: str = "") -> None:
        render_text(text, self._console, style=style)

    def _note(self, text: str) -> None:
        if not self._as_json:
            self._say(text, style="dim")
            self._console.print()


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that wasn't there, for nobody else to read; all of it or nothing."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_RECAP_CHARS else line[: _MAX_RECAP_CHARS - 1] + "…"
