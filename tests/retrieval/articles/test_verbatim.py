"""Plain text, JSON Lines, BEIR and CSV: bodies are the file or field, to the code point."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.articles import load_articles

HOSTILE = (
    "\r\nCRLF\rCR\nLF  ",
    "emoji 👩🏽‍🚀 flags 🇮🇪",
    "combining e\u0301\u0323 Zalgo h̷̡",
    "مرحبا \u202eabc\u202c שלום",
    "zero\u200bwidth\ufeffmark\u2028line\u2029para\x85next",
    "nul\0nul",
    "\ttabs\t",
    '"quotes", commas; and\\backslashes',
    "nospaces" * 1000,
)
# Text without lone surrogates, and not blank: blank articles are left out.
bodies = st.text(alphabet=st.characters(exclude_categories=["Cs"])).filter(str.strip)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("verbatim")


def in_text(folder: Path, body: str) -> Path:
    path = folder / "a.txt"
    path.write_bytes(body.encode("utf-8"))
    return path


def in_utf16(folder: Path, body: str) -> Path:
    path = folder / "b.txt"
    path.write_bytes(body.encode("utf-16"))
    return path


def in_jsonl(folder: Path, body: str) -> Path:
    path = folder / "a.jsonl"
    rows = [{"id": "other", "body": "o"}, {"id": "it", "body": body}]
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8")
    return path


def in_beir(folder: Path, body: str) -> Path:
    path = folder / "corpus.jsonl"
    path.write_text(json.dumps({"_id": "it", "title": "T", "text": body}), encoding="ascii")
    return path


def in_csv(folder: Path, body: str) -> Path:
    path = folder / "a.csv"
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "title", "body"], ["it", "T", body], ["other", "", "o"]])
    path.write_bytes(out.getvalue().encode("utf-8"))
    return path


WRITERS = [in_text, in_utf16, in_jsonl, in_beir, in_csv]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("body", HOSTILE)
def test_body_is_verbatim(folder: Path, writer: Any, body: str) -> None:
    loaded = load_articles([writer(folder, body)])
    assert not loaded.rejected
    assert body in [article.body for article in loaded.articles]


@pytest.mark.parametrize("writer", WRITERS)
@given(body=bodies)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_is_verbatim(folder: Path, writer: Any, body: str) -> None:
    if writer is in_text and (body.startswith("\ufeff") or "\0" in body):
        return  # a mark is taken off, and text full of NULs refused
    if writer is in_utf16 and body.startswith("\0"):
        return  # its mark would be UTF-32's
    loaded = load_articles([writer(folder, body)])
    assert not loaded.rejected
    assert body in [article.body for article in loaded.articles]
