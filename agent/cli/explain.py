"""`frontdesk explain`: a page that shows why a question gets its answer."""

from __future__ import annotations

from pathlib import Path
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
from agent.cli.console import print_json

__all__ = ["explain"]

_PAGES = (".html", ".htm")


def explain(
    question: Question,
    kb: Kb,
    out: Annotated[
        Path, typer.Option("--out", help="Write this file: .html a page, .png a picture.")
    ],
    png: Annotated[
        Path | None, typer.Option("--png", help="Write this picture as well (needs pillow).")
    ] = None,
    reader: ReaderName = DEFAULT_READER,
    role: Roles = None,
    top_k: TopK = DEFAULT_TOP_K,
    as_json: AsJson = False,
) -> None:
    """Show why a question gets its answer: what the reader looked at and what counted.

    Writes a page that opens in any browser and needs nothing else. Takes every word away from the
    reader in turn, so it takes some seconds.

    Example: frontdesk explain "how do I reset my password?" --kb build/kb --out why.html
    """
    _check_paths(out, png)
    pictures = [path for path in (out, png) if path is not None and path.suffix.lower() == ".png"]
    if pictures:
        from qa.explaining.picture import check_available

        # Before the reading, which takes longer.
        check_available()

    from qa.explaining.explain import explain as look_into
    from qa.explaining.page import page
    from qa.openbook import OpenBook
    from retrieval.system.durable import replace_file

    book = OpenBook.open(kb, reader=reader)
    explanation = look_into(book, question, roles=frozenset(role or ()), top_k=top_k)
    if out.suffix.lower() in _PAGES:
        replace_file(out, page(explanation).encode("utf-8"))
    for path in pictures:
        from qa.explaining.picture import picture

        replace_file(path, picture(explanation))
    written = [str(out), *([] if png is None else [str(png)])]
    if as_json:
        print_json({**explanation.to_json(), "files": written})
    else:
        typer.echo(f"Written: {', '.join(written)}")


def _check_paths(out: Path, png: Path | None) -> None:
    """Refuse a file of another kind, or in a folder that isn't there, before anything is read.

    Raises:
        BadParameter: One of the two can't be written as asked.
    """
    kinds: list[tuple[str, Path, tuple[str, ...], str]] = [
        ("--out", out, (*_PAGES, ".png"), ".html for a page or .png for a picture")
    ]
    if png is not None:
        kinds.append(("--png", png, (".png",), ".png"))
    for option, path, suffixes, expected in kinds:
        if path.suffix.lower() not in suffixes:
            msg = f"{str(path)!r} ends in {path.suffix!r}. Expected {expected}"
            raise typer.BadParameter(msg, param_hint=option)
        if not path.parent.is_dir():
            msg = f"there is no folder {str(path.parent)!r}: make it first"
            raise typer.BadParameter(msg, param_hint=option)
