"""The shipped weights answer alike on every processor: what is masked is masked for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa.reading.overlap import f1_over_golds

ROOT = Path(__file__).resolve().parents[2]

READ = """
import json, sys
from pathlib import Path
from qa.reading.bert import BertReader
from retrieval.articles import load_articles
from retrieval.types import Passage

root, dtype = Path(sys.argv[1]), sys.argv[2]
articles = {article.id: article for article in load_articles([root / "data" / "articles"]).articles}
reader = BertReader.load(root / "qa" / "weights" / "bert", dtype=dtype)
answers = []
for line in (root / "data" / "questions.jsonl").read_text("utf-8").splitlines():
    row = json.loads(line)
    named = [articles[each] for each in row.get("article_ids", []) if each in articles]
    if not named or len(answers) == 60:
        continue
    # Long enough for several windows, short enough for a test.
    body = named[0].body[:2500].rstrip()
    passage = Passage(f"{named[0].id}#0-{len(body)}", named[0].id, 0, len(body), body)
    best = reader.read(row["question"], [passage]).candidates
    answers.append([best[0].text, best[0].margin] if best else ["", 0.0])
print(json.dumps(answers))
"""

MASKS = {
    "what this processor offers": {},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "AVX-512 without VNNI and bf16": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
}


def read(dtype: str, mask: dict[str, str]) -> list[tuple[str, float]]:
    finished = subprocess.run(
        [sys.executable, "-c", READ, str(ROOT), dtype],
        env={**os.environ, **mask},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr
    return [(text, margin) for text, margin in json.loads(finished.stdout)]


@pytest.fixture(scope="module")
def in_float32() -> list[tuple[str, float]]:
    return read("float32", {})


@pytest.mark.slow
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_shipped_reader_answers_as_in_float32(
    mask: dict[str, str], in_float32: list[tuple[str, float]]
) -> None:
    answers = read("auto", mask)
    assert len(answers) == len(in_float32) == 60
    # bf16 keeps eight bits: two spans that score alike may change places, so a few answers
    # differ by words at their ends. In float32 none may.
    overlap = [
        f1_over_golds(text, [other])
        for (text, _), (other, _) in zip(answers, in_float32, strict=True)
    ]
    exact = bool(mask)
    assert sum(overlap) / 60 >= (0.999 if exact else 0.95)
    apart = [
        abs(margin - other) for (_, margin), (_, other) in zip(answers, in_float32, strict=True)
    ]
    assert sorted(apart)[30] <= (0.01 if exact else 0.25)
