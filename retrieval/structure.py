"""The structure of a body: headings, paragraphs, lists, tables and code, with exact offsets.

A body is light Markdown from one of our loaders, or a field or file verbatim: plain text of any
kind. This file is a line scanner of its own. markdown-it-py was tried first and is fast and
sound, but CommonMark is not what such bodies hold:

- "Step 1: …" lines, "•" bullets and "(1)" are not lists to it;
- a paragraph or code block between two steps that isn't indented far enough, which authors do
  all the time, tears the procedure in two and restarts the count;
- indented plain text becomes code, `<tag>` lines become HTML, an unclosed fence swallows the rest;
- link definitions leave no token behind, so text would be lost to the index;
- one paragraph per line, as exports of wikis have it, becomes one paragraph in all.

Turning each of these off or mending it afterwards took more code than the scanner does. What is
kept from CommonMark and GFM: ATX and setext headings, fences, pipe tables, list markers, lazy
continuation lines. Left out on purpose: inline markup, HTML, structure inside block quotes (a
quote is a paragraph) and inside list items (`blocks` of the item's text gives it).

Offsets are half-open and count code points of the body. A line ends at CR LF, CR or LF; form
feeds, U+0085 and U+2028 are white space inside a line. Time and memory are linear in the length.

Where a line break parts paragraphs. Text files come hard-wrapped or with one paragraph a line:

1. A line whose last word begins beyond column 120 was not wrapped by any program, so nothing
   around it is: the break after it parts paragraphs. (So does one after a line that long that
   ends a sentence, for scripts that write no spaces.)
2. In a body that never parts its paragraphs by blank lines, a break after the end of a sentence
   parts paragraphs if the next word would still have fitted on the line: the author broke there.
3. "Q:" and "A:" begin a paragraph. Every other break is a wrap.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from retrieval.sentences import ends_sentence, sentence_spans

__all__ = ["Block", "BlockKind", "block_at", "blocks", "lead_in"]


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    RULE = "rule"


@dataclass(frozen=True)
class Block:
    """A block of a body: `body[start:end]` neither starts nor ends in white space.

    Attributes:
        kind: What it is. A RULE is a line of dashes or the like.
        start: First code point in the body.
        end: One past the last.
        level: 1 to 6 for a heading, otherwise 0.
        ordered: Whether a list is numbered.
        items: Spans of a list's items (each with its marker, continuation and nested lists), or
            of a table's rows without header and delimiter row. Empty for other kinds.
        headings: Texts of the headings above, outermost first; a heading doesn't hold itself.
        header: Span of a table's header row, if it has one.
        text_start: For a heading, where its text starts, markup aside; otherwise `start`.
        text_end: For a heading, where its text ends; otherwise `end`.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    ordered: bool = False
    items: tuple[tuple[int, int], ...] = ()
    headings: tuple[str, ...] = ()
    header: tuple[int, int] | None = None
    text_start: int = 0
    text_end: int = 0


WRAP_COLUMNS = 120
"""No program hard-wraps text wider than this (mail 72-78, code 79-100, wide editors 120)."""

_RESUME_LINES = 12
_RESUME_CHARS = 600
"""How much prose that isn't indented may stand between two numbered steps."""

_LINE = re.compile(r"[^\r\n]+")
_FENCE = re.compile(r"(`{3,}|~{3,})([^\r\n]*)")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(?=\S)|\Z)")
_CLOSING_HASHES = re.compile(r"[ \t]+#+\Z")
_RULE = re.compile(r"(?:-[ \t]*){3,}\Z|(?:\*[ \t]*){3,}\Z|(?:_[ \t]*){3,}\Z|(?:=[ \t]*){3,}\Z")
_UNDERLINE = re.compile(r"={3,}\Z|-{3,}\Z")
_BULLET = re.compile(r"[-*+•◦▪▫‣⁃·●○∙–][ \t]+(?=\S)|[•◦▪‣●○](?=\S)")
_NUMBER = re.compile(r"(?:\(([0-9]{1,3})\)|([0-9]{1,3})[.)])(?:[ \t\u00a0]+(?=\S)|\Z)")
_LETTER = re.compile(r"\(?([a-z])\)[ \t]+(?=\S)")
_STEP = re.compile(
    r"(?:\*\*|__)?(?:step|schritt|étape|paso|passo|stap)[ \t\u00a0]{1,4}([0-9]{1,3})"
    r"(?:\*\*|__)?[ \t]{0,4}(?:[:.)]|[-–—](?=[ \t]))(?:\*\*|__)?(?:[ \t]+|(?=\S)|\Z)",
    re.IGNORECASE,
)
_QUESTION_OR_ANSWER = re.compile(r"(?:Q|A|Question|Answer)[ \t]?[0-9]{0,3}[.:)][ \t]")
_TABS = re.compile(r"\t+")
_WIDE_GAP = re.compile(r"(?<=\S) {3,}(?=\S)")
_DIGIT = re.compile(r"[0-9]")
_LOOSE_ROW_CHARS = 400
"""Rows of tables without a delimiter row are no longer than this."""
_DELIMITER_CHARACTERS = frozenset("|-: \t")


