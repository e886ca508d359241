"""`frontdesk train` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.train import app
from qa.errors import ExampleError, TrainingError
from qa.workshop.scoring.squad import load_squad
from qa.workshop.training.made_tables import make_tables

TOML = """
encoder = {encoder}
epochs = 4.0
batch_size = 2
min_window_tokens = 32
max_window_tokens = 64
negative_share = 0.0
held_out_articles = 1
validation_questions = 2
read_max_tokens = 64
read_stride_tokens = 16
"""


@pytest.fixture
def arguments(tiny_bert: Path, tmp_path: Path) -> list[str]:
    articles = []
    for number in range(3):
        context = f"Gate {number} opens at {number + 6} in the morning."
        answers = [{"text": str(number + 6), "answer_start": context.index(str(number + 6))}]
        qas = [
            {"id": str(number), "question": f"When does gate {number} open?", "answers": answers}
        ]
        paragraphs = [{"context": context, "qas": qas}]
        articles.append({"title": f"Gate {number}", "paragraphs": paragraphs})
    (tmp_path / "train.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(TOML.format(encoder=json.dumps(str(tiny_bert))), encoding="utf-8")
    squad = str(tmp_path / "train.json")
    return ["reader", "--config", str(recipe), "--data", squad, "--out", str(tmp_path / "out")]


def test_train_reader_prints_what_it_did(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, [*arguments, "--max-minutes", "2"])
    assert result.exit_code == 0, result.output
    assert "Trained 4 steps" in result.stdout
    assert "Held-out articles: F1" in result.stdout


def test_train_reader_prints_json_and_takes_weights(arguments: list[str]) -> None:
    weighed = [f"{a}=2" if a.endswith("train.json") else a for a in arguments]
    result = CliRunner().invoke(app, [*weighed, "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["steps"], report["stopped"]) == (8, "done")


def test_train_reader_raises_what_the_command_line_words(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, [*arguments, "--resume"])
    assert isinstance(result.exception, TrainingError)
    assert "no checkpoint" in str(result.exception)
    missing = [f"{a}.absent" if a.endswith("train.json") else a for a in arguments]
    result = CliRunner().invoke(app, missing)
    assert isinstance(result.exception, ExampleError)
    assert "train.json.absent" in str(result.exception)


@pytest.mark.parametrize("name", ["train.json=heavy", "=1"])
def test_train_reader_takes_other_equals_signs_as_names(arguments: list[str], name: str) -> None:
    named = [name if a.endswith("train.json") else a for a in arguments]
    result = CliRunner().invoke(app, named)
    assert isinstance(result.exception, ExampleError)
    assert repr(name) in str(result.exception)


def test_train_reader_starts_from_another_encoder(
    arguments: list[str], tiny_bert: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(TOML.format(encoder='"absent"') + 'name = "desk"\n', encoding="utf-8")
    result = CliRunner().invoke(app, [*arguments, "--encoder", str(tiny_bert)])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "reader.json").read_text("utf-8"))["name"] == "desk"


def test_train_reader_shows_an_example() -> None:
    result = CliRunner().invoke(app, ["reader", "--help"])
    assert result.exit_code == 0
    assert "Example: frontdesk train reader" in " ".join(result.stdout.split())


def test_train_tables_writes_a_file(tmp_path: Path) -> None:
    out = tmp_path / "tables.json"
    result = CliRunner().invoke(app, ["tables", str(out), "--n", "40", "--seed", "3"])
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text("utf-8")) == make_tables(40, seed=3)
    assert [path.name for path in tmp_path.iterdir()] == ["tables.json"]


def test_train_tables_says_where_it_can_not_write(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["tables", str(tmp_path / "none" / "tables.json")])
    assert isinstance(result.exception, TrainingError)
    assert "Can't write the questions" in str(result.exception)


def test_train_helpdesk_writes_a_file(tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    article = "# Gate\n\nThe gate opens at nine in the morning.\n"
    (tmp_path / "kb" / "gate.md").write_text(article, encoding="utf-8")
    row = {"id": "g", "question": "when can I get in?", "answers": ["nine"]}
    found, lost = {**row, "article_ids": ["gate.md"]}, {**row, "id": "h", "article_ids": ["x.md"]}
    questions = tmp_path / "questions.jsonl"
    questions.write_text(f"{json.dumps(found)}\n{json.dumps(lost)}\n", encoding="utf-8")
    out = tmp_path / "helpdesk.json"
    arguments = [str(tmp_path / "kb"), "--questions", str(questions), "--out", str(out)]
    result = CliRunner().invoke(app, ["helpdesk", *arguments])
    assert result.exit_code == 0, result.output
    assert "Wrote 1 examples of 1 questions" in result.stdout
    assert "1 questions' answers or articles aren't there" in result.stdout
    (example,) = load_squad(out).examples
    assert example.context == "Gate. The gate opens at nine in the morning."
