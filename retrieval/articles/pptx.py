"""PPTX through python-pptx: slides with their titles, texts, tables and notes.

Hidden slides are left out. Every part knows its slide.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pptx
from pptx.exc import PythonPptxError

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import shown, title_of_stem
from retrieval.articles.loader import Draft, LoaderOutput, SourceFile
from retrieval.errors import ArticleError
from retrieval.types import Place

__all__ = ["load"]

_DEEPEST = 20


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    try:
        deck = pptx.Presentation(str(file.path))
        blocks = [
            (number, _slide(slide))
            for number, slide in enumerate(deck.slides, 1)
            if slide.element.get("show") != "0"
        ]
        about = deck.core_properties
        stated, changed = (about.title or "").strip(), about.modified
    except (PythonPptxError, zipfile.BadZipFile) as error:
        raise ArticleError("the file is no PPTX: save it as .pptx") from error
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # python-pptx meets broken files with whatever error the breakage leads to.
        raise ArticleError(
            f"the PPTX can't be read ({type(error).__name__}: {shown(str(error))}); open it and "
            "save it anew"
        ) from error
    text = ""
    places = []
    for number, parts in blocks:
        if parts:
            text += "\n\n" if text else ""
            places.append(Place(len(text), slide=number))
            text += "\n\n".join(parts)
    if stated.lower() in ("powerpoint presentation", "untitled", "presentation"):
        stated = ""
    yield Draft(
        title=stated or title_of_stem(PurePosixPath(file.relative).stem),
        body=text,
        format="pptx",
        audience=UNSTATED,
        updated=None if changed is None else changed.isoformat(timespec="seconds"),
        places=tuple(places),
    )


def _slide(slide: Any) -> list[str]:
    """Return a slide's blocks: its title, the shapes from top to bottom, the notes."""
    title = slide.shapes.title
    parts = []
    if title is not None and (words := " ".join(title.text_frame.text.split())):
        parts.append(f"## {words}")
    others = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    for shape in sorted(others, key=lambda shape: (shape.top or 0, shape.left or 0)):
        parts.extend(_shape(shape, 0))
    if slide.has_notes_slide:
        frame = slide.notes_slide.notes_text_frame
        if frame is not None and (words := frame.text.strip()):
            parts.append(f"Notes: {words}")
    return parts


def _shape(shape: Any, depth: int) -> Iterator[str]:
    if hasattr(shape, "shapes") and depth < _DEEPEST:
        for inner in shape.shapes:
            yield from _shape(inner, depth + 1)
    elif getattr(shape, "has_table", False):
        rows = [
            [" ".join(cell.text.split()).replace("|", "\\|") for cell in row.cells]
            for row in shape.table.rows
        ]
        if rows and rows[0]:
            head, *rest = ("| " + " | ".join(row) + " |" for row in rows)
            yield "\n".join([head, "|" + " --- |" * len(rows[0]), *rest])
    elif shape.has_text_frame:
        if shape.is_placeholder and "NUMBER" in str(shape.placeholder_format.type):
            return
        lines = [
            (paragraph.level or 0, " ".join(paragraph.text.split()))
            for paragraph in shape.text_frame.paragraphs
            if paragraph.text.strip()
        ]
        if len(lines) == 1:
            yield lines[0][1]
        elif lines:
            yield "\n".join("  " * level + "- " + text for level, text in lines)
