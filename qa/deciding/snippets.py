"""Choose what a person is shown around an answer.

A reader's span is the size that SQuAD taught it: a few words. That suits "How long is a pass
valid?" and not "How do I set up the VPN?". The snippet is chosen from where the span lies (a
paragraph, a list, a table) and from what the question asks for (`question_type.py`):

- prose: the sentence; the paragraph if the span crosses sentences, if the sentence means nothing
  alone ("It takes two days."), or if a reason is asked for;
- a numbered list: the whole procedure with the sentence that introduces it, unless a fact is
  asked for, which the one step answers. The sentence before a procedure stands for it: a how-to
  question answered by "To reset your password:" gets the steps;
- a bulleted list: the bullet; the whole list if several things are asked for;
- a table: the row, with the header row beside it;
- code: the whole of it, with what introduces it;
- a sentence that ends in a colon: with the code, list or table that it leads to.

The snippet always holds the span and is a slice of the body. It never reaches over a heading
that the span itself doesn't cross. Very long blocks are cut around the span, so that a body
without any structure can't flood the screen; a procedure is cut only beyond `MAX_STEPS_CHARS`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from qa.deciding.question_type import QuestionType, question_type
from qa.types import Extract, Snippet, SnippetKind
from retrieval.passages.sentences import sentence_spans
from retrieval.passages.structure import Block, BlockKind, block_at, blocks, lead_in

__all__ = ["MAX_PARAGRAPH_CHARS", "MAX_SENTENCE_CHARS", "MAX_STEPS_CHARS", "snippet"]

MAX_SENTENCE_CHARS = 600
"""A "sentence" longer than this is cut at white space around the span."""

MAX_PARAGRAPH_CHARS = 2_000
"""A paragraph, list or code block longer than this is cut around the span."""

MAX_STEPS_CHARS = 12_000
"""A procedure longer than this is shown from the span's step on both sides as far as it fits."""

_WHOLE_ITEM_CHARS = 300
"""A list item up to this long is shown whole, as if it were one sentence."""

_MAX_DEPTH = 4
"""Lists nested deeper than this are shown from here on as they stand."""

_WINDOW_CHARS = 4_000
"""Sentences are looked for this far around a span."""

Place = tuple[int, int]

_LEANS_BACK = re.compile(
    r"[\"'“‘(\[*_]*(?:it|its|this|that|these|those|they|them|their|he|she|his|her|both|neither|"
    r"either|such|same|then|otherwise|instead|therefore|so|thus|hence|doing\s+so|"
    r"if\s+(?:so|not|it|they|this|that)|in\s+(?:that|this|such|either|both)|"
    r"(?:after|before|until|once)\s+(?:that|this|it|then)|for\s+(?:this|that))\b(?!\s+(?:is\s+)?"
    r"(?:to|who|which)\b)",
    re.IGNORECASE,
)
"""A sentence that begins so can't be understood without the one before."""

_POINTS_ELSEWHERE = re.compile(
    r"\b(?:in|at|from|with|repeat|until)\s+steps?\s+[0-9]|\b(?:as|see|described)\s+above\b",
    re.IGNORECASE,
)

_SEQUENCE = re.compile(
    r"(?:^|[.;]\s+)(?:first(?:ly)?|then|next|after\s+that|finally|afterwards|once|lastly)\b",
    re.IGNORECASE,
)
"""Words that tell a procedure in prose."""

_SAYS_STEPS = re.compile(
    r"\b(?:steps?|as\s+follows|in\s+this\s+order|do\s+this|do\s+the\s+following)\b", re.IGNORECASE
)

_ITEM_MARKER = re.compile(
    r"(?:[-*+•◦▪▫‣⁃·●○∙–]|\(?[0-9]{1,3}[.)]|\(?[a-z]\)|"
    r"(?:\*\*)?(?:step|schritt|étape|paso|passo|stap)[ \t\u00a0]{1,4}[0-9]{1,3}(?:\*\*)?\s{0,4}"
    r"[:.)–—-](?:\*\*)?)[ \t\u00a0]*",
    re.IGNORECASE,
)

_FACTUAL = (QuestionType.FACT, QuestionType.YES_NO, QuestionType.WHY)


@lru_cache(maxsize=8)
def _blocks(body: str) -> tuple[Block, ...]:
    """Return a body's blocks; one ask makes several snippets of the same few articles."""
    return tuple(blocks(body))


