"""Opening an agent for test conversations, and the sample agent's own, whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli.entry import app
from agent.errors import ConversationError
from agent.workshop.conversations.evaluating import check_names
from agent.workshop.conversations.types import Suite

DATA = Path(__file__).resolve().parents[4] / "data"

Written = Callable[[str], Suite]

NAMES = {"intent": {"order", "return"}, "form": {"order"}, "article": {"printing"}}


def test_check_names_takes_what_is_there(written: Written) -> None:
    suite = written(
        "conversations: [{name: a, steps: [{say: hi, intent: order, form: none, "
        "article: printing, contains: anything}]}]"
    )
    check_names(suite, NAMES)


def test_check_names_says_where_and_what_was_meant(written: Written) -> None:
    suite = written(
        "conversations:\n  - name: a\n    steps:\n"
        "      - say: hi\n        intent: [order, retrun]\n        article: print\n"
    )
    with pytest.raises(
        ConversationError,
        match=r"(?s):5: no intent is called 'retrun'; did you mean 'return'\?.*"
        r":6: no article is called 'print'; did you mean 'printing'\?",
    ):
        check_names(suite, NAMES)


def test_evaluate_agent_command_names_a_wrong_file(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    done = CliRunner().invoke(app, ["evaluate", "agent", str(missing), "--kb", str(tmp_path)])
    assert done.exit_code == 1
    assert "there is no such file" in done.stderr


def run(command: str, **paths: Path) -> Result:
    """Run a command line whose `{name}` are paths."""
    arguments = [word.format(**paths) for word in command.split()]
    return CliRunner().invoke(app, arguments)


@pytest.mark.slow
def test_sample_agent_passes_its_conversations(tmp_path: Path) -> None:
    indexed = run(
        "index {data}/articles --kb {made}/kb --yes --synonyms {data}/synonyms.csv",
        data=DATA,
        made=tmp_path,
    )
    assert indexed.exit_code == 0, indexed.stderr
    done = run(
        "evaluate agent {data}/conversations --kb {made}/kb --agent {data}/agent.yaml --json "
        "--predictions {made}/predictions.csv",
        data=DATA,
        made=tmp_path,
    )
    results = json.loads(done.stdout)
    assert results["failures"] == []
    assert done.exit_code == 0
    assert results["passed"] == results["n"] >= 40
    predictions = (tmp_path / "predictions.csv").read_text(encoding="utf-8")
    assert len(predictions.splitlines()) > results["steps"]
    assert set(results["signature"]) >= {"version", "data_sha256", "configuration_sha256"}
