"""Answers as JSON: the contract's keys, and nothing beside them."""

from __future__ import annotations

import json

from qa.types import (
    Answer,
    CalibrationState,
    Extract,
    NearestArticle,
    Refusal,
    RefusalReason,
    Result,
    Snippet,
    SnippetKind,
)
from qa.wire import to_json

SNIPPET = Snippet(
    "| Mon | 8:30 |", 20, 34, SnippetKind.TABLE, header=Extract("| Day | Opens |", 0, 15)
)
ANSWER = Answer(
    text="8:30",
    confidence=0.123456789,
    reader="bert",
    article_id="hours",
    title="Opening hours",
    url=None,
    article_sha256="ab",
    start=28,
    end=32,
    passage_id="hours#0-34",
    snippet=SNIPPET,
    headings=("Desk",),
)


def test_to_json_of_an_answer() -> None:
    result = Result(
        "When?", (ANSWER,), None, CalibrationState.VALID, "000001", timings_ms={"total": 1.5}
    )
    shown = to_json(result)
    assert shown == {
        "question": "When?",
        "status": "answered",
        "refusal": None,
        "answers": [
            {
                "text": "8:30",
                "confidence": 0.123457,
                "reader": "bert",
                "article_id": "hours",
                "title": "Opening hours",
                "url": None,
                "article_sha256": "ab",
                "start": 28,
                "end": 32,
                "passage_id": "hours#0-34",
                "snippet": {
                    "text": "| Mon | 8:30 |",
                    "start": 20,
                    "end": 34,
                    "kind": "table",
                    "header": {"text": "| Day | Opens |", "start": 0, "end": 15},
                },
            }
        ],
        "calibration": "valid",
        "generation": "000001",
        "timings_ms": {"total": 1.5},
    }
    assert json.loads(json.dumps(shown)) == shown


def test_to_json_of_a_refusal() -> None:
    refusal = Refusal(RefusalReason.NOT_FOUND, "Nothing.", (NearestArticle("a", "A"),))
    shown = to_json(Result("?", (), refusal, CalibrationState.DEFAULT, "000001"))
    assert (shown["status"], shown["answers"]) == ("refused", [])
    assert shown["refusal"] == {
        "reason": "not_found",
        "message": "Nothing.",
        "nearest": [{"article_id": "a", "title": "A"}],
    }
