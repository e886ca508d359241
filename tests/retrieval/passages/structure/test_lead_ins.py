"""The sentence that introduces a list."""

from __future__ import annotations

import pytest

from retrieval.passages.structure import Block, BlockKind, blocks, lead_in


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Passwords expire. To reset yours:\n\n1. Open it.\n2. Save.", "To reset yours:"),
        ("Pick one. Follow these steps.\n1. a\n2. b", "Follow these steps."),
        ("Reset your password\n\n1. a\n2. b", "Reset your password"),
        ("Two things. Neither is a lead-in.\n\n1. a\n2. b", None),
        ("# Head\n\n1. a\n2. b", None),
        ("1. a\n2. b", None),
    ],
)
def test_lead_in_is_the_sentence_that_introduces(body: str, expected: str | None) -> None:
    found = blocks(body)
    at = next(i for i, b in enumerate(found) if b.kind is BlockKind.LIST)
    span = lead_in(body, found, at)
    assert (None if span is None else body[slice(*span)]) == expected


def test_lead_in_of_prose_or_after_thousands_of_characters_is_none() -> None:
    body = "word " * 2_000 + ":\n\n- a\n- b"
    found: list[Block] = blocks(body)
    assert lead_in(body, found, 1) is None
    assert lead_in("a\n\nb", blocks("a\n\nb"), 1) is None
