"""What differs between a generation and the articles that shall replace it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retrieval.index.changes import compare
from retrieval.index.generation import Generation
from retrieval.index.indexing import bring_up_to_date
from retrieval.index.store import IndexStore
from retrieval.types import Article


@pytest.fixture
def old(source: Path, kb: Path, fake_encoder: Any) -> Generation:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    return IndexStore(kb).open()


@pytest.fixture
def same(old: Generation) -> list[Article]:
    return [old.article(row) for row in range(len(old.ids))]


def test_compare_with_nothing_adds_all(same: list[Article]) -> None:
    changes = compare(None, same[::-1])
    assert changes.added == tuple(sorted(article.id for article in same))
    assert changes.fresh == changes.entries
    assert changes


def test_compare_finds_no_change(old: Generation, same: list[Article]) -> None:
    changes = compare(old, same)
    assert not changes
    assert changes.unchanged == len(same)
    assert [entry.origin for entry in changes.entries] == list(range(len(same)))


@pytest.mark.parametrize(
    ("field", "value", "reused"),
    [
        ("body", "All new.", False),
        ("title", "All new", False),
        ("format", "html", False),
        ("url", "https://example.org", True),
        ("audience", ("board",), True),
        ("audience", (), True),
        ("updated", "2024-05-31", True),
        ("source", "/elsewhere", True),
        ("path", "else.md", True),
    ],
)
def test_compare_reuses_what_the_cut_depends_on(
    old: Generation, same: list[Article], field: str, value: Any, reused: bool
) -> None:
    changed = [replace(same[0], **{field: value}), *same[1:]]
    changes = compare(old, changed)
    assert changes.edited == (same[0].id,)
    assert changes.unchanged == len(same) - 1
    assert (changes.entries[0].origin == 0) is reused


def test_compare_without_reuse_makes_everything_fresh(old: Generation, same: list[Article]) -> None:
    changes = compare(old, same, reuse=False)
    assert len(changes.fresh) == len(same)
    assert not changes


def test_compare_follows_an_article_to_another_id(old: Generation, same: list[Article]) -> None:
    changes = compare(old, [*same[1:], replace(same[0], id="zzz")])
    assert (changes.added, changes.removed) == (("zzz",), (same[0].id,))
    assert changes.entries[-1].origin == 0