def snippet(body: str, start: int, end: int, question: str) -> Snippet:
    """Return what a person should see of a body for the answer `body[start:end]`.

    Args:
        body: The article's body.
        start: First code point of the answer.
        end: One past the last; `0 <= start < end <= len(body)`.
        question: As asked, in any wording; it decides between a fact's sentence and the whole
            procedure.

    Raises:
        ValueError: The span isn't a slice of the body that holds anything.
    """
    if not 0 <= start < end <= len(body):
        raise ValueError(
            f"the answer's span is [{start}, {end}) in a body of {len(body)} characters; "
            "expected 0 <= start < end <= length"
        )
    parts = _blocks(body)
    first, last = _touched(parts, start, end)
    if first is None or last is None:  # white space between blocks
        return _make(body, (start, end), (start, end), SnippetKind.SENTENCE)
    asked = question_type(question)
    if first != last:
        return _across(body, parts, first, last, (start, end))
    block = parts[first]
    if block.kind is BlockKind.LIST:
        return _of_list(body, parts, first, (start, end), asked)
    if block.kind is BlockKind.TABLE:
        return _of_table(body, block, (start, end))
    if block.kind is BlockKind.CODE:
        whole = _with_lead_in(body, parts, first)
        return _bounded(body, whole, (start, end), SnippetKind.CODE, MAX_STEPS_CHARS)
    if block.kind is BlockKind.PARAGRAPH:
        return _of_paragraph(body, parts, first, (start, end), asked)
    return _make(body, (block.start, block.end), (start, end), SnippetKind.SENTENCE)


# -- by place -----------------------------------------------------------------------------------


def _of_paragraph(
    body: str, parts: Sequence[Block], i: int, span: Place, asked: QuestionType
) -> Snippet:
    block = parts[i]
    led_to = _led_to(body, parts, i, span)
    if led_to is not None:
        return led_to
    if (
        asked not in _FACTUAL
        and asked is not QuestionType.OTHER
        and i + 1 < len(parts)
        and parts[i + 1].kind is BlockKind.LIST
    ):
        introduced = _introduced(body, parts, i + 1, span, asked)
        if introduced is not None:
            return introduced
    return _of_prose(body, (block.start, block.end), span, asked)


def _led_to(body: str, parts: Sequence[Block], i: int, span: Place) -> Snippet | None:
    """Return what a span's sentence leads to, if it ends in a colon: alone it says nothing."""
    begin = lead_in(body, parts, i + 1) if i + 1 < len(parts) else None
    if begin is None or span[1] <= begin[0]:
        return None
    if not body[slice(*begin)].rstrip("*_").endswith((":", "：")):
        return None
    following = parts[i + 1]
    whole = (min(begin[0], span[0]), following.end)
    if following.kind is BlockKind.CODE:
        return _bounded(body, whole, span, SnippetKind.CODE, MAX_STEPS_CHARS)
    if following.kind is BlockKind.TABLE:
        return _bounded(body, whole, span, SnippetKind.TABLE, MAX_PARAGRAPH_CHARS)
    if _is_procedure(body, parts, i + 1):
        return _bounded(body, whole, span, SnippetKind.STEPS, MAX_STEPS_CHARS)
    return _bounded(body, whole, span, SnippetKind.PARAGRAPH, MAX_PARAGRAPH_CHARS)


def _introduced(
    body: str, parts: Sequence[Block], i: int, span: Place, asked: QuestionType
) -> Snippet | None:
    """Return the list at `i` for a span in the paragraph before it, if that is what it means."""
    listing = parts[i]
    begin = lead_in(body, parts, i)
    if asked is QuestionType.HOW_TO and _is_procedure(body, parts, i):
        start = min(span[0], begin[0]) if begin is not None else span[0]
        start = _sentence_start(body, parts[i - 1], start)
        whole = (start, listing.end)
        return _bounded(body, whole, span, SnippetKind.STEPS, MAX_STEPS_CHARS)
    if begin is not None and begin[0] < span[1]:
        kind = SnippetKind.STEPS if _is_procedure(body, parts, i) else SnippetKind.PARAGRAPH
        whole = (min(begin[0], _sentence_start(body, parts[i - 1], span[0])), listing.end)
        return _bounded(body, whole, span, kind, MAX_PARAGRAPH_CHARS)
    return None


