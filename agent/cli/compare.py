"""`frontdesk compare`: what one run won and lost against another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import AsJson, Kb, Questions
from agent.cli.console import EXIT_FAILED, open_console, print_json

__all__ = ["compare"]

_SHOWN = 20


def compare(
    a: Annotated[Path, typer.Argument(help="The run that was: a file of --predictions.")],
    b: Annotated[Path, typer.Argument(help="The run that is.")],
    questions: Questions,
    kb: Kb,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            min=0.0,
            max=1.0,
            help="Share of the questions that may be lost on balance.",
        ),
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Compare two runs of evaluate answers, question by question.

    A right answer or a right refusal is best, silence is next, a wrong answer is worst. Exit
    code 1 if more is lost on balance than --tolerance.

    Example: frontdesk compare before.jsonl after.jsonl --questions data/questions.jsonl
    --kb build/kb --tolerance 0.01
    """
    from rich.text import Text

    from agent.cli.render import visible
    from qa.workshop.scoring.comparing import compare as compare_runs

    found = compare_runs(a, b, questions=questions, kb=kb, tolerance=tolerance)
    if as_json:
        print_json(found.to_json())
    else:
        console = open_console()
        counts = ", ".join(f"{found.count(what)} {what}" for what in ("won", "lost", "changed"))
        low, high = found.interval
        console.print(
            f"{found.n} questions: {counts}. Won minus lost: {found.difference:+.1%} of them, "
            f"with 95 % certainty {low:+.1%} to {high:+.1%}."
        )
        for name, run in zip("AB", found.runs, strict=True):
            wrong = "–" if run["wrong_rate"] is None else f"{run['wrong_rate']:.1%}"
            console.print(f"{name}: {run['coverage']:.1%} answered, {wrong} of these wrong.")
        for each in [one for one in found.differences if one.verdict == "lost"][:_SHOWN]:
            before, after = (
                "refused" if text is None else repr(visible(text))
                for text in (each.before, each.after)
            )
            console.print(Text(f"lost {each.id}: {visible(each.question)} {before} → {after}"))
    if found.lost_too_much:
        raise typer.Exit(EXIT_FAILED)
