"""`frontdesk intents check` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.entry import app


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    greetings = ("hello there", "good morning", "hi", "hey", "good evening to you")
    orders = ("order a laptop", "I need a keyboard", "buy me a monitor", "new mouse", "get a desk")
    lines = ["intents:", "  greet:", *(f"    - {text}" for text in greetings), "  order:"]
    path.write_text("\n".join([*lines, *(f"    - {text}" for text in orders)]) + "\n")
    return path


def test_check_prints_a_report_and_exits_with_zero(good: Path) -> None:
    result = CliRunner().invoke(app, ["intents", "check", str(good)])
    assert result.exit_code == 0
    assert "10 examples of 2 intents" in result.output


def test_check_prints_json(good: Path) -> None:
    result = CliRunner().invoke(app, ["intents", "check", str(good), "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["intents"] == {"greet": 5, "order": 5}
    assert document["answered"] is None


def test_check_exits_with_one_for_a_bad_line_and_for_findings_if_strict(good: Path) -> None:
    good.write_text(good.read_text() + "    - hello there\n")
    assert CliRunner().invoke(app, ["intents", "check", str(good)]).exit_code == 0
    assert CliRunner().invoke(app, ["intents", "check", str(good), "--strict"]).exit_code == 1
    good.write_text(good.read_text() + "    - a: b\n")
    result = CliRunner().invoke(app, ["intents", "check", str(good)])
    assert result.exit_code == 1
    assert "good.yaml:15: an example of 'order' reads as a mapping" in result.output


def test_check_words_a_missing_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["intents", "check", str(tmp_path / "gone.yaml")])
    assert result.exit_code == 1
    assert "gone.yaml: can't be read: No such file or directory" in result.stderr


def test_check_help_has_an_example() -> None:
    result = CliRunner().invoke(app, ["intents", "check", "--help"])
    assert result.exit_code == 0
    assert "frontdesk intents check data/intents.yaml" in " ".join(result.output.split())
