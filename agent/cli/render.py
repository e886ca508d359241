"""A result on a terminal: the quote inside its snippet, where it stands, what else there is.

Nothing of an article is taken for markup or for a terminal's commands: its text goes into
`rich.text.Text` as it is, without control characters. Offsets are used before anything is
taken out. Piped output has no styles; the quote is then set in asterisks.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from itertools import pairwise

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from qa.types import Answer, Candidate, RefusalReason, Result, Snippet, SnippetKind
from retrieval.types import Hit, Passage

__all__ = ["place", "render_quote", "render_result", "render_text", "render_trace", "visible"]

_BULLET = "•"
_INDENT = 2
_MAX_HANG = 12
_ITEM_MARKER = re.compile(r"\s*(?:[-*•]|\(?\w{1,3}[.)])\s+")
_MAX_OTHER_CHARS = 120
# Other answers are shown only if they are at least this likely, and not far behind.
_LEAST_OTHER = 0.15
_OTHER_SHARE = 0.3

# C0 and C1 controls but for tab and line feed, and what changes the direction of a line
# for good: a text could use either to show something else than it says.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85]")
_SPACES = re.compile(r"\s+")


def visible(text: str) -> str:
    """Return a text as it may be shown: line ends as line feeds, no control characters."""
    return _HIDDEN.sub("", _LINE_ENDS.sub("\n", text)).expandtabs(4)


def render_result(result: Result, console: Console, *, kb: str = "") -> None:
    """Print an answer or a refusal.

    Args:
        result: What `ask` returned.
        console: Where to.
        kb: The knowledge base as the user named it, for the hint where to read on.
    """
    if result.refusal is not None:
        _render_refusal(result, console, kb)
        return
    first, *others = result.answers
    console.print()
    render_quote(first, console)
    console.print()
    _print_indented(console, _source(first, kb))
    shown = [
        other
        for other in others
        if other.confidence >= max(_LEAST_OTHER, _OTHER_SHARE * first.confidence)
    ]
    if shown:
        console.print()
        _print_indented(console, Text("Other possible answers", style="dim"))
        for other in shown:
            line = Text(f"{_BULLET} ")
            line.append(_on_one_line(other.text, _MAX_OTHER_CHARS))
            place = f" — {_place(other.title, other.headings)}, {_percent(other.confidence)} sure"
            line.append(place, style="dim")
            _print_indented(console, line)
    console.print()


def render_quote(answer: Answer, console: Console) -> None:
    """Print an answer's snippet with the quote standing out: sentence, steps or table row."""
    for part in _shown(answer, marked=not console.is_terminal):
        _print_indented(console, part)


def render_text(text: str, console: Console, *, style: str = "") -> None:
    """Print a text as it may be shown; what is wrapped hangs below its list item's text."""
    _print_indented(console, Text(visible(text), style=style))


def place(answer: Answer) -> str:
    """Return where an answer stands: the article's title and the headings below it."""
    return _place(answer.title or answer.article_id, answer.headings)


def render_trace(result: Result, console: Console, *, threshold: float) -> None:
    """Print how the result came about.

    Args:
        result: Of an `ask` with `trace=True`.
        console: Where to.
        threshold: Least confidence at which a question is answered.
    """
    trace, reading = result.trace, result.reading
    if trace is None or reading is None:
        return
    _heading(console, "How it was found")
    if trace.terms:
        console.print(Text(f"Terms searched: {visible(' '.join(trace.terms))}"))
    for term, added in trace.expansions.items():
        console.print(Text(f"Synonyms of {visible(term)!r}: {visible(', '.join(added))}"))
    for leg, hits in trace.legs.items():
        console.print(_hits_table(f"Found by {leg}", hits))
    if trace.fused:
        title = f"Fused: {trace.fusion}" if trace.fusion else "Fused"
        console.print(_hits_table(title, trace.fused))
    _heading(console, "What was read")
    if reading.candidates:
        console.print(_candidates_table(reading.candidates))
    else:
        console.print("Nothing that could be an answer.")
    if reading.unread:
        console.print(Text(f"Unread, no time left: {visible(', '.join(reading.unread))}"))
    if reading.skipped:
        skipped = visible(", ".join(reading.skipped))
        console.print(Text(f"Skipped, since the answer found is far ahead: {skipped}"))
    _heading(console, "What was decided")
    for number, answer in enumerate(result.answers, start=1):
        text = f"{number}. {_percent(answer.confidence)} sure: {_on_one_line(answer.text, 160)}"
        console.print(Text(text))
    console.print(
        Text(
            f"An answer is given from {_percent(threshold)} on; calibration: "
            f"{result.calibration.value}."
        )
    )
    if result.refusal is not None:
        console.print(
            Text(f"Refused ({result.refusal.reason.value}): {visible(result.refusal.message)}")
        )
    stages = " · ".join(f"{stage} {spent:.0f} ms" for stage, spent in result.timings_ms.items())
    console.print(Text(stages, style="dim"))


def _render_refusal(result: Result, console: Console, kb: str) -> None:
    refusal = result.refusal
    if refusal is None:
        return
    opening = {
        RefusalReason.NOT_FOUND: "Nothing found.",
        RefusalReason.OUT_OF_TIME: "Out of time.",
    }.get(refusal.reason, "No sure answer.")
    console.print()
    line = Text(opening, style="bold")
    line.append(f" {visible(refusal.message)}", style="not bold")
    _print_indented(console, line)
    if refusal.nearest:
        console.print()
        _print_indented(console, Text("Nearest articles"))
        for near in refusal.nearest:
            entry = Text(f"{_BULLET} {_on_one_line(near.title or near.article_id, 200)}")
            if near.title:
                entry.append(f"  {visible(near.article_id)}", style="dim")
            _print_indented(console, entry)
        _print_indented(console, Text(f"Read one: {_command('ID', kb)}", style="dim"))
    console.print()


