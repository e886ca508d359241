"""The manifest round trip, and every way in which it can be wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from retrieval.errors import NewerIndex, StoreError
from retrieval.index.manifest import FORMAT_VERSION, EncoderRecord, Manifest, Part, SourceRecord

MANIFEST = Manifest(
    generation="000002",
    previous="000001",
    created="2024-05-31T12:00:00+00:00",
    frontdesk="0.1.0",
    chunking={"max_tokens": 180},
    analyser={"stem": True},
    fusion={"kind": "weighted", "dense_weight": 0.6},
    encoder=EncoderRecord("all-MiniLM-L6-v2", "all-MiniLM-L6-v2@0123456789ab", 384),
    passages=7,
    formats={"markdown": 2},
    sources=(SourceRecord("/articles", 1), SourceRecord("/hr", 1, ("staff", "hr"))),
    skipped={"draft": 1},
    rejected=3,
    parts={"bodies.bin": Part(12, "0" * 64)},
    articles={"a.md": "1" * 64, "ümlaut": "2" * 64},
)


@pytest.mark.parametrize(
    "manifest", [MANIFEST, replace(MANIFEST, previous=None, articles={}, sources=(), parts={})]
)
def test_manifest_comes_back_as_it_was(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json(), "m") == manifest


def record(**changes: Any) -> bytes:
    return json.dumps({**json.loads(MANIFEST.to_json()), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged: 'm' is not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not the manifest of a Frontdesk index"),
        (b"{}", "not the manifest of a Frontdesk index"),
        (record(format="other"), "not the manifest of a Frontdesk index"),
        (record(format_version=0), f"format version 0 and this Frontdesk reads {FORMAT_VERSION}"),
        (record(format_version="1"), "format version '1'"),
        (record(counts={}), "lacks a field or holds a wrong one"),
        (record(generation=None), "generation is None, expected a text"),
        (record(parts=[]), r"parts is \[\], expected a table"),
        (
            record(parts={"a": {"size_bytes": -1, "sha256": ""}}),
            "parts.a.size_bytes is -1, expected at least 0",
        ),
        (record(articles={"a": 1}), "articles.a is 1, expected a text"),
        (record(sources=[{"path": "x"}]), r"sources.0.articles is missing"),
        (
            record(encoder={"name": "a", "id": "b", "dim": True}),
            "encoder.dim is True, expected a whole number",
        ),
    ],
)
def test_from_json_says_what_is_wrong(content: bytes, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        Manifest.from_json(content, "m")


def test_from_json_knows_a_newer_one_from_a_damaged_one() -> None:
    newer = record(format_version=FORMAT_VERSION + 1, encoder="something else altogether")
    with pytest.raises(NewerIndex, match=r"use the Frontdesk that built it \('0.1.0' or newer\)"):
        Manifest.from_json(newer, "m")