@dataclass(frozen=True)
class _Marker:
    """How a list item begins: its family, its number (or 0) and where its text starts."""

    family: str
    number: int
    width: int

    @property
    def ordered(self) -> bool:
        return self.family != "bullet"


@dataclass(frozen=True)
class _TableStart:
    """A table's first row below the header, and what parts cells where no delimiter row is."""

    first_row: int
    parted_by: str
    gaps: int


class _Lines:
    """The lines of a body that hold text, as flat arrays: a body may have millions."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.begin = array("q")  # the line's own start
        self.first = array("q")  # its first character that isn't white space
        self.last = array("q")  # one past its last
        self.blank_before = bytearray()
        after = 0
        for match in _LINE.finditer(body):
            text = match.group()
            stripped = text.lstrip()
            if not stripped:
                continue
            begin = match.start()
            first = begin + len(text) - len(stripped)
            # Line breaks are CR LF, CR or LF: with anything more in between, a line was blank.
            gap = body[after:begin] if begin - after <= 2 else ""
            self.begin.append(begin)
            self.first.append(first)
            self.last.append(first + len(stripped.rstrip()))
            self.blank_before.append(gap not in ("\n", "\r\n", "\r"))
            after = match.end()

    def __len__(self) -> int:
        return len(self.first)

    def text(self, i: int) -> str:
        return self.body[self.first[i] : self.last[i]]

    def indent(self, i: int) -> int:
        """Return the column of the first character, tabs going to the next multiple of 4."""
        begin, first = self.begin[i], self.first[i]
        if begin == first:
            return 0
        column = 0
        for ch in self.body[begin : min(first, begin + 400)]:
            column += 4 - column % 4 if ch == "\t" else 1
        return column

    def match(self, pattern: re.Pattern[str], i: int) -> re.Match[str] | None:
        return pattern.match(self.body, self.first[i], self.last[i])

    def marker(self, i: int) -> _Marker | None:
        """Return how a list item begins on this line, if one does."""
        ch = self.body[self.first[i]]
        if ch.isdigit() or ch == "(" or ch.isalpha() or ch in "*_":
            number = self.match(_NUMBER, i)
            if number is not None:
                value = number.group(1) or number.group(2)
                return _Marker("number", int(value), number.end() - number.start())
            step = self.match(_STEP, i)
            if step is not None:
                return _Marker("step", int(step.group(1)), step.end() - step.start())
            letter = self.match(_LETTER, i)
            if letter is not None:
                value = ord(letter.group(1)) - ord("a") + 1
                return _Marker("letter", value, letter.end() - letter.start())
        bullet = self.match(_BULLET, i)
        if bullet is not None and not self.match(_RULE, i):
            return _Marker("bullet", 0, bullet.end() - bullet.start())
        return None


def blocks(body: str) -> list[Block]:
    r"""Return the blocks of a body: disjoint, ascending, covering all text that isn't white.

    >>> [(b.kind.value, body[b.start:b.end]) for b in blocks(body := "# VPN\n\n1. Open it.")]
    [('heading', '# VPN'), ('list', '1. Open it.')]
    """
    return _Scanner(body).scan()


def block_at(parts: Sequence[Block], offset: int) -> int | None:
    """Return the position of the block that holds this offset, or None between blocks."""
    i = bisect_right(parts, offset, key=lambda block: block.start) - 1
    return i if i >= 0 and offset < parts[i].end else None


class _Scanner:
    """One pass over the lines; `self.at` is the line to read next."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.lines = _Lines(body)
        self.at = 0
        self.path: list[tuple[int, str]] = []
        self.found: list[Block] = []
        # Shortest fence of each kind known to have no end: opening scans stay linear.
        self.unclosed = {"`": 1 << 30, "~": 1 << 30}
        self.parted_by_blanks = self._parted_by_blanks()

    def scan(self) -> list[Block]:
        while self.at < len(self.lines):
            if not (
                self._heading() or self._code() or self._rule() or self._table() or self._list()
            ):
                self._paragraphs()
        return self.found

    # -- what begins on a line ----------------------------------------------------------------

    def _parted_by_blanks(self) -> bool:
        """Tell whether blank lines part paragraphs: prose, a blank line, prose."""
        lines = self.lines
        plain_before = False
        for i in range(len(lines)):
            ch = self.body[lines.first[i]]
            plain = ch not in "#|`~" and lines.last[i] - lines.first[i] > 40
            if plain and plain_before and lines.blank_before[i] and lines.marker(i) is None:
                return True
            # A paragraph's last line may be short: any line of the run will do.
            plain_before = plain or (plain_before and not lines.blank_before[i])
        return False

    def _atx(self, i: int) -> re.Match[str] | None:
        if self.body[self.lines.first[i]] != "#" or self.lines.indent(i) > 3:
            return None
        return self.lines.match(_HEADING, i)

    def _fence_end(self, i: int) -> int | None:
        """Return the line that closes the fence opened on line `i`; None where none does."""
        lines = self.lines
        ch = self.body[lines.first[i]]
        if ch not in "`~":
            return None
        opening = lines.match(_FENCE, i)
        if opening is None or (ch == "`" and "`" in opening.group(2)):
            return None
        length = len(opening.group(1))
        if length >= self.unclosed[ch]:
            return None
        for j in range(i + 1, len(lines)):
            if self.body[lines.first[j]] != ch:
                continue
            text = lines.text(j)
            if len(text) >= length and text.strip(ch) == "":
                return j
        self.unclosed[ch] = length
        return None

    def _is_rule(self, i: int) -> bool:
        return self.body[self.lines.first[i]] in "-*_=" and bool(self.lines.match(_RULE, i))

    def _table_begins(self, i: int) -> _TableStart | None:
        """Return how a table begins whose first row is line `i`, if one does."""
        lines = self.lines
        if i + 1 >= len(lines) or lines.blank_before[i + 1]:
            return None
        start, end = lines.first[i], lines.last[i]
        if self.body.find("|", start, end) >= 0:
            below = lines.text(i + 1)
            if "-" in below and "|" in below and set(below) <= _DELIMITER_CHARACTERS:
                if _columns(below) == _columns(lines.text(i)):
                    return _TableStart(i + 2, "", 0)
                return None
        columns = self._loose_columns(i)
        if columns is None or columns != self._loose_columns(i + 1):
            return None
        # Two cells in two rows may be chance; in three rows they are not.
        if columns[1] == 1 and (
            i + 2 >= len(lines)
            or lines.blank_before[i + 2]
            or self._loose_columns(i + 2) != columns
        ):
            return None
        return _TableStart(i, *columns)

    def _loose_columns(self, i: int) -> tuple[str, int] | None:
        """Return what parts a line into cells without Markdown's delimiter row, and how often."""
        lines = self.lines
        start, end = lines.first[i], lines.last[i]
        if end - start > _LOOSE_ROW_CHARS:
            return None
        text = self.body[start:end]
        if " | " in text:
            found = "|", _columns(text) - 1
        elif "\t" in text:
            found = "\t", len(_TABS.findall(text))
        elif "   " in text:
            found = " ", len(_WIDE_GAP.findall(text))
        else:
            return None
        return found if lines.marker(i) is None else None

    def _begins_other(self, i: int) -> bool:
        """Tell whether something other than a paragraph or list begins on this line."""
        return (
            self._atx(i) is not None
            or self._is_rule(i)
            or self._fence_end(i) is not None
            or self._table_begins(i) is not None
        )

    # -- blocks -------------------------------------------------------------------------------

    def _add(
        self,
        kind: BlockKind,
        start: int,
        end: int,
        *,
        level: int = 0,
        ordered: bool = False,
        items: Sequence[tuple[int, int]] = (),
        header: tuple[int, int] | None = None,
        text: tuple[int, int] | None = None,
    ) -> None:
        text_start, text_end = text or (start, end)
        path = tuple(heading for _, heading in self.path)
        self.found.append(
            Block(
                kind, start, end, level, ordered, tuple(items), path, header, text_start, text_end
            )
        )

    def _add_heading(self, start: int, end: int, level: int, text: tuple[int, int]) -> None:
        while self.path and self.path[-1][0] >= level:
            self.path.pop()
        self._add(BlockKind.HEADING, start, end, level=level, text=text)
        words = self.body[text[0] : text[1]]
        if words:
            self.path.append((level, words))

    def _heading(self) -> bool:
        lines, i = self.lines, self.at
        opening = self._atx(i)
        if opening is not None:
            start, end = lines.first[i], lines.last[i]
            text_start = min(opening.end(), end)
            closing = _CLOSING_HASHES.search(self.body[max(text_start, end - 200) : end])
            text_end = end - (len(closing.group()) if closing else 0)
            self._add_heading(start, end, len(opening.group(1)), (text_start, text_end))
            self.at += 1
            return True
        if i + 1 < len(lines) and self._is_setext(i):
            start, end = lines.first[i], lines.last[i]
            level = 1 if self.body[lines.first[i + 1]] == "=" else 2
            self._add_heading(start, lines.last[i + 1], level, (start, end))
            self.at += 2
            return True
        return False

    def _is_setext(self, i: int) -> bool:
        """Tell whether line `i` is a title that the next line underlines, clearly meant so.

        A short line on its own that doesn't end a sentence, underlined over at least half its
        length: a dashed line under prose is a rule, not a heading.
        """
        lines = self.lines
        length = lines.last[i] - lines.first[i]
        below = lines.last[i + 1] - lines.first[i + 1]
        if self.body[lines.first[i + 1]] not in "=-" or lines.blank_before[i + 1]:
            return False
        if length > 120 or below < max(3, length // 2) or not lines.match(_UNDERLINE, i + 1):
            return False
        if (
            i > 0
            and not lines.blank_before[i]
            and self.found[-1].kind in (BlockKind.PARAGRAPH, BlockKind.LIST)
        ):
            return False
        text = lines.text(i)
        plain = lines.indent(i) <= 3 and lines.marker(i) is None and not self._begins_other(i)
        return plain and "|" not in text and not ends_sentence(text) and text[-1] not in ":;,"

    def _code(self) -> bool:
        closing = self._fence_end(self.at)
        if closing is None:
            return False
        self._add(BlockKind.CODE, self.lines.first[self.at], self.lines.last[closing])
        self.at = closing + 1
        return True

    def _rule(self) -> bool:
        if not self._is_rule(self.at):
            return False
        self._add(BlockKind.RULE, self.lines.first[self.at], self.lines.last[self.at])
        self.at += 1
        return True

    def _table(self) -> bool:
        lines, i = self.lines, self.at
        begins = self._table_begins(i)
        if begins is None:
            return False
        row = begins.first_row
        items: list[tuple[int, int]] = []
        while row < len(lines) and (row == i or not lines.blank_before[row]):
            if begins.parted_by:
                if self._loose_columns(row) != (begins.parted_by, begins.gaps):
                    break
            elif self.body.find("|", lines.first[row], lines.last[row]) < 0:
                break
            if self._atx(row) is not None or self._fence_end(row) is not None:
                break
            items.append((lines.first[row], lines.last[row]))
            row += 1
        header: tuple[int, int] | None = (lines.first[i], lines.last[i])
        if begins.parted_by:
            # No delimiter row tells: words above figures are a header.
            figures = [_DIGIT.search(self.body, *item) is not None for item in items]
            header = items.pop(0) if not figures[0] and any(figures) else None
        self._add(BlockKind.TABLE, lines.first[i], lines.last[row - 1], items=items, header=header)
        self.at = row
        return True

    def _list(self) -> bool:
        lines = self.lines
        opening = lines.marker(self.at)
        if opening is None:
            return False
        first_line = self.at
        items: list[tuple[int, int]] = []
        number = opening.number
        indent = lines.indent(first_line)
        text_column = indent + opening.width
        item_start = lines.first[first_line]
        i = first_line + 1
        while i < len(lines):
            column = lines.indent(i)
            marker = lines.marker(i) if column < text_column else None
            if marker is not None and marker.family == opening.family:
                if marker.ordered and marker.number <= 1 < number:
                    break  # the count starts again: another procedure
                items.append((item_start, lines.last[i - 1]))
                item_start, number = lines.first[i], marker.number
                indent, text_column = column, column + marker.width
                i += 1
                continue
            if column > indent:
                # Below the item's text, whatever it is: a nested list, a paragraph, code.
                fence_end = self._fence_end(i)
                i = i + 1 if fence_end is None else fence_end + 1
                continue
            if self._continues(i, marker):
                i += 1
                continue
            resumed = self._resumes(i, opening, number, text_column)
            if resumed is None:
                break
            i = resumed
        items.append((item_start, lines.last[i - 1]))
        self._add(BlockKind.LIST, items[0][0], items[-1][1], ordered=opening.ordered, items=items)
        self.at = i
        return True

    def _continues(self, i: int, marker: _Marker | None) -> bool:
        """Tell whether a line that isn't indented goes on with the sentence of the item above."""
        if marker is not None or self.lines.blank_before[i] or self._begins_other(i):
            return False
        above = self.lines.text(i - 1)
        return not ends_sentence(above) and above[-1] not in ":;"

    def _resumes(self, i: int, opening: _Marker, number: int, text_column: int) -> int | None:
        """Return the line of the next step, if only something small stands before it.

        Authors put a screenshot, a note, a command or bullets between two steps without
        indenting them: step 3 after step 2 shows that the procedure goes on.
        """
        if not opening.ordered:
            return None
        lines = self.lines
        j, prose_lines, prose_chars = i, 0, 0
        while j < len(lines) and prose_lines <= _RESUME_LINES and prose_chars <= _RESUME_CHARS:
            if self._atx(j) is not None or self._is_rule(j):
                break
            marker = lines.marker(j)
            if marker is None:
                prose_lines += 1
                prose_chars += lines.last[j] - lines.first[j]
            elif marker.family == opening.family and lines.indent(j) < text_column:
                if marker.number == number + 1:
                    return j
                break
            fence_end = self._fence_end(j)
            j = j + 1 if fence_end is None else fence_end + 1
        return self._announced(i)

    def _announced(self, i: int) -> int | None:
        """Return the line after the bullets or code that a step ending in a colon announces."""
        lines = self.lines
        if self.body[lines.last[i - 1] - 1] not in ":：":
            return None
        fence_end = self._fence_end(i)
        if fence_end is not None:
            return fence_end + 1
        marker = lines.marker(i)
        if marker is None or marker.ordered:
            return None
        j, column = i + 1, lines.indent(i)
        while j < len(lines):
            marker = lines.marker(j)
            bullet = marker is not None and not marker.ordered
            if not bullet and lines.indent(j) <= column:
                break
            j += 1
        return j

    def _paragraphs(self) -> None:
        """Take a run of plain lines and part it where the breaks aren't mere wraps."""
        lines, start = self.lines, self.at
        i = start + 1
        while i < len(lines) and not lines.blank_before[i] and not self._interrupts(i):
            i += 1
        self.at = i
        widest = 0
        if not self.parted_by_blanks:
            widest = max(lines.last[j] - lines.begin[j] for j in range(start, i))
        begin = start
        for j in range(start + 1, i + 1):
            if j == i or self._parts(j - 1, widest):
                self._add(BlockKind.PARAGRAPH, lines.first[begin], lines.last[j - 1])
                begin = j

    def _interrupts(self, i: int) -> bool:
        """Tell whether another block begins on line `i`, right under a line of a paragraph."""
        if self._begins_other(i):
            return True
        marker = self.lines.marker(i)
        if marker is None:
            return False
        # A wrapped sentence may well go on with "42. " or "b) "; with "1. " it hardly does.
        return marker.family in ("bullet", "step") or marker.number <= 1

    def _parts(self, i: int, widest: int) -> bool:
        """Tell whether the break after line `i` parts paragraphs (see the rules on top)."""
        lines = self.lines
        if lines.match(_QUESTION_OR_ANSWER, i + 1):
            return True
        length = lines.last[i] - lines.begin[i]
        if length > WRAP_COLUMNS:
            last_space = self.body.rfind(" ", lines.first[i], lines.last[i])
            if last_space - lines.begin[i] > WRAP_COLUMNS:
                return True
        if length <= WRAP_COLUMNS and self.parted_by_blanks:
            return False
        if not ends_sentence(
            lines.text(i) if length < 200 else self.body[lines.last[i] - 64 : lines.last[i]]
        ):
            return False
        if length > WRAP_COLUMNS:
            return True
        next_space = self.body.find(" ", lines.first[i + 1], lines.last[i + 1])
        next_word = (lines.last[i + 1] if next_space < 0 else next_space) - lines.first[i + 1]
        return length + 1 + next_word <= widest


def _columns(row: str) -> int:
    """Count a pipe row's columns; an escaped pipe is text, a frame adds none."""
    inner = row.replace("\\|", "")
    return inner.count("|") + 1 - inner.startswith("|") - (inner.endswith("|") and len(inner) > 1)


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
