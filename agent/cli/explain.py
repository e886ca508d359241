"""The command `explain`. Everything heavy is imported inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K

__all__ = ["register"]

_PAGES = (".html", ".htm")


def explain(
    question: Annotated[str, typer.Argument(help="What you want to know, in plain words.")],
    kb: Annotated[
        Path, typer.Option("--kb", help="The knowledge base: the directory that index wrote.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Write this file: .html a page, .png a picture.")
    ],
    png: Annotated[
        Path | None, typer.Option("--png", help="Write this picture as well (needs pillow).")
    ] = None,
    reader: Annotated[
        str, typer.Option("--reader", help="bert, bidaf, both, or a model's folder.")
    ] = DEFAULT_READER,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="A role of the asker; repeat for more. None: public only."),
    ] = None,
    top_k: Annotated[
        int, typer.Option("--top-k", min=1, help="How many passages to read.")
    ] = DEFAULT_TOP_K,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the page shows as JSON.")
    ] = False,
) -> None:
    """Show why a question gets its answer: what the reader looked at and what counted.

    Writes a page that opens in any browser and needs nothing else. Takes every word away from the
    reader in turn, so it takes some seconds.

    Example: frontdesk explain "how do I reset my password?" --kb build/kb --out why.html
    """
    suffix = out.suffix.lower()
    if suffix not in (*_PAGES, ".png"):
        msg = (
            f"{str(out)!r} ends in {out.suffix!r}. Expected .html for a page or .png for a picture"
        )
        raise typer.BadParameter(msg, param_hint="--out")
    if png is not None and png.suffix.lower() != ".png":
        msg = f"{str(png)!r} ends in {png.suffix!r}. Expected .png"
        raise typer.BadParameter(msg, param_hint="--png")
    for path in (out, png):
        if path is not None and not path.parent.is_dir():
            msg = f"there is no folder {str(path.parent)!r}: make it first"
            raise typer.BadParameter(msg, param_hint="--out")
    pictures = [path for path in (out, png) if path is not None and path.suffix.lower() == ".png"]
    if pictures:
        from qa.explaining.picture import check_available

        # Before the reading, which takes longer.
        check_available()

    from agent.cli.console import print_json
    from qa.explaining.explain import explain as look_into
    from qa.explaining.page import page
    from qa.openbook import OpenBook
    from retrieval.system.durable import replace_file

    book = OpenBook.open(kb, reader=reader)
    explanation = look_into(book, question, roles=frozenset(role or ()), top_k=top_k)
    if suffix in _PAGES:
        replace_file(out, page(explanation).encode("utf-8"))
    for path in pictures:
        from qa.explaining.picture import picture

        replace_file(path, picture(explanation))
    written = [str(out), *([] if png is None else [str(png)])]
    if as_json:
        print_json({**explanation.to_json(), "files": written})
    else:
        typer.echo(f"Written: {', '.join(written)}")


def register(app: typer.Typer) -> None:
    """Add `explain`.

    Args:
        app: The command line.
    """
    app.command()(explain)
