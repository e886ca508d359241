"""`frontdesk ask`: a question answered with a quote, or the reason why not."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agent.cli.arguments import (
    DEFAULT_READER,
    DEFAULT_TOP_K,
    AsJson,
    Kb,
    Question,
    ReaderName,
    Roles,
    TopK,
)
from agent.cli.console import open_console, print_json

__all__ = ["ask"]


def ask(
    question: Question,
    kb: Kb,
    reader: ReaderName = DEFAULT_READER,
    role: Roles = None,
    top_k: TopK = DEFAULT_TOP_K,
    budget_ms: Annotated[
        float | None,
        typer.Option("--budget-ms", min=0, help="Stop reading after so many milliseconds."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            help="Only articles whose field meets this: product=aero3, region!=eu, "
            "updated>=2025-01-01; repeat for more.",
        ),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Show what was found, read and decided.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question with a quote from an article, or say why not.

    Example: frontdesk ask "how do I reset my password?" --kb build/kb --role staff
    """
    from qa.openbook import OpenBook
    from qa.wire import to_json

    book = OpenBook.open(kb, reader=reader)
    result = book.ask(
        question,
        roles=frozenset(role or ()),
        top_k=top_k,
        budget_ms=budget_ms,
        trace=trace,
        where=where or (),
    )
    if as_json:
        print_json(to_json(result))
        if not trace:
            return
    from agent.cli.render import render_result, render_trace

    # Standard output holds the JSON alone; what people want to know besides goes beside it.
    console = open_console(sys.stderr if as_json else None)
    if not as_json:
        render_result(result, console, kb=str(kb))
    if trace:
        render_trace(result, console, threshold=book.threshold)
