"""`frontdesk evaluate agent`: test conversations played."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import DEFAULT_READER, AgentFile, AsJson, Kb, ReaderName
from agent.cli.console import EXIT_FAILED, print_json, progress

__all__ = ["evaluate_agent"]


def evaluate_agent(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Test conversations: YAML files, or folders."),
    ],
    kb: Kb,
    agent: AgentFile = None,
    reader: ReaderName = DEFAULT_READER,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            help="Write a row a step to this CSV file: text,gold,predicted,confidence.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play test conversations; exit code 1 if one goes differently.

    Each conversation has a session, a day and endpoints of its own. A failure shows the
    conversation with the first difference and the reason for the agent's decision.

    Example: frontdesk evaluate agent data/conversations --kb build/demo --agent data/agent.yaml
    """
    from agent.workshop.conversations.evaluating import evaluate_agent as evaluate
    from agent.workshop.conversations.report import predictions_csv, results_json, results_text
    from retrieval.system.durable import replace_file

    with progress("Talking") as advance:
        results = evaluate(files, kb=kb, agent=agent, reader=reader, progress=advance)
    if predictions is not None:
        replace_file(predictions, predictions_csv(results).encode("utf-8", "surrogatepass"))
    if as_json:
        print_json(results_json(results))
    else:
        text = results_text(results) + "\n"
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    if results.failures:
        raise typer.Exit(EXIT_FAILED)
