"""`frontdesk calibrate`: how sure an answer must be, from labelled questions."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.arguments import (
    DEFAULT_READER,
    DEFAULT_TOP_K,
    AsJson,
    Kb,
    Questions,
    ReaderName,
    TopK,
)
from agent.cli.console import EXIT_FAILED, open_console, print_json, progress

__all__ = ["calibrate"]


def calibrate(
    kb: Kb,
    questions: Questions,
    max_wrong: Annotated[
        float,
        typer.Option("--max-wrong", help="Largest share of wrong answers among those given."),
    ] = 0.05,
    reader: ReaderName = DEFAULT_READER,
    top_k: TopK = DEFAULT_TOP_K,
    as_json: AsJson = False,
) -> None:
    """Set how sure an answer must be, so that at most a given share of answers is wrong.

    The promise holds with 95 % certainty for questions like those labelled, and for this
    reader, encoder and generation of the index. Exit code 1 if the questions can't show it;
    nothing is stored then.

    Example: frontdesk calibrate --kb build/kb --questions labelled.jsonl --max-wrong 0.05
    """
    from qa.workshop.calibrating.bounding import calibrate as find_threshold

    if not 0.0 < max_wrong < 1.0:
        msg = f"{max_wrong} is not a share between 0 and 1, such as 0.05"
        raise typer.BadParameter(msg, param_hint="--max-wrong")
    with progress("Asking") as advance:
        found = find_threshold(
            kb, questions, max_wrong=max_wrong, reader=reader, top_k=top_k, progress=advance
        )
    if as_json:
        print_json(found.to_json())
    else:
        open_console().print(found.message)
    if found.bound is None:
        raise typer.Exit(EXIT_FAILED)
