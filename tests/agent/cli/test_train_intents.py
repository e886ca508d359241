"""`train intents` and `evaluate intents` with the real encoder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.entry import app

TRAIN = """text,label
I lost my card,lost_card
my card is gone,lost_card
the card was stolen,lost_card
how do I pay my bill,pay_bill
I want to pay what I owe,pay_bill
paying the invoice,pay_bill
what is the weather like,oos
"""


@pytest.fixture
def train(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text(TRAIN, encoding="utf-8")
    return path


def test_train_then_load_and_classify(train: Path, tmp_path: Path) -> None:
    from agent.intents import load_classifier

    out = tmp_path / "model"
    done = CliRunner().invoke(app, ["train", "intents", str(train), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert (report["intents"], report["examples"]) == (2, 7)
    loaded = load_classifier(out)
    assert loaded.id == report["classifier"]
    assert loaded.classify(["my bank card disappeared"])[0].scores[0].intent == "lost_card"


def test_evaluate_takes_several_training_files_either_way(train: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"text": "hello there", "intent": "greeting"}\n', encoding="utf-8")
    for files in (
        ["--train", str(train), "--train", str(more)],
        ["--train", str(train), str(more)],
    ):
        arguments = ["evaluate", "intents", *files, "--test", str(more), "--json"]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        assert json.loads(done.output)["n"] == 1


def test_train_names_background_that_cannot_be_read(train: Path, tmp_path: Path) -> None:
    arguments = ["train", "intents", str(train), "--out", str(tmp_path / "model")]
    done = CliRunner().invoke(app, [*arguments, "--background", str(tmp_path / "none.txt")])
    assert done.exit_code == 1
    assert "cannot read background texts" in done.output


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_shows_an_example_and_imports_nothing_heavy(command: str) -> None:
    code = (
        "import sys\nfrom agent.cli.entry import app\n"
        f"app(['{command}', 'intents', '--help'], standalone_mode=False)\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'scipy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Example: frontdesk {command} intents" in done.stdout


@pytest.mark.slow
def test_fine_tuned_classifier_learns_saves_and_loads(tmp_path: Path) -> None:
    from agent.intents import FineTunedClassifier, load_classifier
    from agent.types import IntentExample
    from agent.workshop.intents.finetuning import FineTuning, fine_tune_intents

    starts = ("", "oh ", "please ", "well ")
    examples = [
        IntentExample(start + text, intent)
        for text, intent in (("I lost my card", "lost"), ("pay my bill", "pay"))
        for start in starts
    ]
    few = FineTuning(epochs=1, least_steps=4, batch_size=4)
    tuned = fine_tune_intents([*examples, IntentExample("who won", None)], settings=few)
    assert tuned.classify(["my card is lost"])[0].scores[0].intent == "lost"
    tuned.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert isinstance(loaded, FineTunedClassifier)
    assert loaded.id == tuned.id
    assert loaded.classify(["pay it", ""]) == tuned.classify(["pay it", ""])
