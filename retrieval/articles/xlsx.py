"""XLSX through openpyxl: each sheet is an article, each of its tables a pipe table.

Rows with something in them that stand together are a table, its first row the header; rows of a
single cell are text. Merged cells repeat their value. Hidden sheets, rows and columns are left
out. Every row knows its sheet and cell.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import shown, title_of_stem
from retrieval.articles.loader import MAX_ARTICLE_CHARS, Draft, LoaderOutput, SourceFile
from retrieval.errors import ArticleError
from retrieval.types import Place

__all__ = ["load"]

_Row = tuple[int, list[str]]
"""A row's number in its sheet, and the texts of its visible cells."""


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield one article a sheet."""
    try:
        book = openpyxl.load_workbook(file.path, data_only=True)
    except zipfile.BadZipFile as error:
        raise ArticleError("the file is no XLSX (not a ZIP archive): save it as .xlsx") from error
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # openpyxl meets broken files with whatever error the breakage leads to.
        raise ArticleError(
            f"the XLSX can't be read ({type(error).__name__}: {shown(str(error))}); open it and "
            "save it anew"
        ) from error
    stem = title_of_stem(PurePosixPath(file.relative).stem)
    changed = book.properties.modified
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        body, places = _body(sheet)
        yield Draft(
            title=stem if len(sheets) == 1 else f"{stem}: {sheet.title}",
            body=body,
            format="xlsx",
            part=f"#{sheet.title}",
            audience=UNSTATED,
            updated=None if changed is None else changed.isoformat(timespec="seconds"),
            fields={"sheet": sheet.title},
            places=places,
        )


def _body(sheet: Any) -> tuple[str, tuple[Place, ...]]:
    """Return a sheet's text with the places of its rows."""
    columns = [
        number
        for number in range(1, sheet.max_column + 1)
        if not sheet.column_dimensions[get_column_letter(number)].hidden
    ]
    text = ""
    places: list[Place] = []
    for block in _blocks(_rows(sheet, columns)):
        used = [place for place in range(len(columns)) if any(row[place] for _, row in block)]
        first, last = used[0], used[-1] + 1
        lettered = get_column_letter(columns[first])
        text += "\n\n" if text else ""
        for number, (row, cells) in enumerate(block):
            if number:
                text += "\n"
            places.append(Place(len(text), sheet=sheet.title, cell=f"{lettered}{row}"))
            if last - first == 1:
                text += cells[first]
                continue
            escaped = (cell.replace("|", "\\|") for cell in cells[first:last])
            text += "| " + " | ".join(escaped) + " |"
            if number == 0:
                text += "\n|" + " --- |" * (last - first)
        if len(text) > MAX_ARTICLE_CHARS:
            raise ArticleError(
                f"the sheet {sheet.title!r} holds more than {MAX_ARTICLE_CHARS:,} characters: "
                "split it"
            )
    return text, tuple(places)


def _rows(sheet: Any, columns: Sequence[int]) -> Iterator[_Row]:
    merged = {
        (row, column): area.start_cell.value
        for area in sheet.merged_cells.ranges
        if area.size["rows"] * area.size["columns"] <= 10_000
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if sheet.row_dimensions[number].hidden:
            continue
        texts = []
        for column in columns:
            cell = cells[column - 1]
            value = cell.value if cell.value is not None else merged.get((number, column))
            texts.append(_text(value, cell.number_format or ""))
        yield number, texts


def _blocks(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Yield rows that stand together."""
    block: list[_Row] = []
    for row in rows:
        if any(row[1]):
            block.append(row)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _text(value: Any, number_format: str) -> str:
    """Return a cell's value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        if "%" in number_format:
            return f"{value * 100:.10g} %"
        return f"{value:.15g}"
    return " ".join(str(value).split())
