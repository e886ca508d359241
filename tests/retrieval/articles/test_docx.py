# ruff: noqa: E501  (expected texts stand as they are)
from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadHere, LoadText

from retrieval.articles import load_articles
from retrieval.errors import ArticleError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

SAMPLE = """\
Your laptop arrives with everything installed. It takes about half an hour to make it yours. You need the \
code from the e-mail “Welcome aboard”.

# First start

1. Connect the power supply and press the power button.
2. Choose your language and connect to the network Varrowby-Setup.

The screen now shows a code of eight characters.

3. Enter the code from your e-mail.
4. Wait until the laptop has restarted twice.
5. Do this before you leave the office.

# What is on it

- Office suite
- Baseline VPN
- needs a one-time password
- Password manager

| Model | Weight | Dock |
| --- | --- | --- |
| Field 14 | 1.3 kg | Pier 40 |
| Field 16 | 1.9 kg | Pier 40 |

# Trouble

If the code is refused, ask the Service Desk (ext. 4400)."""

NUMBERING = f"""<w:numbering {W}>
<w:abstractNum w:abstractNumId="0">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="0"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num>
</w:numbering>"""

STYLES = f"""<w:styles {W}>
<w:style w:type="paragraph" w:styleId="Step"><w:name w:val="Step"/>
  <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="SubStep"><w:name w:val="Sub Step"/><w:basedOn w:val="Step"/></w:style>
<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/><w:basedOn w:val="H"/></w:style>
</w:styles>"""


def paragraph(text: str, num: int | None = None, depth: int = 0, style: str = "") -> str:
    listed = (
        f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{num}"/></w:numPr>'
        if num is not None
        else ""
    )
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{listed}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(*paragraphs: str, **parts: str) -> bytes:
    document = f"<w:document {W}><w:body>{''.join(paragraphs)}</w:body></w:document>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", document)
        archive.writestr("word/numbering.xml", NUMBERING)
        archive.writestr("word/styles.xml", STYLES)
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def test_load_reads_the_sample(samples: Path) -> None:
    (article,) = load_articles([samples / "docx"]).articles
    assert article.title == "Setting up your new laptop"
    assert article.updated == "2025-03-04T09:30:00Z"
    assert article.body == SAMPLE


def test_load_counts_on_over_interruptions_and_levels(load_text: LoadText) -> None:
    (article,) = load_text(
        "a.docx",
        docx(
            paragraph("one", 1),
            paragraph("sub", 1, 1),
            paragraph("sub", 1, 1),
            paragraph("Picture here."),
            paragraph("two", 1),
            paragraph("sub again", 1, 1),
            paragraph("new list", 2),
            paragraph("of its own", 2),
            paragraph("dot", 3),
        ),
    ).articles
    assert article.body == (
        "1. one\n   a) sub\n   b) sub\n\nPicture here.\n\n2. two\n   a) sub again\n1. new list\n"
        "2. of its own\n\n- dot"
    )


def test_load_counts_lists_that_come_from_styles(load_text: LoadText) -> None:
    (article,) = load_text(
        "a.docx",
        docx(
            paragraph("a", style="Step"),
            paragraph("Break."),
            paragraph("b", style="SubStep"),
            paragraph("off", 0, style="Step"),
        ),
    ).articles
    assert "1. a" in article.body
    assert "2." in article.body


def test_load_numbered_heading_has_no_mark(load_text: LoadText) -> None:
    (article,) = load_text(
        "my-doc.docx",
        docx(paragraph("Scope", 1, style="H"), paragraph("x"), paragraph("More", 1, style="H")),
    ).articles
    assert article.title == "my doc"
    assert article.body == "# Scope\n\nx\n\n# More"


@pytest.mark.parametrize(
    ("title", "expected"), [("Stated", "Stated"), ("Word Document", "a"), ("", "a")]
)
def test_load_takes_the_title_from_properties_or_name(
    load_text: LoadText, title: str, expected: Any
) -> None:
    core = f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></c>'
    (article,) = load_text("a.docx", docx(paragraph("x"), docProps__core=core)).articles
    assert article.title == expected


def other_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no DOCX (not a ZIP archive)"),
        (b"PK\x03\x04 broken", "no DOCX (not a ZIP archive)"),
        (other_zip(), "holds no word/document.xml"),
        (docx("<w:p>"), "word/document.xml is not valid XML"),
        (
            docx(paragraph("x"), evil='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
            "declares a document type",
        ),
        (docx("<w:p>" * 300 + "</w:p>" * 300), "the DOCX"),
    ],
)
def test_load_refuses_what_it_cannot_read(load_text: LoadText, raw: Any, reason: str) -> None:
    loaded = load_text("a.docx", raw)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason


def test_load_refuses_a_zip_bomb(load_text: LoadText) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 300_000_001)
    loaded = load_text("a.docx", out.getvalue())
    assert "unpacks to more than 300,000,000 bytes" in loaded.rejected[0].reason


def test_load_refuses_a_locked_file(load_text: LoadText) -> None:
    raw = bytearray(docx(paragraph("x")))
    central = raw.index(b"PK\x01\x02")
    raw[central + 8] |= 1
    loaded = load_text("a.docx", bytes(raw))
    assert "locked with a password" in loaded.rejected[0].reason


def test_load_maps_any_breakage(load_here: LoadHere, monkeypatch: pytest.MonkeyPatch) -> None:
    import mammoth  # type: ignore[import-untyped]

    def breaks(*args: object, **kwargs: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(mammoth, "convert_to_html", breaks)
    with pytest.raises(ArticleError, match=r"the DOCX can't be read \(IndexError: "):
        load_here("a.docx", docx(paragraph("x")))
