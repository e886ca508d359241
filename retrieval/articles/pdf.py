"""PDF through pypdf: text in reading order with sizes and places, then `pdf_layout`.

pypdf is pure Python, maintained, under a BSD licence, and tells where each piece of text
stands; faster libraries are AGPL or ship a browser's engine. Scanned pages hold no text:
such a file is refused with the way out.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pypdf
from pypdf.errors import PyPdfError

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import shown, timestamp, title_of_stem
from retrieval.articles.loader import MAX_ARTICLE_CHARS, Draft, LoaderOutput, SourceFile
from retrieval.articles.pdf_layout import Line, Piece, lines_of, structured
from retrieval.articles.readable import drop_leading_title
from retrieval.errors import ArticleError

__all__ = ["load"]

_MAX_BYTES = 200_000_000
_JUNK_TITLE = re.compile(
    r"(?i)^\W*(untitled|unspecified|anonymous|document\s*\d*|microsoft \w+ - .*|.*\.\w{2,4})?\W*$"
)

# pypdf remarks on every oddity of a file; what matters here comes as an error.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    if file.path.stat().st_size > _MAX_BYTES:
        raise ArticleError(f"the PDF is larger than {_MAX_BYTES:,} bytes: split it")
    try:
        with warnings.catch_warnings(), file.path.open("rb") as stream:
            warnings.simplefilter("ignore")
            reader = pypdf.PdfReader(stream)
            if reader.is_encrypted and not reader.decrypt(""):
                raise ArticleError("the PDF is locked with a password: save it without one")
            pages = _pages(reader)
            stated, updated = _metadata(reader)
    except (ArticleError, OSError, MemoryError):
        raise
    except PyPdfError as error:
        raise ArticleError(f"the PDF can't be read: {error}; open it and save it anew") from error
    except Exception as error:
        # pypdf meets broken files with whatever error the breakage leads to.
        raise ArticleError(
            f"the PDF is broken ({type(error).__name__}: {shown(str(error))}); "
            "open it and save it anew"
        ) from error
    if not any(pages):
        raise ArticleError(
            "the PDF holds no text; its pages are probably scanned: run it through text "
            "recognition first (for instance ocrmypdf)"
        )
    title, body = structured(pages)
    title = title or stated or title_of_stem(PurePosixPath(file.relative).stem)
    yield Draft(
        title=title,
        body=drop_leading_title(body, title),
        format="pdf",
        audience=UNSTATED,
        updated=updated,
    )


def _pages(reader: pypdf.PdfReader) -> list[list[Line]]:
    pages = []
    chars = 0
    for page in reader.pages:
        pieces: list[Piece] = []

        def visit(
            text: str,
            matrix: list[float],
            text_matrix: list[float],
            font: dict[str, Any] | None,
            size: float,
            pieces: list[Piece] = pieces,
        ) -> None:
            piece = _piece(text, matrix, text_matrix, font, size)
            if piece is not None:
                pieces.append(piece)

        page.extract_text(visitor_text=visit)
        chars += sum(len(piece.text) for piece in pieces)
        if chars > MAX_ARTICLE_CHARS:
            raise ArticleError(
                f"the PDF holds more than {MAX_ARTICLE_CHARS:,} characters; split it into several"
            )
        pages.append(lines_of(pieces, float(page.mediabox.bottom), float(page.mediabox.height)))
    return pages


def _piece(
    text: str,
    matrix: list[float],
    text_matrix: list[float],
    font: dict[str, Any] | None,
    size: float,
) -> Piece | None:
    """Return a piece of text with its place on the page, or None for nothing or a watermark."""
    if not text.strip():
        return None
    a, b, c, d, e, f = (float(number) for number in text_matrix)
    ma, mb, mc, md, me, mf = (float(number) for number in matrix)
    across, slant = a * ma + b * mc, a * mb + b * md
    up = c * mb + d * md
    if min(abs(across), abs(slant)) > 0.2 * max(abs(across), abs(slant)):
        return None  # neither level nor upright
    scale = abs(up) or abs(across) or abs(slant) or 1.0
    name = str((font or {}).get("/BaseFont", "")).lower()
    return Piece(
        text=text,
        x=e * ma + f * mc + me,
        y=e * mb + f * md + mf,
        size=round(abs(float(size)) * scale, 1),
        bold="bold" in name or "black" in name or "heavy" in name,
    )


def _metadata(reader: pypdf.PdfReader) -> tuple[str, str | None]:
    about = reader.metadata
    if about is None:
        return "", None
    title = str(about.title or "").strip()
    try:
        changed = about.modification_date or about.creation_date
    except (PyPdfError, ValueError, TypeError):
        changed = None
    updated = None if changed is None else timestamp(changed.isoformat(timespec="seconds"))
    return ("" if _JUNK_TITLE.match(title) else title), updated
