"""The terminal: what replies look like, what commands do, what a pipe gets."""

from __future__ import annotations

import importlib.util
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from agent.cli.terminal.chat import COMMANDS, Chat
from agent.errors import AgentError


def load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


scripted = load("scripted_talker")


class Terminal:
    """A chat with a scripted agent, and what it printed."""

    def __init__(self, *, terminal: bool = False, **options: Any) -> None:
        self.talker = options.pop("talker", None) or scripted.ScriptedTalker()
        self.out = io.StringIO()
        self.complaints: list[str] = []
        console = Console(
            file=self.out,
            force_terminal=terminal,
            width=80,
            highlight=False,
            markup=False,
            color_system=None,
        )
        self.chat = Chat(
            self.talker,
            console,
            article={"it/password": scripted.ARTICLE}.get,
            complain=self.complaints.append,
            **options,
        )

    def type(self, *lines: str) -> str:
        """Type lines; return what was printed since."""
        before = len(self.out.getvalue())
        for line in lines:
            self.chat.take(line)
        return self.out.getvalue()[before:]


def joined(shown: str) -> str:
    """Undo the wrapping."""
    return " ".join(shown.split())


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_answer_shows_quote_source_and_confidence(terminal: Terminal) -> None:
    assert terminal.type("reset my password") == (
        "\n"
        "  1. Open Settings.\n"
        "  2. **Choose Password**.\n"
        "  3. Type the new one twice.\n"
        "\n"
        "  Resetting your password › At your desk\n"
        "  https://intranet.example.com/password\n"
        "  Very sure (93 %)  ·  /article it/password\n"
        "\n"
        "  Back to where we were: which item?\n"
        "\n"
    )


def test_answer_of_a_table_shows_the_row_under_its_header(terminal: Terminal) -> None:
    lines = [line.rstrip() for line in terminal.type("hours").splitlines()]
    assert lines[1].split() == ["Office", "Hours"]
    assert "Leeds" in lines[3]
    assert lines[5:] == ["  Offices", "  More likely than not (61 %)  ·  /article offices", ""]


def test_source_of_a_quote_that_is_not_in_the_text_stands_below(terminal: Terminal) -> None:
    shown = terminal.type("elsewhere")
    assert shown.index("It is written down.") < shown.index("Resetting your password")
    assert "Choose Password" not in shown


def test_choices_are_numbered_and_a_number_picks_one(terminal: Terminal) -> None:
    assert "  1. Set up the VPN\n  2. Fix the VPN\n" in terminal.type("which")
    assert "You said: Fix the VPN" in terminal.type("2")
    # Without choices a number is a message like any other.
    assert "You said: 2" in terminal.type("2")
    terminal.type("which")
    assert "You said: 3" in terminal.type("3")
    terminal.type("which")
    assert "You said: Set up the VPN" in terminal.type(" 1.")


def test_conversation_goes_on_in_one_session() -> None:
    terminal = Terminal(roles=frozenset({"staff"}))
    terminal.type("one", "two")
    (first, second) = terminal.talker.asked
    assert first == ("one", None, frozenset({"staff"}), "terminal")
    assert second[1] == terminal.chat.session


def test_why_shows_every_score(terminal: Terminal) -> None:
    assert "no reply to explain yet" in terminal.type("/why")
    terminal.type("one")
    shown = joined(terminal.type("/why"))
    for part in (
        "It is in the script.",
        "a task or small talk (HANDLE)",
        "93 % sure",
        "50 % sure that the message is about one of them (at least 40 % is",
        "40 %",
        "the form 'reset'",
        "It doesn't answer: no answer is sure enough.",
        "31 %",
        "1 of 2 turns in a row",
        "An intent is acted on from 50 %.",
        "novel",
        "a 0.123",
    ):
        assert part in shown, part


def test_reset_begins_a_new_session_and_keeps_the_old(terminal: Terminal) -> None:
    terminal.type("one")
    old = terminal.chat.session
    assert "A new conversation" in terminal.type("/reset")
    terminal.type("two")
    assert terminal.chat.session != old
    assert terminal.talker.session(old) is not None


def test_forget_deletes_the_session(terminal: Terminal) -> None:
    assert "There is nothing yet." in terminal.type("/forget")
    terminal.type("one")
    old = terminal.chat.session
    assert "Deleted." in terminal.type("/forget")
    assert terminal.talker.session(old) is None
    assert terminal.chat.session is None


def test_article_is_shown_by_id_or_as_last_quoted(terminal: Terminal) -> None:
    assert "Say which: /article ID." in terminal.type("/article")
    assert "1. Open Settings." in terminal.type("/article it/password")
    assert "There is no article 'x y' that you may read." in terminal.type("/article x y")
    terminal.type("reset my password", "thanks")
    assert "3. Type the new one twice." in terminal.type("/article")
    assert "Say which: /article ID." in terminal.type("/reset", "/article")


