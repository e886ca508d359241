"""`frontdesk compare` from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent.cli.entry import app
from retrieval import bring_up_to_date


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Return the command's arguments for two runs, of which the second lost one of two."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "price.md").write_text("It costs 9 euros a day.", encoding="utf-8")
    bring_up_to_date([tmp_path / "pages"], tmp_path / "kb")
    answer = {"text": "9 euros", "confidence": 0.9}
    files: dict[str, list[Any]] = {
        "a": [{"id": "1", "answers": [answer]}, {"id": "2", "answers": [answer]}],
        "b": [{"id": "1", "answers": [answer]}, {"id": "2"}],
        "q": [
            {"id": "1", "question": "How much?", "answers": ["9 euros"]},
            {"id": "2", "question": "Which [red]price[/red]?", "answers": ["9 euros"]},
        ],
    }
    for name, lines in files.items():
        text = "\n".join(json.dumps(line) for line in lines)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [
        *("compare", str(tmp_path / "a"), str(tmp_path / "b")),
        *("--questions", str(tmp_path / "q"), "--kb", str(tmp_path / "kb")),
    ]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_compare_fails_on_a_loss_and_names_it(runs: list[str]) -> None:
    done = run(*runs)
    assert done.exit_code == 1
    assert "2 questions: 0 won, 1 lost, 0 changed" in done.stdout
    assert "lost 2: Which [red]price[/red]? '9 euros' → refused" in done.stdout


def test_compare_passes_within_its_tolerance(runs: list[str]) -> None:
    done = run(*runs, "--tolerance", "0.5", "--json")
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert (shown["lost"], shown["difference"], shown["lost_too_much"]) == (1, -0.5, False)
    assert shown["b"]["coverage"] == 0.5
    assert run(*runs, "--tolerance", "7").exit_code == 2


def test_compare_names_what_does_not_match(runs: list[str], tmp_path: Path) -> None:
    (tmp_path / "b").write_text('{"id": "1"}', encoding="utf-8")
    done = run(*runs)
    assert done.exit_code == 1
    assert "1 questions without a prediction" in " ".join(done.stderr.split())
