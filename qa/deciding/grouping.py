"""Which candidates are one answer, because a person is shown the same place for both.

"Open Software Centre" and "from the Start menu" are two spans of one numbered procedure.
Whoever is shown the procedure has both, so they mustn't compete. Two spans of prose do, of
one sentence even: "founded in 1851 in Lyon" answers when with one and where with the other.
"""

from __future__ import annotations

from functools import lru_cache

from qa.deciding.snippets import snippet
from qa.types import Candidate, SnippetKind
from retrieval.passages.structure import Block, BlockKind, block_at, blocks

__all__ = ["shown_place"]

_STRUCTURED = (SnippetKind.STEPS, SnippetKind.TABLE)
_PROSE = (BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.RULE)


def shown_place(candidate: Candidate, question: str) -> tuple[int, int] | None:
    """Return the procedure, table row, list or list item that a candidate is shown with.

    Judged on the candidate's passage, since the whole article isn't at hand while candidates
    are ranked; a procedure that goes on in the next passage ends with this one.

    Args:
        candidate: What the reader proposes.
        question: As asked: it decides between one step and the whole procedure.

    Returns:
        Half-open offsets in the article's body that hold the candidate; None in prose.
    """
    passage = candidate.passage
    start, end = candidate.start - passage.start, candidate.end - passage.start
    if not 0 <= start < end <= len(passage.text):
        return None
    parts = _parts(passage.text)
    if all(part.kind in _PROSE for part in parts):
        return None
    shown = snippet(passage.text, start, end, question)
    at = block_at(parts, start)
    if shown.kind not in _STRUCTURED and (at is None or parts[at].kind in _PROSE):
        return None
    return passage.start + shown.start, passage.start + shown.end


@lru_cache(maxsize=64)
def _parts(text: str) -> tuple[Block, ...]:
    return tuple(blocks(text))
