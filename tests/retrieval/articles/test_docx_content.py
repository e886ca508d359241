# ruff: noqa: E501, ISC004  (texts stand as they are)
"""Hidden text and tables of contents go; fields and formulas stay in their sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
from loading_types import LoadText

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
NAMES = f'xmlns:w="{W}" xmlns:m="{M}"'

STYLES = f"""<w:styles {NAMES}>
<w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Base"><w:name w:val="Base"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Note"><w:name w:val="Note"/><w:basedOn w:val="Base"/></w:style>
<w:style w:type="paragraph" w:styleId="Open"><w:name w:val="Open"/><w:basedOn w:val="Base"/>
<w:rPr><w:vanish w:val="0"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Verz1"><w:name w:val="toc 1"/></w:style>
</w:styles>"""


def run(text: str, properties: str = "") -> str:
    rpr = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{rpr}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, style: str = "") -> str:
    ppr = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{ppr}{content}</w:p>"


def docx(body: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml", f"<w:document {NAMES}><w:body>{body}</w:body></w:document>"
        )
        archive.writestr("word/styles.xml", STYLES)
    return out.getvalue()


def body_of(load_text: LoadText, content: str) -> str:
    (article,) = load_text("a.docx", docx(paragraph(run("Refunds take a day.")) + content)).articles
    return str(article.body).removeprefix("Refunds take a day.").strip()


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (paragraph(run("Open. ") + run("The PIN is 4471.", "<w:vanish/>")), "Open."),
        (paragraph(run("The PIN is 4471.", '<w:vanish w:val="true"/>')), ""),
        (paragraph(run("Not hidden.", '<w:vanish w:val="0"/>')), "Not hidden."),
        (paragraph(run("The PIN is 4471.", '<w:rStyle w:val="Secret"/>')), ""),
        (paragraph(run("The PIN is 4471."), "Note"), ""),
        (paragraph(run("Shown again."), "Open"), "Shown again."),
        (paragraph(run("Shown here.", '<w:vanish w:val="false"/>'), "Note"), "Shown here."),
        (
            "<w:tbl><w:tr>" + "".join(f"<w:tc>{paragraph(run(t))}</w:tc>" for t in ("Plan", "Fee"))
            + "</w:tr><w:tr><w:trPr><w:hidden/></w:trPr>"
            + "".join(f"<w:tc>{paragraph(run(t))}</w:tc>" for t in ("Secret", "1"))
            + "</w:tr><w:tr>" + "".join(f"<w:tc>{paragraph(run(t))}</w:tc>" for t in ("Pro", "9"))
            + "</w:tr></w:tbl>",
            "| Plan | Fee |\n| --- | --- |\n| Pro | 9 |",
        ),
    ],
)  # fmt: skip
def test_hidden_text_is_left_out(load_text: LoadText, content: str, kept: str) -> None:
    assert body_of(load_text, content) == kept


@pytest.mark.parametrize(
    "content",
    [
        paragraph(run("Fees ..... 4"), "TOC1"),
        paragraph(run("Fees ..... 4"), "Verz1"),
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
        f"</w:sdtPr><w:sdtContent>{paragraph(run('Fees ..... 4'))}</w:sdtContent></w:sdt>",
    ],
)
def test_table_of_contents_is_no_content(load_text: LoadText, content: str) -> None:
    assert body_of(load_text, content + paragraph(run("Text."))) == "Text."


def test_simple_field_stays_in_its_sentence(load_text: LoadText) -> None:
    field = f'<w:fldSimple w:instr=" DOCPROPERTY Fee ">{run("12 euros")}</w:fldSimple>'
    content = paragraph(run("The fee is ") + field + run(" a month."))
    assert body_of(load_text, content) == "The fee is 12 euros a month."


def math(inner: str) -> str:
    return f"<m:oMath>{inner}</m:oMath>"


def mr(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f"<m:f><m:num>{mr('a+b')}</m:num><m:den>{mr('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:sSup><m:e>{mr('x')}</m:e><m:sup>{mr('2')}</m:sup></m:sSup>", "x^2"),
        (f"<m:sSub><m:e>{mr('H')}</m:e><m:sub>{mr('n+1')}</m:sub></m:sSub>", "H_(n+1)"),
        (f"<m:rad><m:deg/><m:e>{mr('2x')}</m:e></m:rad>", "√2x"),
        (f"<m:d><m:e>{mr('a')}</m:e></m:d>{mr('=')}{mr('b')}", "(a)=b"),
        (
            "<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr>"
            f"<m:e>{mr('a')}</m:e><m:e>{mr('b')}</m:e></m:d>",
            "[a, b]",
        ),
        (
            "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr>"
            f"<m:sub>{mr('i')}</m:sub><m:sup>{mr('n')}</m:sup><m:e>{mr('i')}</m:e></m:nary>",
            "∑_i^n i",
        ),
    ],
)
def test_formula_is_written_on_one_line(load_text: LoadText, formula: str, text: str) -> None:
    inline = paragraph(run("It is ") + math(formula) + run(" euros."))
    assert body_of(load_text, inline) == f"It is {text} euros."
    alone = f"<w:p><m:oMathPara>{math(formula)}</m:oMathPara></w:p>"
    assert body_of(load_text, alone) == text
