"""A section in pieces that stay in one passage each, cut as finely as they must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from retrieval.passages.ruler import Ruler
from retrieval.passages.sentences import sentence_spans
from retrieval.passages.structure import Block, BlockKind, lead_in

__all__ = ["AFTER_SENTENCE", "BETWEEN_ITEMS", "PassagePiece", "pieces_of"]

# What a break before a piece costs, where a passage costs 1: a paragraph's end is free.
BETWEEN_ITEMS = 0.3
AFTER_SENTENCE = 0.6
_AFTER_LEAD_IN = 2.0
_AT_WHITE_SPACE = 1.2
_INSIDE_WORD = 1.5

_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True)
class PassagePiece:
    """A slice that stays in one passage.

    Attributes:
        start: First code point in the body.
        end: One past the last.
        penalty: What it costs to begin a passage here.
        paragraph: Start of the paragraph that this piece goes on with; -1 if it begins one.
    """

    start: int
    end: int
    penalty: float = 0.0
    paragraph: int = -1


def pieces_of(parts: Sequence[Block], ruler: Ruler) -> list[PassagePiece]:
    """Cut a section's blocks into pieces; what introduces a list or table stays with it."""
    pieces: list[PassagePiece] = []
    held: Block | None = None  # a paragraph that may be the lead-in of what comes next
    for i, block in enumerate(parts):
        introduction = lead_in(ruler.body, parts, i) if held is not None else None
        if held is not None and introduction is not None:
            pieces.extend(_introduced(held, introduction, block, ruler))
            held = None
            continue
        if held is not None:
            pieces.extend(_split(held, ruler))
            held = None
        if block.kind is BlockKind.PARAGRAPH:
            held = block
        elif block.kind is not BlockKind.RULE:
            pieces.extend(_split(block, ruler))
    if held is not None:
        pieces.extend(_split(held, ruler))
    return pieces


def _introduced(
    paragraph: Block, introduction: tuple[int, int], block: Block, ruler: Ruler
) -> list[PassagePiece]:
    """Keep a list, table or code with its paragraph, or with the sentence that introduces it."""
    if ruler.fits(paragraph.start, block.end):
        return [PassagePiece(paragraph.start, block.end)]
    start = introduction[0]
    before: list[PassagePiece] = []
    spare = 0
    if start > paragraph.start:
        above = ruler.body[paragraph.start : start].rstrip()
        before = _split_span(paragraph.start, paragraph.start + len(above), ruler)
        spare = ruler.settings.overlap_tokens
    penalty = AFTER_SENTENCE if before else 0.0
    if ruler.fits(start, block.end):
        return [*before, PassagePiece(start, block.end, penalty)]
    first, *rest = _split(block, ruler)
    if ruler.fits(start, first.end):
        return [*before, PassagePiece(start, first.end, penalty), *rest]
    whole = _split_span(paragraph.start, paragraph.end, ruler, spare=spare)
    return [*whole, replace(first, penalty=_AFTER_LEAD_IN), *rest]


def _split(block: Block, ruler: Ruler) -> list[PassagePiece]:
    """Cut a block as finely as it must be: not at all if it fits."""
    if ruler.fits(block.start, block.end):
        return [PassagePiece(block.start, block.end)]
    if block.kind is BlockKind.LIST:
        spans = list(block.items)
    elif block.kind is BlockKind.TABLE and block.items:
        spans = list(block.items)
        if block.header is not None:
            # The delimiter row, if any, goes with the header.
            above = ruler.body[block.start : block.items[0][0]].rstrip()
            head = (block.start, block.start + len(above))
            if ruler.fits(head[0], spans[0][1]):
                spans[0] = (head[0], spans[0][1])
            else:
                spans.insert(0, head)
    elif block.kind is BlockKind.CODE:
        spans = _line_spans(ruler.body, block.start, block.end)
    else:
        return _split_span(block.start, block.end, ruler)
    pieces: list[PassagePiece] = []
    for start, end in spans:
        penalty = BETWEEN_ITEMS if pieces else 0.0
        if ruler.fits(start, end):
            pieces.append(PassagePiece(start, end, penalty))
            continue
        first, *rest = _split_lines(start, end, ruler)
        pieces += [replace(first, penalty=penalty), *rest]
    return pieces


def _line_spans(body: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the lines of a slice that aren't blank, without white space at their ends."""
    spans: list[tuple[int, int]] = []
    for line in regex.finditer(r"[^\r\n]+", body, pos=start, endpos=end):
        text = line.group()
        stripped = text.strip()
        if stripped:
            first = line.start() + len(text) - len(text.lstrip())
            spans.append((first, first + len(stripped)))
    return spans


def _split_lines(start: int, end: int, ruler: Ruler) -> list[PassagePiece]:
    """Cut an item of many lines (a step with a list under it) between them, then as prose."""
    pieces: list[PassagePiece] = []
    for first, last in _line_spans(ruler.body, start, end):
        penalty = AFTER_SENTENCE if pieces else 0.0
        if ruler.fits(first, last):
            pieces.append(PassagePiece(first, last, penalty))
        else:
            head, *rest = _split_span(first, last, ruler)
            pieces += [replace(head, penalty=penalty), *rest]
    return pieces


def _split_span(
    start: int, end: int, ruler: Ruler, *, spare: int | None = None
) -> list[PassagePiece]:
    """Cut prose after sentences, then at white space, then between grapheme clusters."""
    # A passage that begins inside the paragraph will repeat some of it: leave room.
    spare = ruler.settings.overlap_tokens if spare is None else spare
    pieces: list[PassagePiece] = []
    for first, last in sentence_spans(ruler.body[start:end]):
        at, stop = start + first, start + last
        penalty = AFTER_SENTENCE
        while not ruler.fits(at, stop, spare):
            here, inside = _forced_end(at, min(stop, ruler.reach(at, spare)), stop, ruler)
            if here >= stop:
                break
            pieces.append(PassagePiece(at, _rstrip(ruler.body, at, here), penalty, start))
            at = _lstrip(ruler.body, here, stop)
            penalty = _INSIDE_WORD if inside else _AT_WHITE_SPACE
        pieces.append(PassagePiece(at, stop, penalty, start))
    pieces[0] = replace(pieces[0], penalty=0.0, paragraph=-1)
    return pieces


def _forced_end(start: int, limit: int, stop: int, ruler: Ruler) -> tuple[int, bool]:
    """Return where to end a slice that can't go beyond `limit`, and whether inside a word."""
    body = ruler.body
    if limit >= stop or body[limit].isspace():
        return limit, False
    for at in range(limit - 1, start + (limit - start) // 2, -1):
        if body[at].isspace():
            return at, False
    # No white space in the second half: a script without spaces, or a very long word.
    at = start
    for cluster in _GRAPHEME.finditer(body, start, min(stop, limit + ruler.settings.max_chars)):
        if cluster.end() > limit:
            break
        at = cluster.end()
    if at > start:
        return at, True
    # One cluster longer than a passage may be. Up to max_chars over it is kept whole.
    whole = _GRAPHEME.match(body, start, min(stop, start + ruler.settings.max_chars))
    return (whole.end() if whole is not None else limit), True


def _lstrip(body: str, start: int, end: int) -> int:
    while start < end and body[start].isspace():
        start += 1
    return start


def _rstrip(body: str, start: int, end: int) -> int:
    while end > start and body[end - 1].isspace():
        end -= 1
    return end
