"""Results as JSON, as text and as rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from agent.workshop.conversations.report import (
    failure_text,
    predictions_csv,
    results_json,
    results_text,
)
from agent.workshop.conversations.runner import Results, Stage, run
from agent.workshop.conversations.types import Suite

Written = Callable[[str], Suite]

SUITE = """\
conversations:
  - name: goes well
    steps:
      - {say: hi, route: ANSWER}
  - name: goes wrong
    steps:
      - {say: order, route: HANDLE, intent: order}
      - say: paper
        article: scanning
        contains: ink
  - name: breaks
    steps:
      - {say: boom}
"""


@pytest.fixture
def results(written: Written, stage: Stage) -> Results:
    return run(written(SUITE), stage, signature={"version": "1"})


def test_failure_text_shows_the_conversation_and_the_difference(results: Results) -> None:
    lines = failure_text(results.failures[0]).splitlines()
    assert lines[0].startswith("FAILED  goes wrong  (")
    assert lines[0].endswith("suite.yaml:5)")
    assert lines[1:] == [
        "    you    order",
        "    agent  What do you need?  [HANDLE, order]",
        "           choices: 'a monitor', 'a mouse'",
        "    you    paper",
        "    agent  You said paper.  [ANSWER]",
        "           quotes: printing (Printing)",
        "           article: expected scanning, got printing (line 9)",
        "           contains: expected 'ink', got You said paper. (line 10)",
        "           why: The fake's table says so. (row 'row')",
    ]


def test_failure_text_shows_what_was_raised(results: Results) -> None:
    text = failure_text(results.failures[1])
    assert "reply: expected a reply, got ValueError: the fake was told to (line 13)" in text


def test_failure_text_cuts_what_nobody_reads(written: Written, stage: Stage) -> None:
    text = "conversations: [{name: a, steps: [{say: {repeat: 'a ', times: 5000}, route: HANDLE}]}]"
    failure = failure_text(run(written(text), stage).failures[0])
    assert "(10000 characters)" in failure
    assert len(failure) < 2000


def test_results_text_ends_with_the_count(results: Results) -> None:
    assert results_text(results).endswith("\n\n1 of 3 conversations passed, 4 steps.")


def test_results_json_has_counts_failures_and_signature(results: Results) -> None:
    found = results_json(results)
    failures = found.pop("failures")
    assert found == {
        "passed": 1,
        "failed": 2,
        "steps": 4,
        "n": 3,
        "signature": {"version": "1"},
    }
    first, second = failures
    assert (first["conversation"], first["line"], first["step"]) == ("goes wrong", 8, 2)
    assert first["differences"][0] == {
        "key": "article",
        "expected": "scanning",
        "got": "printing",
        "line": 9,
    }
    assert first["explanation"] == "The fake's table says so."
    assert first["transcript"] == [
        ["user", "order"],
        ["agent", "What do you need?"],
        ["user", "paper"],
        ["agent", "You said paper."],
    ]
    assert second["explanation"] is None
    assert second["transcript"] == [["user", "boom"]]


def test_predictions_csv_has_a_row_a_step(results: Results) -> None:
    rows = list(csv.reader(io.StringIO(predictions_csv(results))))
    assert rows == [
        ["text", "gold", "predicted", "confidence"],
        ["hi", "ANSWER", "ANSWER", "0.500000"],
        ["order", "HANDLE/order", "HANDLE/order", "0.500000"],
        ["paper", "", "ANSWER", "0.500000"],
        ["boom", "", "", ""],
    ]
