"""What was typed before is kept masked, for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from agent.cli.terminal.history import STATE_VARIABLE, ChatHistory, state_folder
from agent.memory.privacy.masking import Masker


def test_lines_come_back_masked_and_on_one_line_each(tmp_path: Path) -> None:
    history = ChatHistory(Masker(), folder=tmp_path / "state")
    assert history.lines() == []
    for line in ["first", "mail jo@example.com\nor call 020 7946 0018", "  ", "\ud800 last"]:
        history.add(line)
    again = ChatHistory(Masker(), folder=tmp_path / "state")
    assert again.lines() == ["first", "mail [e-mail] or call [phone]", "? last"]
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_lines_are_cut_to_the_last_thousand(tmp_path: Path) -> None:
    history = ChatHistory(Masker(), folder=tmp_path)
    (tmp_path / "chat_history").write_text("".join(f"{n}\n" for n in range(1_200)))
    assert history.lines() == [str(n) for n in range(200, 1_200)]
    assert [file.name for file in tmp_path.iterdir()] == ["chat_history"]
    assert len((tmp_path / "chat_history").read_text().splitlines()) == 1_000


def test_history_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = ChatHistory(Masker(), folder=tmp_path / "file")
    history.add("hello")
    assert history.lines() == []


def test_state_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "here"))
    assert state_folder() == tmp_path / "here"
    monkeypatch.delenv(STATE_VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "frontdesk"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "frontdesk"
