"""What a reply and a reason look like in a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.cli.render import place, render_quote, render_text, visible
from agent.conversation.dialogue.wording import quoted
from agent.conversation.routing.why import Section
from agent.types import Handover, Reply
from qa.types import Answer

__all__ = ["show_reply", "show_section", "sure_in_words"]


def show_reply(reply: Reply, console: Console) -> None:
    """Print a reply: its words, its quotes with their sources, what can be chosen."""
    console.print()
    rest = reply.text
    for citation in reply.citations:
        # The words around a quote are the agent's; the quote itself is set by its kind.
        before, found, after = rest.partition(quoted(citation))
        if not found:
            continue
        if before.strip():
            render_text(before.strip(), console)
            console.print()
        _show_quote(citation, console)
        rest = after
        if rest.strip():
            console.print()
    if rest.strip():
        render_text(rest.strip(), console)
    for citation in reply.citations:
        if quoted(citation) not in reply.text:
            console.print()
            _show_source(citation, console)
    if reply.choices:
        console.print()
        for number, choice in enumerate(reply.choices, start=1):
            render_text(f"{number}. {choice}", console)
    if reply.handover is not None:
        console.print()
        render_text(_handed_over(reply.handover), console, style="dim")
    console.print()


def _show_quote(citation: Answer, console: Console) -> None:
    render_quote(citation, console)
    console.print()
    _show_source(citation, console)


def _show_source(citation: Answer, console: Console) -> None:
    render_text(place(citation), console, style="cyan")
    if citation.url:
        render_text(citation.url, console, style="dim")
    percent = max(1, min(99, round(100 * citation.confidence)))
    render_text(
        f"{sure_in_words(citation.confidence)} ({percent} %)  ·  /article {citation.article_id}",
        console,
        style="dim",
    )


def show_section(section: Section, console: Console) -> None:
    """Print one part of why a turn went where it went."""
    render_text(section.title, console, style="bold")
    for line in section.lines:
        render_text(line, console)
    if section.columns:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in section.columns:
            table.add_column(
                column,
                overflow="fold",
                justify="right" if column in {"sure", "if about one"} else "left",
            )
        for row in section.rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        console.print(Padding(table, (0, 0, 0, 2), expand=False))
    console.print()


def sure_in_words(confidence: float) -> str:
    """Return a confidence as a person would say it.

    >>> sure_in_words(0.93)
    'Very sure'
    """
    if confidence >= 0.9:
        return "Very sure"
    if confidence >= 0.7:
        return "Fairly sure"
    if confidence >= 0.5:
        return "More likely than not"
    return "Not sure"


def _handed_over(packet: Handover) -> str:
    reason = packet.reason.value.replace("_", " ")
    detail = f": {packet.detail.replace('_', ' ')}" if packet.detail else ""
    n = len(packet.transcript)
    return (
        f"Handed over ({reason}{detail}) with {n} message{'' if n == 1 else 's'}. /handover shows "
        "what the person is given, /reset begins anew."
    )