def test_export_writes_a_file_and_never_over_one(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert "Say where to" in terminal.type("/export")
    assert "nothing to export yet" in terminal.type(f"/export {path}")
    terminal.type("mail jo@example.com")
    assert "1 turn written" in terminal.type(f"/export {path}")
    exported = json.loads(path.read_text("utf-8"))
    assert exported["turns"][0]["message"] == "mail [e-mail]"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "is there already" in joined(terminal.type(f"/export {path}"))
    assert "can't be written" in joined(terminal.type(f"/export {tmp_path / 'no' / 'x.json'}"))


def test_handover_packet_can_be_read(terminal: Terminal) -> None:
    assert "Nobody has taken over" in terminal.type("/handover")
    assert "Handed over (asked) with 1 message." in joined(terminal.type("person"))
    packet = json.loads(terminal.type("/handover"))
    assert packet["reason"] == "asked"
    assert "Nobody has taken over" in terminal.type("/reset", "/handover")


def test_help_lists_every_command(terminal: Terminal) -> None:
    shown = terminal.type("/help")
    for command in COMMANDS:
        assert command in shown


def test_unknown_command_names_the_nearest(terminal: Terminal) -> None:
    assert "There is no command /rest. Did you mean /reset?" in terminal.type("/rest")
    assert "There is no command /zzz. /help" in terminal.type("/zzz")
    assert terminal.talker.asked == []
    assert "You said: /etc/hosts is gone" in terminal.type("/etc/hosts is gone")


@pytest.mark.parametrize("line", ["/quit", "/exit", "/q", " /QUIT "])
def test_quit_leaves(terminal: Terminal, line: str) -> None:
    assert not terminal.chat.take(line)


def test_empty_lines_are_no_messages(terminal: Terminal) -> None:
    assert terminal.type("", "   ", "\n") == ""
    assert terminal.talker.asked == []


def test_nothing_of_a_text_commands_the_terminal() -> None:
    terminal = Terminal(terminal=True)
    shown = terminal.type("\x1b[2J[bold]hi[/bold]\x07")
    assert "[2J[bold]hi[/bold]" in shown
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown


def test_error_is_told_and_the_conversation_goes_on(terminal: Terminal) -> None:
    code = terminal.chat.run(reader("one", "break", "two"))
    assert terminal.complaints == ["Error: The session can't be kept: the disk is full."]
    assert "You said: two" in terminal.out.getvalue()
    assert code == 1


def test_interrupted_reply_is_given_up(terminal: Terminal) -> None:
    assert "Stopped." in terminal.type("interrupt")
    assert "You said: on" in terminal.type("on")


def reader(*lines: str) -> Callable[[], str]:
    rest = iter(lines)

    def read() -> str:
        line = next(rest, None)
        if line is None:
            raise EOFError
        if line == "^C":
            raise KeyboardInterrupt
        return line

    return read


def test_run_ends_with_its_input() -> None:
    terminal = Terminal()
    assert terminal.chat.run(reader("one", "^C", "two")) == 0
    assert "Ctrl-D or /quit leaves." in terminal.out.getvalue()
    assert [asked[0] for asked in terminal.talker.asked] == ["one", "two"]


def test_run_stops_at_quit() -> None:
    terminal = Terminal()
    assert terminal.chat.run(reader("one", "/quit", "two")) == 0
    assert len(terminal.talker.asked) == 1


def test_open_greets_and_piped_messages_are_echoed() -> None:
    terminal = Terminal(echo=True)
    terminal.chat.open()
    terminal.type("one")
    assert terminal.out.getvalue() == (
        "  Hello! What can I help you with?\n\n> one\n\n  You said: one\n\n"
    )


def test_open_goes_on_with_a_session() -> None:
    first = Terminal()
    first.type("one", "two")
    again = Terminal(talker=first.talker, session=first.chat.session)
    again.chat.open()
    assert again.out.getvalue() == "  > one\n  You said: one\n  > two\n  You said: two\n\n"
    again.type("three")
    assert again.chat.session == first.chat.session


def test_open_of_an_unknown_session_is_an_error() -> None:
    with pytest.raises(AgentError, match="There is no session 'gone' to go on with"):
        Terminal(session="gone").chat.open()


def test_json_prints_one_object_a_turn() -> None:
    terminal = Terminal(as_json=True, echo=True)
    terminal.chat.open()
    terminal.type("reset my password", "which", "/why", "/reset", "/nonsense", "hi \ud800")
    lines = [json.loads(line) for line in terminal.out.getvalue().splitlines()]
    assert [line["route"] for line in lines] == ["ANSWER", "CLARIFY", "HANDLE"]
    for line in lines:
        assert list(line) == [
            "session", "reply", "route", "intent", "citations", "choices", "confidence",
            "decision_id", "handoff", "parts",
        ]  # fmt: skip
    assert lines[0]["citations"][0]["article_id"] == "it/password"
    assert lines[0]["session"] == lines[1]["session"] != lines[2]["session"]
    assert len(terminal.complaints) == 2
