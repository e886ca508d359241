from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.entry import app
from agent.configuration import HandOver, load_agent
from agent.configuration.smalltalk import load_smalltalk
from agent.configuration.starter import STARTER_FILES, write_starter
from agent.conversation.forms import FormOutcome, fill, start
from agent.errors import ConfigurationError


def files_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_write_starter_writes_an_agent_that_loads(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    written = write_starter(folder)
    assert [path.relative_to(folder).as_posix() for path in written] == list(STARTER_FILES)
    assert files_in(folder) == sorted(STARTER_FILES)
    config = load_agent(folder / "agent.yaml")
    assert set(config.forms) == {"order_equipment", "request_callback"}
    assert isinstance(config.handle["talk_to_person"].step, HandOver)
    assert config.notes == ()


def test_write_starter_writes_examples_for_every_intent(tmp_path: Path) -> None:
    from agent.intents.formats import load_intents

    write_starter(tmp_path)
    examples = load_intents([tmp_path / "intents.yaml"]).examples
    counts = {e.intent: sum(e.intent == other.intent for other in examples) for e in examples}
    assert set(counts) == {*load_agent(tmp_path / "agent.yaml").handle, None}
    assert min(counts.values()) >= 8


def test_write_starter_writes_conversations_that_are_read(tmp_path: Path) -> None:
    from agent.workshop.conversations.suite import load_suite

    write_starter(tmp_path)
    assert len(load_suite([tmp_path / "conversations"]).conversations) >= 5


def test_write_starter_writes_a_form_that_can_be_filled(tmp_path: Path) -> None:
    write_starter(tmp_path)
    form = load_agent(tmp_path / "agent.yaml").forms["order_equipment"]
    today = date(2026, 3, 2)
    step = start(form)
    for message in ("two headphones by Friday", "skip", "no, make it Thursday", "yes please"):
        assert step.progress is not None
        step = fill(form, step.progress, message, today=today)
    assert step.outcome is FormOutcome.DONE
    assert step.slots == {"item": "headset", "quantity": 2, "needed_by": "2026-03-05"}


def test_write_starter_ships_at_least_25_kinds_of_small_talk(tmp_path: Path) -> None:
    write_starter(tmp_path)
    entries = load_smalltalk([tmp_path / "smalltalk.qna"])
    assert len(entries) >= 25
    assert min(len(entry.questions) for entry in entries) >= 8
    questions = [question for entry in entries for question in entry.questions]
    assert len(questions) == len({question.casefold() for question in questions})


def test_write_starter_names_what_is_there_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("mine")
    (tmp_path / "smalltalk.qna").write_text("mine too")
    with pytest.raises(ConfigurationError, match=r"agent\.yaml and .*smalltalk\.qna are there"):
        write_starter(tmp_path)
    assert files_in(tmp_path) == ["agent.yaml", "smalltalk.qna"]
    assert (tmp_path / "agent.yaml").read_text() == "mine"


def test_write_starter_refuses_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="is there already"):
        write_starter(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_write_starter_refuses_a_file_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("")
    with pytest.raises(ConfigurationError, match="is a file; name a folder"):
        write_starter(tmp_path / "desk")


def test_write_starter_says_that_the_parent_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file or directory; nothing was written"):
        write_starter(tmp_path / "no" / "such" / "place")
    assert files_in(tmp_path) == []


def test_write_starter_leaves_nothing_behind_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = 0

    def fails_at_third(source: Path, target: Path) -> None:
        nonlocal linked
        linked += 1
        if linked == 3:
            raise OSError(28, "No space left on device")
        source.rename(target)

    monkeypatch.setattr("os.link", fails_at_third)
    with pytest.raises(ConfigurationError, match="No space left on device; nothing was written"):
        write_starter(tmp_path / "desk")
    assert list(tmp_path.iterdir()) == []


def test_init_says_what_to_do_next(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "desk")])
    assert result.exit_code == 0
    assert "frontdesk chat --kb KB --agent" in result.stdout
    again = CliRunner().invoke(app, ["init", str(tmp_path / "desk")])
    assert again.exit_code == 1
    assert "there already" in again.stderr


def test_init_prints_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "desk"), "--json"])
    assert len(json.loads(result.stdout)["files"]) == len(STARTER_FILES)