def _of_prose(body: str, within: Place, span: Place, asked: QuestionType) -> Snippet:
    """Choose between the sentence and the paragraph."""
    sentences = _sentences(body, within, span)
    touched = [s for s in sentences if s[0] < span[1] and span[0] < s[1]]
    if not touched:
        return _make(body, span, span, SnippetKind.SENTENCE)
    sentence = (touched[0][0], touched[-1][1])
    paragraph = within
    whole = len(sentences) == 1
    if whole or (len(touched) == 1 and not _needs_more(body, paragraph, sentence, asked)):
        return _bounded(body, sentence, span, SnippetKind.SENTENCE, MAX_SENTENCE_CHARS)
    return _bounded(body, paragraph, span, SnippetKind.PARAGRAPH, MAX_PARAGRAPH_CHARS)


def _needs_more(body: str, paragraph: Place, sentence: Place, asked: QuestionType) -> bool:
    """Tell whether a sentence has to be seen with the paragraph around it."""
    text = body[sentence[0] : sentence[1]]
    if _POINTS_ELSEWHERE.search(text) or (sentence[0] > paragraph[0] and _LEANS_BACK.match(text)):
        return True
    if asked is QuestionType.WHY:
        return paragraph[1] - paragraph[0] <= _WHOLE_ITEM_CHARS * 2
    if asked is QuestionType.HOW_TO:
        around = body[paragraph[0] : min(paragraph[1], paragraph[0] + MAX_PARAGRAPH_CHARS)]
        return len(_SEQUENCE.findall(around)) >= 2
    return False


def _of_list(
    body: str,
    parts: Sequence[Block],
    i: int,
    span: Place,
    asked: QuestionType,
    *,
    depth: int = 0,
) -> Snippet:
    block = parts[i]
    items = [item for item in block.items if item[0] < span[1] and span[0] < item[1]]
    several = len(items) != 1
    if _is_procedure(body, parts, i):
        if several or asked not in _FACTUAL:
            whole = _with_lead_in(body, parts, i)
            return _bounded(body, whole, span, SnippetKind.STEPS, MAX_STEPS_CHARS)
        return _of_item(body, items[0], span, asked, depth=depth)
    if several or asked is QuestionType.LIST:
        whole = _with_lead_in(body, parts, i)
        return _bounded(body, whole, span, SnippetKind.PARAGRAPH, MAX_PARAGRAPH_CHARS)
    return _of_item(body, items[0], span, asked, depth=depth)


def _of_item(body: str, item: Place, span: Place, asked: QuestionType, *, depth: int) -> Snippet:
    """Show one list item: whole if short, otherwise what of it the span lies in."""
    start, end = item
    marker = _ITEM_MARKER.match(body, start, end)
    text_start = marker.end() if marker is not None and marker.end() <= span[0] else start
    inner = _shifted(blocks(body[text_start:end]), text_start)
    if len(inner) <= 1 and end - text_start <= _WHOLE_ITEM_CHARS:
        return _make(body, (text_start, end), span, SnippetKind.SENTENCE)
    at = block_at(inner, span[0])
    if at is None or span[1] > inner[at].end or depth >= _MAX_DEPTH:
        return _bounded(body, (text_start, end), span, SnippetKind.PARAGRAPH, MAX_PARAGRAPH_CHARS)
    part = inner[at]
    if part.kind is BlockKind.LIST:
        return _of_list(body, inner, at, span, asked, depth=depth + 1)
    if part.kind is BlockKind.TABLE:
        return _of_table(body, part, span)
    if part.kind is BlockKind.CODE:
        whole = _with_lead_in(body, inner, at)
        return _bounded(body, whole, span, SnippetKind.CODE, MAX_STEPS_CHARS)
    led_to = _led_to(body, inner, at, span)
    if led_to is not None:
        return led_to
    if asked is QuestionType.HOW_TO and at + 1 < len(inner) and _is_procedure(body, inner, at + 1):
        whole = (part.start, inner[at + 1].end)
        return _bounded(body, whole, span, SnippetKind.STEPS, MAX_STEPS_CHARS)
    return _of_prose(body, (part.start, part.end), span, asked)


def _of_table(body: str, block: Block, span: Place) -> Snippet:
    """Show the row (or rows) that the span lies in, with the header row beside."""
    header = None
    if block.header is not None:
        header = Extract(body[slice(*block.header)], *block.header)
    rows = [row for row in block.items if row[0] < span[1] and span[0] < row[1]]
    if block.header is not None and span[0] < block.header[1]:
        rows.insert(0, block.header)
    place = (rows[0][0], rows[-1][1]) if rows else span
    made = _bounded(body, place, span, SnippetKind.TABLE, MAX_PARAGRAPH_CHARS)
    return Snippet(made.text, made.start, made.end, made.kind, header)


