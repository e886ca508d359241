"""What answers look like as JSON: the same for `ask --json`, the server and its channels."""

from __future__ import annotations

from typing import Any

from qa.types import Answer, Extract, Result, Snippet

__all__ = ["answer_to_json", "to_json"]


def to_json(result: Result) -> dict[str, Any]:
    """Return a result as `ask --json` prints it."""
    refusal = result.refusal
    return {
        "question": result.question,
        "status": result.status,
        "refusal": None
        if refusal is None
        else {
            "reason": refusal.reason.value,
            "message": refusal.message,
            "nearest": [
                {"article_id": near.article_id, "title": near.title} for near in refusal.nearest
            ],
        },
        "answers": [answer_to_json(answer) for answer in result.answers],
        "calibration": result.calibration.value,
        "generation": result.generation,
        "timings_ms": dict(result.timings_ms),
    }


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """Return one answer as `ask --json` prints it; the server's citations are the same."""
    return {
        "text": answer.text,
        "confidence": round(answer.confidence, 6),
        "reader": answer.reader,
        "article_id": answer.article_id,
        "title": answer.title,
        "url": answer.url,
        "article_sha256": answer.article_sha256,
        "start": answer.start,
        "end": answer.end,
        "passage_id": answer.passage_id,
        "snippet": _snippet_json(answer.snippet),
    }


def _snippet_json(shown: Snippet) -> dict[str, Any]:
    return {
        "text": shown.text,
        "start": shown.start,
        "end": shown.end,
        "kind": shown.kind.value,
        "header": None if shown.header is None else _extract_json(shown.header),
    }


def _extract_json(extract: Extract) -> dict[str, Any]:
    return {"text": extract.text, "start": extract.start, "end": extract.end}
