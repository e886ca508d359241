"""The sentence that introduces a list, table or piece of code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.passages.sentences import sentence_spans
from retrieval.passages.structure.block import Block, BlockKind

__all__ = ["lead_in"]

_POINTS_ON = re.compile(
    r"\b(?:follow(?:s|ing)?|steps?|below|these|here(?:'s| is)|as such|do this|instructions)\b",
    re.IGNORECASE,
)

_LEAD_IN_CHARS = 4_000
"""The last sentence of a paragraph is looked for this far back."""


def lead_in(body: str, parts: Sequence[Block], i: int) -> tuple[int, int] | None:
    r"""Return the span of the sentence that introduces the list, table or code at `i`.

    It is the last sentence of the paragraph right before, if that ends in a colon, points on
    ("Follow these steps.") or is all there is to the paragraph.

        >>> body = "Passwords expire. To reset yours:\n\n1. Open Okta."
        >>> slice(*lead_in(body, blocks(body), 1))
        slice(18, 33, None)
    """
    if i == 0 or parts[i].kind not in (BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE):
        return None
    before = parts[i - 1]
    if before.kind is not BlockKind.PARAGRAPH:
        return None
    begin = max(before.start, before.end - _LEAD_IN_CHARS)
    text = body[begin : before.end]
    spans = sentence_spans(text)
    start, end = spans[-1]
    last = text[start:end]
    if start == 0 and begin > before.start:
        return None  # it goes on for thousands of characters: no sentence
    if last.endswith((":", "：")) or _POINTS_ON.search(last) or len(spans) == 1:
        return begin + start, begin + end
    return None
