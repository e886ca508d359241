"""`frontdesk train`: the command line of `qa.training`.

Everything heavy is imported inside the command, so that `--help` answers at once. Errors
are worded by the command line that mounts `app`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Train readers on your own questions.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _train() -> None:
    """Train readers on your own questions."""


@app.command()
def reader(
    data: Annotated[
        list[str],
        typer.Option(
            "--data", help="A SQuAD 1.1 or 2.0 file; FILE=WEIGHT mixes several. Repeatable."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoint and weights.")],
    develop: Annotated[
        list[Path] | None,
        typer.Option(
            "--develop",
            help="A SQuAD 2.0 file: the first half of its articles chooses when to refuse.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="A recipe; the shipped weights' recipe by default."),
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option("--max-minutes", min=0.1, help="End after so long.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Fine-tune a BERT reader on questions in SQuAD's format.

    Example: frontdesk train reader --data train-v1.1.json --out build/reader --max-minutes 90
    """
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from qa.recipe import load_recipe, shipped_recipe_path
    from qa.training import Progress as Standing
    from qa.training import TrainingFile, train_reader

    recipe = load_recipe(config or shipped_recipe_path())
    files = [TrainingFile(*_path_and_weight(value)) for value in data]
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Training", total=1.0, state="")

        def tell(standing: Standing) -> None:
            state = (
                f"step {standing.step} of {standing.steps}, loss {standing.loss:.3f}, "
                f"{standing.windows_per_s:.1f} windows/s"
            )
            if standing.validation is not None:
                state += f", held-out F1 {standing.validation.f1:.1f}"
            bar.update(task, completed=standing.share_done, state=state)

        report = train_reader(
            recipe,
            files,
            out,
            develop=develop or (),
            max_minutes=max_minutes,
            resume=resume,
            progress=tell,
        )
    if report.stopped == "interrupted":
        sys.stderr.write(f"Interrupted after {report.steps} steps; --resume goes on from there.\n")
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        return
    typer.echo(
        f"Trained {report.steps} steps ({report.windows} windows) in {report.seconds / 60:.0f} "
        f"minutes; weights in {out}."
    )
    for validation in report.validations[-1:]:
        typer.echo(
            f"Held-out articles: F1 {validation.f1:.1f}, exact match {validation.exact_match:.1f}; "
            f"with unanswerable questions {validation.best_f1:.1f}."
        )


def _path_and_weight(value: str) -> tuple[Path, float]:
    """Read `FILE` or `FILE=WEIGHT`; a name with an "=" of its own stays a name."""
    path, _, weight = value.rpartition("=")
    try:
        return (Path(path), float(weight)) if path else (Path(value), 1.0)
    except ValueError:
        return Path(value), 1.0


if __name__ == "__main__":
    app()