def _print_indented(console: Console, part: Text | Table) -> None:
    """Print two columns in; what is wrapped hangs below the text of its list item."""
    if isinstance(part, Table):
        console.print(Padding(part, (0, 0, 0, _INDENT), expand=False))
        return
    for line in part.split("\n", allow_blank=True):
        marker = _ITEM_MARKER.match(line.plain)
        hang = min(marker.end(), _MAX_HANG) if marker else 0
        width = max(20, console.width - _INDENT - hang)
        wrapped = line[hang:].wrap(console, width) or [Text()]
        for number, piece in enumerate(wrapped):
            lead = line[:hang] if number == 0 else Text(" " * hang)
            whole = Text(" " * _INDENT).append_text(lead).append_text(piece)
            whole.rstrip()
            console.print(whole, soft_wrap=True)


def _shown(answer: Answer, *, marked: bool) -> list[Text | Table]:
    """Return the snippet with the quote in bold, or in asterisks where there is no bold."""
    snippet = answer.snippet
    start, end = answer.start - snippet.start, answer.end - snippet.start
    if snippet.kind is SnippetKind.TABLE and snippet.header is not None:
        return _table_row(snippet, start, end, marked=marked)
    # A snippet that is the quote and nothing else needs no marks.
    marked = marked and (start, end) != (0, len(snippet.text))
    return [_with_quote(snippet.text, start, end, marked=marked)]


def _with_quote(text: str, start: int, end: int, *, marked: bool) -> Text:
    """Return `text` with `text[start:end]` standing out; an empty span marks nothing."""
    shown = Text(visible(text[:start]))
    quote = visible(text[start:end])
    if marked and quote.strip():
        quote = f"**{quote}**"
    shown.append(quote, style="bold")
    shown.append(visible(text[end:]))
    return shown


def _table_row(snippet: Snippet, start: int, end: int, *, marked: bool) -> list[Text | Table]:
    """Set a row's cells below the names of their columns."""
    header = snippet.header
    names = [name for name, _ in _cells(header.text)] if header is not None else []
    rows = _rows(snippet.text)
    if not names or any(len(_cells(line)) != len(names) for _, line in rows):
        # Not a table that can be set as one: as it stands, the header above it.
        text = _with_quote(snippet.text, start, end, marked=marked)
        return [Text(visible(header.text if header else "")), text]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in names:
        table.add_column(Text(visible(name)), overflow="fold")
    for row_at, line in rows:
        cells = []
        for cell, at in _cells(line):
            left = max(0, min(len(cell), start - row_at - at))
            right = max(left, min(len(cell), end - row_at - at))
            cells.append(_with_quote(cell, left, right, marked=marked))
        table.add_row(*cells)
    return [table]


def _rows(text: str) -> list[tuple[int, str]]:
    """Return (place, line) of the lines that hold anything."""
    rows, at = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            rows.append((at, line))
        at += len(line)
    return rows


def _cells(line: str) -> list[tuple[str, int]]:
    """Return (text, place) of a pipe table's cells, without their outer white space."""
    bars = [-1]
    bars += [m.start() for m in re.finditer(r"(?<!\\)\|", line)]
    bars.append(len(line))
    cells = []
    for left, right in pairwise(bars):
        inside = line[left + 1 : right]
        stripped = inside.strip()
        edge = left == -1 or right == len(line)
        if edge and not stripped:
            # Before the first bar and after the last there is no cell.
            continue
        cells.append((stripped, left + 1 + inside.find(stripped)))
    return cells


def _source(answer: Answer, kb: str) -> Text:
    """Say where the answer stands, how sure it is, and where to read on."""
    line = Text(_place(answer.title or answer.article_id, answer.headings), style="cyan")
    line.append(f"  ({_percent(answer.confidence)} sure)", style="dim")
    line.append("\nRead on: ", style="dim")
    line.append(visible(answer.url) if answer.url else _command(answer.article_id, kb))
    return line


def _place(title: str, headings: Sequence[str]) -> str:
    # Many articles repeat their title as the first heading.
    path = [title, *(heading for heading in headings if heading != title)]
    return " › ".join(_on_one_line(part, 100) for part in path)


def _command(article_id: str, kb: str) -> str:
    # To be pasted into a shell: an id is an author's text, and must not be run there.
    words = ["frontdesk", "article", article_id, *(["--kb", kb] if kb else [])]
    return visible(shlex.join(words))


def _percent(share: float) -> str:
    # Never "100 %": no calibration is that sure.
    return f"{max(1, min(99, round(100 * share)))} %"


def _on_one_line(text: str, limit: int) -> str:
    line = _SPACES.sub(" ", visible(text)).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _hits_table(title: str, hits: Sequence[Hit]) -> Table:
    table = Table(
        title=Text(visible(title)), title_justify="left", box=box.SIMPLE_HEAD, show_edge=False
    )
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    table.add_column("passage", overflow="fold")
    for number, hit in enumerate(hits, start=1):
        table.add_row(str(number), f"{hit.score:.3f}", Text(_passage_name(hit.passage)))
    return table


def _candidates_table(candidates: Sequence[Candidate]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("margin", justify="right")
    table.add_column("quote", overflow="fold")
    table.add_column("passage", overflow="fold")
    for candidate in candidates[:15]:
        table.add_row(
            f"{candidate.margin:+.1f}",
            Text(_on_one_line(candidate.text, 80)),
            Text(_passage_name(candidate.passage)),
        )
    return table


def _passage_name(passage: Passage) -> str:
    place = _place(passage.title or passage.article_id, passage.headings)
    return f"{place} [{visible(passage.id)}]"
