"""`frontdesk train calibration`: fit the calibration that ships with a reader's weights.

For whoever trains a reader; users calibrate a knowledge base with `frontdesk calibrate`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.arguments import DEFAULT_READER, DEFAULT_TOP_K, AsJson, ReaderName, TopK
from agent.cli.console import note, print_json

__all__ = ["fit"]


def fit(
    out: Annotated[Path, typer.Option("--out", help="Where the calibration is written.")],
    collection: Annotated[
        list[str],
        typer.Option(
            "--collection",
            help="KB=QUESTIONS[,QUESTIONS...]: an index and labelled questions over it. Each is "
            "left out in turn to report on. Repeatable.",
        ),
    ],
    beside: Annotated[
        list[str] | None,
        typer.Option(
            "--beside",
            help="The same, fitted on and not left out; of rows with a `split` only those of "
            "`dev` are, the others report. Repeatable.",
        ),
    ] = None,
    squad: Annotated[
        Path | None,
        typer.Option("--squad", help="SQuAD file whose held-out articles are asked about too."),
    ] = None,
    squad_kb: Annotated[
        Path | None, typer.Option("--squad-kb", help="Index of the articles, each as TITLE.txt.")
    ] = None,
    squad_weight: Annotated[
        float, typer.Option("--squad-weight", help="How much a SQuAD question counts.")
    ] = 0.25,
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="Questions of each; all if not given.")
    ] = None,
    max_wrong: Annotated[
        float, typer.Option("--max-wrong", help="Share of wrong answers that sets the threshold.")
    ] = 0.30,
    reader: ReaderName = DEFAULT_READER,
    top_k: TopK = DEFAULT_TOP_K,
    seen: Annotated[
        Path | None, typer.Option("--seen", help="Folder that keeps what was found and read.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask labelled questions of several collections, and fit what their answers are believed by.

    What is printed for a collection comes from rules fitted on the others.

    Example: frontdesk train calibration --collection build/one=one.jsonl,pairs.jsonl
    --collection build/two=two.jsonl --beside build/kb=data/questions.jsonl --out calibration.json
    """
    from qa.workshop.calibrating.fitting import Fit, question_set, squad_set

    asked = [question_set(text) for text in collection]
    besides = [question_set(text) for text in beside or ()]
    if squad is not None and squad_kb is not None:
        besides.append(squad_set(squad, squad_kb, weight=squad_weight))
    fitted = Fit(reader, top_k=top_k, n=n, seen=seen, tell=note).run(
        asked, besides, max_wrong=max_wrong
    )
    fitted.write(out)
    if as_json:
        print_json(fitted.calibration.to_json())
    else:
        typer.echo(fitted.table())