def _across(body: str, parts: Sequence[Block], first: int, last: int, span: Place) -> Snippet:
    """Show all that a span touches when it reaches over several blocks."""
    begin, finish = parts[first], parts[last]
    numbered = any(_is_procedure(body, parts, i) for i in range(first, last + 1))
    whole = (begin.start, finish.end)
    if begin.kind is BlockKind.PARAGRAPH:
        whole = (_sentence_start(body, begin, span[0]), finish.end)
    kind = SnippetKind.STEPS if numbered else SnippetKind.PARAGRAPH
    limit = MAX_STEPS_CHARS if numbered else MAX_PARAGRAPH_CHARS
    return _bounded(body, whole, span, kind, limit)


# -- parts --------------------------------------------------------------------------------------


def _touched(parts: Sequence[Block], start: int, end: int) -> tuple[int | None, int | None]:
    """Return the first and last block that `[start, end)` overlaps; headings aside if it can."""
    at = block_at(parts, start)
    if at is None:
        at = next((i for i, b in enumerate(parts) if b.start >= start and b.start < end), None)
        if at is None:
            return None, None
    last = at
    while last + 1 < len(parts) and parts[last + 1].start < end:
        last += 1
    return at, last


def _is_procedure(body: str, parts: Sequence[Block], i: int) -> bool:
    """Tell whether a list is a procedure: numbered, or called steps by what introduces it."""
    block = parts[i]
    if block.kind is not BlockKind.LIST or len(block.items) < 2:
        return False
    if block.ordered:
        return True
    begin = lead_in(body, parts, i)
    return begin is not None and bool(_SAYS_STEPS.search(body, *begin))


def _with_lead_in(body: str, parts: Sequence[Block], i: int) -> Place:
    begin = lead_in(body, parts, i)
    return (begin[0] if begin is not None else parts[i].start, parts[i].end)


def _shifted(found: Sequence[Block], by: int) -> list[Block]:
    """Return blocks of a slice with the offsets of the body it was taken from."""
    return [
        Block(
            b.kind,
            b.start + by,
            b.end + by,
            b.level,
            b.ordered,
            tuple((start + by, end + by) for start, end in b.items),
            b.headings,
            None if b.header is None else (b.header[0] + by, b.header[1] + by),
            b.text_start + by,
            b.text_end + by,
        )
        for b in found
    ]


def _sentences(body: str, within: Place, span: Place) -> list[Place]:
    """Return the sentences of a block, near the span if the block is very long."""
    start, end = within
    if end - start > 4 * _WINDOW_CHARS:
        start = max(start, span[0] - _WINDOW_CHARS)
        end = min(end, span[1] + _WINDOW_CHARS)
    return [(start + a, start + b) for a, b in sentence_spans(body[start:end])]


def _sentence_start(body: str, block: Block, at: int) -> int:
    """Return where the sentence that holds `at` begins."""
    starts = [s for s, e in _sentences(body, (block.start, block.end), (at, at + 1)) if s <= at]
    return starts[-1] if starts else at


def _bounded(body: str, place: Place, span: Place, kind: SnippetKind, limit: int) -> Snippet:
    """Make a snippet, cut at white space around the span if the place is too long to show."""
    start, end = min(place[0], span[0]), max(place[1], span[1])
    if end - start <= limit:
        return _make(body, (start, end), span, kind)
    spare = max(0, limit - (span[1] - span[0])) // 2
    left, right = max(start, span[0] - spare), min(end, span[1] + spare)
    if left > start:
        breaks = [m.end() for m in re.finditer(r"[\r\n]+\s*|\s+", body[left : span[0]])]
        left += breaks[0] if breaks else 0
    if right < end:
        tail = body[span[1] : right]
        kept = tail.rsplit(None, 1)[0] if re.search(r"\S\s+\S", tail) else tail
        right = span[1] + len(kept)
    return _make(body, (left, right), span, kind)


def _make(body: str, place: Place, span: Place, kind: SnippetKind) -> Snippet:
    """Make a snippet of a place that is stretched to hold the span."""
    start, end = min(place[0], span[0]), max(place[1], span[1])
    return Snippet(body[start:end], start, end, kind)
