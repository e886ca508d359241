"""`frontdesk evaluate speed`: how long answering takes, and what memory."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.arguments import DEFAULT_READER, DEFAULT_TOP_K, AsJson, Kb, ReaderName, TopK
from agent.cli.console import print_json, print_scores, progress

__all__ = ["evaluate_speed"]


def evaluate_speed(
    kb: Kb,
    reader: ReaderName = DEFAULT_READER,
    top_k: TopK = DEFAULT_TOP_K,
    n: Annotated[int, typer.Option("--n", min=1, help="How many questions to ask.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Measure answering over an index: time by stage, cold start, memory.

    Example: frontdesk evaluate speed --kb build/kb
    """
    from qa.workshop.scoring.speed import evaluate_speed as evaluate

    with progress("Asking") as advance:
        measured = evaluate(kb, reader=reader, top_k=top_k, n=n, progress=advance)
    if as_json:
        print_json(measured)
        return
    stages = measured.pop("stages_ms")
    for stage, times in stages.items():
        measured[f"{stage}, ms, p50 / p95"] = f"{times['p50']:.0f} / {times['p95']:.0f}"
    print_scores(measured)
