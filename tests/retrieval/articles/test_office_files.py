"""Spreadsheets, slides and messages: every part knows where it stands."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pptx
import pytest
from loading_types import LoadText, Write
from pptx.util import Inches

from retrieval.articles import load_articles


def xlsx(fill: Any) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plans(book: Any) -> None:
    sheet = book.active
    sheet.title = "Plans"
    sheet["B2"], sheet["C2"], sheet["D2"] = "Plan", "Price", "Since"
    sheet["B3"], sheet["C3"], sheet["D3"] = "Basic | small", 3.5, date(2026, 5, 1)
    sheet["B4"], sheet["C4"] = "Pro", 0.25
    sheet["C4"].number_format = "0%"
    sheet["B6"] = "Prices are net."
    sheet["B8"], sheet["C8"] = "Region", "Fee"
    sheet["B9"], sheet["C9"], sheet["C10"] = "North", 1, 2
    sheet.merge_cells("B9:B10")
    sheet["B11"], sheet["C11"] = "Secret", 9
    sheet.row_dimensions[11].hidden = True
    other = book.create_sheet("Old")
    other["A1"] = "The old price is 1."
    hidden = book.create_sheet("Hidden")
    hidden["A1"] = "The PIN is 4471."
    hidden.sheet_state = "hidden"


def test_sheets_are_articles_whose_quotes_know_their_cell(load_text: LoadText) -> None:
    loaded = load_text("price-list.xlsx", xlsx(plans))
    first, second = loaded.articles
    assert (first.id, first.title) == ("price-list.xlsx#Plans", "price list: Plans")
    assert first.body == (
        "| Plan | Price | Since |\n| --- | --- | --- |\n| Basic \\| small | 3.5 | 2026-05-01 |\n"
        "| Pro | 25 % |  |\n\nPrices are net.\n\n"
        "| Region | Fee |\n| --- | --- |\n| North | 1 |\n| North | 2 |"
    )
    places = {text: first.place(first.body.index(text)) for text in ("Plan", "3.5", "25 %", "net")}
    assert [place and place["cell"] for place in places.values()] == ["B2", "C3", "C4", "B6"]
    assert first.place(len(first.body) - 3) == {"sheet": "Plans", "cell": "C10"}
    assert second.body == "The old price is 1."


@pytest.mark.parametrize("name", ["a.xlsx", "a.pptx"])
@pytest.mark.parametrize("raw", [b"", b"no archive", b"PK\x03\x04broken"])
def test_broken_office_files_are_refused(load_text: LoadText, name: str, raw: bytes) -> None:
    loaded = load_text(name, raw)
    assert not loaded.articles
    assert "XLSX" in loaded.rejected[0].reason or "PPTX" in loaded.rejected[0].reason


def test_slides_with_tables_and_notes(load_text: LoadText) -> None:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Refunds"
    frame = first.placeholders[1].text_frame
    frame.text = "Within 30 days"
    frame.add_paragraph().text = "With the receipt"
    first.notes_slide.notes_text_frame.text = "Say it kindly."
    second = deck.slides.add_slide(deck.slide_layouts[6])
    table = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for row, cells in enumerate((("Plan", "Fee"), ("Pro", "9"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    hidden = deck.slides.add_slide(deck.slide_layouts[6])
    hidden.shapes.add_textbox(0, 0, 100, 100).text_frame.text = "Not shown."
    hidden.element.set("show", "0")
    out = io.BytesIO()
    deck.save(out)
    (article,) = load_text("refund-desk.pptx", out.getvalue()).articles
    assert article.title == "refund desk"
    assert article.body == (
        "## Refunds\n\n- Within 30 days\n- With the receipt\n\nNotes: Say it kindly.\n\n"
        "| Plan | Fee |\n| --- | --- |\n| Pro | 9 |"
    )
    assert article.place(article.body.index("receipt")) == {"slide": 1}
    assert article.place(article.body.index("Pro")) == {"slide": 2}


MESSAGE = (
    "From: Ann <ann@a.example>\r\nSubject: =?utf-8?q?Fees_=E2=82=AC?=\r\n"
    "Date: Fri, 01 May 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
)


def test_messages_give_their_text(load_text: LoadText) -> None:
    plain = MESSAGE + "Content-Type: text/plain; charset=utf-8\r\n\r\nThe fee is 12.\r\n"
    (article,) = load_text("a.eml", plain).articles
    assert (article.title, article.body, article.format) == ("Fees €", "The fee is 12.", "email")
    assert article.updated == "2026-05-01T10:00:00+00:00"
    assert article.fields == {"from": "Ann <ann@a.example>"}
    html = MESSAGE + "Content-Type: text/html\r\n\r\n<p>The <b>fee</b> is 12.</p>"
    assert load_text("b.eml", html).articles[0].body == "The fee is 12."


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nid;title;body;product\n1;T;The fee is 12.;aero\n",
        "\n\nid,title,body,product\n1,T,The fee is 12.,aero\n",
        "id|title|body|product\n1|T|The fee is 12.|aero\n",
        '\ufeff"sep=,"\r\nid,title,body,product\r\n1,T,The fee is 12.,aero\r\n',
    ],
)
def test_csv_of_spreadsheet_programs(load_text: LoadText, text: str) -> None:
    (article,) = load_text("a.csv", text).articles
    assert (article.id, article.title, article.body) == ("1", "T", "The fee is 12.")
    assert article.fields == {"product": "aero"}


def test_rows_keep_their_further_fields(write: Write) -> None:
    path = write(
        "a.jsonl", '{"id": "1", "body": "B", "product": "x", "tags": ["a", 2], "n": {"a": 1}}'
    )
    (article,) = load_articles([path]).articles
    assert article.fields == {"product": "x", "tags": ("a", 2)}
