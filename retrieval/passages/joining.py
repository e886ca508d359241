"""Pieces joined into passages, and what a passage repeats of the one before."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from retrieval.passages.pieces import AFTER_SENTENCE, BETWEEN_ITEMS, PassagePiece
from retrieval.passages.ruler import Ruler
from retrieval.passages.sentences import sentence_spans

__all__ = ["coarsened", "joined", "with_overlap"]

_COARSE_PIECES = 2000
"""Sections of more pieces than this are joined roughly first, to bound the time."""


def coarsened(pieces: list[PassagePiece], ruler: Ruler) -> list[PassagePiece]:
    """Join neighbours to an eighth of a passage where there are very many."""
    if len(pieces) <= _COARSE_PIECES:
        return pieces
    limit = max(1, ruler.settings.max_tokens // 8)
    chars = ruler.settings.max_chars // 8
    joined = [pieces[0]]
    for piece in pieces[1:]:
        last = joined[-1]
        inside = piece.paragraph >= 0 and piece.penalty <= AFTER_SENTENCE
        small = piece.end - last.start <= chars and ruler.tokens(last.start, piece.end) <= limit
        if small and (inside or piece.penalty in (0.0, BETWEEN_ITEMS)):
            joined[-1] = replace(last, end=piece.end)
        else:
            joined.append(piece)
    return joined


def joined(pieces: Sequence[PassagePiece], ruler: Ruler) -> list[list[PassagePiece]]:
    """Join pieces into passages at the least cost, by dynamic programming."""
    settings = ruler.settings
    counts = [bisect_left(ruler.starts, piece.start) for piece in pieces]
    stops = [bisect_left(ruler.starts, piece.end) for piece in pieces]
    n = len(pieces)
    best = [0.0] * (n + 1)  # best[j]: least cost of pieces[:j]
    cut_before = [0] * (n + 1)
    for j in range(1, n + 1):
        least = float("inf")
        for i in range(j - 1, -1, -1):
            first = pieces[i]
            size = stops[j - 1] - counts[i]
            room = settings.max_tokens
            if first.paragraph >= 0:
                room -= settings.overlap_tokens
            if i < j - 1 and (
                size > settings.max_tokens or pieces[j - 1].end - first.start > settings.max_chars
            ):
                break
            if i < j - 1 and size > room:
                continue
            slack = max(0.0, 1.0 - size / room)
            cost = best[i] + 1.0 + slack * slack + (first.penalty if i else 0.0)
            if cost < least:
                least, cut_before[j] = cost, i
        best[j] = least
    bounds = [n]
    while bounds[-1] > 0:
        bounds.append(cut_before[bounds[-1]])
    bounds.reverse()
    return [list(pieces[i:j]) for i, j in pairwise(bounds)]


def with_overlap(group: Sequence[PassagePiece], ruler: Ruler) -> tuple[int, int]:
    """Return a passage's span, begun earlier if it would begin inside a paragraph.

    The overlap begins at a sentence if one begins close enough before, otherwise at a word.
    """
    first, end = group[0], group[-1].end
    overlap = ruler.settings.overlap_tokens
    start = first.start
    if first.paragraph < 0 or overlap == 0:
        return start, end
    body = ruler.body
    back = bisect_left(ruler.starts, start) - overlap
    earliest = max(first.paragraph, ruler.starts[back] if back >= 0 else 0)
    earliest = max(earliest, end - ruler.settings.max_chars)
    # A little text before `earliest` lets the sentence finder see where it stands.
    window = max(first.paragraph, earliest - 400)
    begins = [window + at for at, _ in sentence_spans(body[window:start])]
    for at in begins:
        if at >= earliest and (at > window or at == first.paragraph) and ruler.fits(at, end):
            return at, end
    for at in range(max(earliest, first.paragraph + 1), start):
        if body[at - 1].isspace() and not body[at].isspace() and ruler.fits(at, end):
            return at, end
    return start, end
