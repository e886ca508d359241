"""PDF through PDFium: characters with their places, then `pdf_lines` and `pdf_layout`.

pypdfium2 (Apache-2.0 or BSD-3) binds PDFium (BSD-3), the engine of Chromium: it reads what the
other libraries read, several times faster than those in Python, and gives words apart and
every character's box. It is C++, and runs in the process that reads files and can be ended.
Scanned pages hold no text: a file of nothing else is refused with the way out, and the
scanned pages of another are named.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import shown, timestamp, title_of_stem
from retrieval.articles.loader import (
    MAX_ARTICLE_CHARS,
    Draft,
    LoaderOutput,
    Remark,
    SourceFile,
)
from retrieval.articles.pdf_layout import structured
from retrieval.articles.pdf_lines import Character, Line, lines_of
from retrieval.articles.readable import drop_leading_title
from retrieval.errors import ArticleError
from retrieval.types import Place

__all__ = ["load"]

_MAX_BYTES = 200_000_000
_FEW = 200
"""A page with fewer characters is looked at for a picture of a page."""

_SCAN_AREA = 0.08
"""A picture that covers this part of a page, with hardly any text, is a scan."""

_JUNK_TITLE = re.compile(
    r"(?i)^\W*(untitled|unspecified|anonymous|document\s*\d*|microsoft \w+ - .*|.*\.\w{2,4})?\W*$"
)
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?(?:(Z)|([+-]\d\d)'?(\d\d)?)?")
_OCR = "run it through text recognition first (for instance ocrmypdf)"


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    if file.path.stat().st_size > _MAX_BYTES:
        raise ArticleError(f"the PDF is larger than {_MAX_BYTES:,} bytes: split it")
    try:
        with pypdfium2.PdfDocument(file.path) as document:
            count = len(document)
            pages, scans = _pages(document)
            about = document.get_metadata_dict()
    except (ArticleError, OSError, MemoryError):
        raise
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ArticleError("the PDF is locked with a password: save it without one") from error
        raise ArticleError(
            f"the PDF can't be read: {shown(str(error))}; open it and save it anew"
        ) from error
    except Exception as error:
        # The binding meets broken files with whatever error the breakage leads to.
        raise ArticleError(
            f"the PDF is broken ({type(error).__name__}: {shown(str(error))}); "
            "open it and save it anew"
        ) from error
    title, body, places = structured(pages)
    if not body or len(scans) == count:
        raise ArticleError(f"the PDF holds no text; its pages are probably scanned: {_OCR}")
    if scans:
        yield Remark(
            "pages of a PDF are scanned and hold no text, so they can't be found or quoted: "
            f"{_OCR}",
            f"{file.relative}, {len(scans)} of {count} pages ({_ranges(scans)})",
        )
    stated = str(about.get("Title") or "").strip()
    title = title or ("" if _JUNK_TITLE.match(stated) else stated)
    title = title or title_of_stem(PurePosixPath(file.relative).stem)
    kept = drop_leading_title(body, title)
    cut = len(body) - len(kept)
    yield Draft(
        title=title,
        body=kept,
        format="pdf",
        audience=UNSTATED,
        updated=_date(about.get("ModDate") or "") or _date(about.get("CreationDate") or ""),
        places=_moved(places, cut),
    )


def _moved(places: list[tuple[int, int]], cut: int) -> tuple[Place, ...]:
    """Return the pages' places in a body whose beginning was cut off."""
    moved: dict[int, int] = {}
    for start, page in places:
        moved[max(start - cut, 0)] = page
    return tuple(Place(start, page=page) for start, page in sorted(moved.items()))


def _ranges(numbers: list[int]) -> str:
    """Return page numbers in words: 3 to 5, 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _pages(document: pypdfium2.PdfDocument) -> tuple[list[list[Line]], list[int]]:
    """Return the lines of every page, and the numbers of those that are scans."""
    pages: list[list[Line]] = []
    scans = []
    chars = 0
    for number in range(len(document)):
        page = document[number]
        text_page = page.get_textpage()
        characters = _upright(_characters(text_page))
        chars += len(characters)
        if chars > MAX_ARTICLE_CHARS:
            raise ArticleError(
                f"the PDF holds more than {MAX_ARTICLE_CHARS:,} characters; split it into several"
            )
        _, bottom, _, top = page.get_mediabox()
        lines = lines_of(characters, bottom, top - bottom, number + 1)
        if len(characters) < _FEW and _is_scan(page, lines):
            scans.append(number + 1)
        pages.append(lines)
        text_page.close()
        page.close()
    return pages, scans


def _is_scan(page: pypdfium2.PdfPage, lines: list[Line]) -> bool:
    """Tell a page that holds a picture of text, at most with a running header or footer."""
    if any(not line.edge for line in lines):
        return False
    width, height = page.get_size()
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) >= _SCAN_AREA * width * height:
            return True
    return False


def _characters(text_page: pypdfium2.PdfTextPage) -> list[tuple[int, Character]]:
    """Return a page's drawn characters, each with the angle it is turned by in degrees."""
    found = []
    raw = text_page.raw
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    styles: dict[int | None, tuple[float, bool, int]] = {}
    high = 0
    for index in range(pdfium.FPDFText_CountChars(raw)):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in (0, 10, 13):
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code, high = (0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else 0xFFFD), 0
        pdfium.FPDFText_GetLooseCharBox(raw, index, box)
        drawn = pdfium.FPDFText_GetTextObject(raw, index)
        handle = ctypes.cast(drawn, ctypes.c_void_p).value
        if not handle:
            continue  # made up by PDFium: `lines_of` finds spaces and line ends by itself
        if handle not in styles:
            styles[handle] = _style(raw, index)
        size, bold, angle = styles[handle]
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        if angle in (90, 270):
            low, far, base = box.bottom, box.top, -x.value
            if angle == 270:
                low, far, base = -box.top, -box.bottom, x.value
        elif angle == 180:
            low, far, base = -box.right, -box.left, -y.value
        else:
            low, far, base = box.left, box.right, y.value
        found.append((angle, Character(chr(code), low, far, base, size, bold)))
    return found


def _style(raw: Any, index: int) -> tuple[float, bool, int]:
    """Return the size of a character as drawn, whether it is bold, and its angle in degrees."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(raw, index, matrix)
    size = pdfium.FPDFText_GetFontSize(raw, index) * math.hypot(matrix.c, matrix.d)
    name = ctypes.create_string_buffer(256)
    pdfium.FPDFText_GetFontInfo(raw, index, name, 256, None)
    words = name.value.decode("utf-8", "replace").lower()
    bold = any(word in words for word in ("bold", "black", "heavy"))
    bold = bold or pdfium.FPDFText_GetFontWeight(raw, index) >= 600
    angle = round(math.degrees(math.atan2(matrix.b, matrix.a))) % 360
    return round(size, 1) or 1.0, bold, angle


def _upright(found: list[tuple[int, Character]]) -> list[Character]:
    """Return the characters that stand as most do: others are watermarks and stamps."""
    angles = Counter(angle for angle, _ in found if angle % 90 == 0)
    usual = angles.most_common(1)[0][0] if angles else 0
    return [character for angle, character in found if angle == usual]


def _date(text: str) -> str | None:
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, zulu, zone, more = found.groups()
    if hour is None:
        return timestamp(f"{year}-{month}-{day}")
    offset = "+00:00" if zulu else f"{zone}:{more or '00'}" if zone else ""
    return timestamp(f"{year}-{month}-{day}T{hour}:{minute}:{second}{offset}")
