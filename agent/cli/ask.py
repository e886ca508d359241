"""The commands of `qa`: ask, verify, calibrate, and the evaluation of readers and answers.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import explain
from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["register"]

Kb = Annotated[
    Path, typer.Option("--kb", help="The knowledge base: the directory that index wrote.")
]
ReaderName = Annotated[
    str,
    typer.Option(
        "--reader",
        help="A reader's name, a model's folder, or an owner/name on Hugging Face.",
    ),
]
TopK = Annotated[int, typer.Option("--top-k", min=1, help="How many passages to read.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Predictions = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        help="Score this file's predictions; if it isn't there yet, write them to it.",
    ),
]


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know, in plain words.")],
    kb: Kb,
    reader: ReaderName = DEFAULT_READER,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="A role of the asker; repeat for more. None: public only."),
    ] = None,
    top_k: TopK = DEFAULT_TOP_K,
    budget_ms: Annotated[
        float | None,
        typer.Option("--budget-ms", min=0, help="Stop reading after so many milliseconds."),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Show what was found, read and decided.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question with a quote from an article, or say why not.

    Example: frontdesk ask "how do I reset my password?" --kb build/kb --role staff
    """
    from agent.cli.console import print_json
    from qa.openbook import OpenBook
    from qa.wire import to_json

    book = OpenBook.open(kb, reader=reader)
    result = book.ask(
        question, roles=frozenset(role or ()), top_k=top_k, budget_ms=budget_ms, trace=trace
    )
    if as_json:
        print_json(to_json(result))
        if not trace:
            return
    from agent.cli.render import render_result, render_trace

    # Standard output holds the JSON alone; what people want to know besides goes beside it.
    console = _console(stderr=as_json)
    if not as_json:
        render_result(result, console, kb=str(kb))
    if trace:
        render_trace(result, console, threshold=book.threshold)


def verify(
    file: Annotated[Path, typer.Argument(help="What ask --json printed: one, a list, or lines.")],
    kb: Kb,
    as_json: AsJson = False,
) -> None:
    """Check that every quote of a saved answer stands in its article, unchanged.

    Exit code 1 if one doesn't.

    Example: frontdesk verify answer.json --kb build/kb
    """
    from agent.cli.console import print_json
    from qa.citations import verify_file

    found = verify_file(file, kb)
    if as_json:
        print_json(found.to_json())
    else:
        from rich.text import Text

        from agent.cli.render import visible

        console = _console()
        for failure in found.failed:
            console.print(
                Text(
                    f"Record {failure.record}, answer {failure.answer}, article "
                    f"{visible(failure.article_id)!r}: {failure.why}."
                )
            )
        n_good = found.checked - len(found.failed)
        console.print(f"{found.checked} citations checked, {n_good} hold.")
    if found.failed:
        raise typer.Exit(1)


def evaluate_answers(
    kb: Kb,
    questions: Annotated[
        Path, typer.Option("--questions", help="Labelled questions, one JSON object a line.")
    ],
    reader: ReaderName = DEFAULT_READER,
    top_k: TopK = DEFAULT_TOP_K,
    predictions: Predictions = None,
    as_json: AsJson = False,
) -> None:
    """Ask labelled questions and score the answers, 0 to 1.

    Example: frontdesk evaluate answers --kb build/kb --questions data/questions.jsonl
    """
    from agent.cli.console import print_json, progress
    from qa.workshop.scoring.answers import evaluate_answers as evaluate

    with progress("Asking") as advance:
        scores = evaluate(
            kb, questions, reader=reader, top_k=top_k, predictions=predictions, progress=advance
        )
    if as_json:
        print_json(scores.to_json())
        return
    rows = scores.to_json()
    rows["snippet of the right kind"] = scores.unit_accuracy
    _print_scores(rows, unit="")


def evaluate_reader(
    data: Annotated[Path, typer.Option("--data", help="Questions in SQuAD's format.")],
    reader: ReaderName = DEFAULT_READER,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many questions.")
    ] = None,
    predictions: Predictions = None,
    as_json: AsJson = False,
) -> None:
    """Score a reader by SQuAD's rules, in percent.

    Example: frontdesk evaluate reader --data dev-v1.1.json --limit 500
    """
    from agent.cli.console import print_json, progress
    from qa.workshop.scoring.reader import evaluate_reader as evaluate

    with progress("Reading") as advance:
        scores = evaluate(
            data, reader=reader, limit=limit, predictions=predictions, progress=advance
        )
    if as_json:
        print_json(scores)
    else:
        _print_scores(scores, unit=" %")


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
    from agent.cli.console import print_json, progress
    from qa.workshop.scoring.speed import evaluate_speed as evaluate

    with progress("Asking") as advance:
        measured = evaluate(kb, reader=reader, top_k=top_k, n=n, progress=advance)
    if as_json:
        print_json(measured)
        return
    stages = measured.pop("stages_ms")
    for stage, times in stages.items():
        measured[f"{stage}, ms, p50 / p95"] = f"{times['p50']:.0f} / {times['p95']:.0f}"
    _print_scores(measured, unit="")


def calibrate(
    kb: Kb,
    questions: Annotated[
        Path, typer.Option("--questions", help="Labelled questions, one JSON object a line.")
    ],
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
    from agent.cli.console import print_json, progress
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
        _console().print(found.message)
    if found.bound is None:
        raise typer.Exit(1)


def register(app: typer.Typer, evaluate: typer.Typer) -> None:
    """Add the commands of `qa`.

    Args:
        app: Gets ask, explain, verify and calibrate.
        evaluate: Gets answers, reader and speed.
    """
    app.command()(ask)
    explain.register(app)
    app.command()(verify)
    app.command()(calibrate)
    evaluate.command("answers")(evaluate_answers)
    evaluate.command("reader")(evaluate_reader)
    evaluate.command("speed")(evaluate_speed)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # A terminal that can't show a sign shows its number instead of ending the command.
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _print_scores(scores: dict[str, Any], *, unit: str) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False)
    for name, value in scores.items():
        if name == "signature":
            continue
        if value is None:
            shown = "–"
        elif isinstance(value, float):
            shown = f"{value:.1f}{unit}" if unit else f"{value:.3f}"
        else:
            shown = str(value)
        table.add_row(name, shown)
    console = _console()
    console.print(table)
    signed = scores["signature"]
    console.print(
        f"version {signed['version']}, commit {signed['commit']}, data "
        f"{signed['data_sha256'][:12]}, configuration {signed['configuration_sha256'][:12]}",
        style="dim",
    )
