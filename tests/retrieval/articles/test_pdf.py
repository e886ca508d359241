# ruff: noqa: E501  (expected texts stand as they are)
from __future__ import annotations

import io

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from retrieval.articles import load_articles
from retrieval.articles.pdf_layout import Line, Piece, lines_of, structured
from retrieval.errors import ArticleError

SAMPLE = """\
You can take up to sixteen weeks of paid parental leave for the birth, adoption or fostering of a child. \
The leave is available to every employee who has worked here for at least six months, whatever their \
contract says about hours or about working place.

Leave may be taken in one block or in two, and both parents are entitled to it when both work for the \
company. The second block has to end before the child's second birthday.

## How to apply

1. Open PeopleDesk and choose Leave > Request leave. If you do not see the menu, ask the service desk to \
switch it on for your account.
2. Select Parental leave from the list of types.
3. Enter the first and the last day. The system counts working days only, so public holidays that fall \
into the period are not taken off your balance.
4. Attach the birth certificate, or the adoption order.

## What you need

- A birth certificate or adoption order
- The name of the colleague who covers for you
- The consent of your line manager, which may be given by e-mail

## Pay during leave

| Weeks | Pay | Paid by |
| --- | --- | --- |
| 1 to 8 | 100 % | Company |
| 9 to 16 | 80 % | Company and state |
"""


def pdf(*pages: str, password: str = "", title: str = "") -> bytes:
    """A PDF whose pages draw the given content streams in Helvetica."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for content in pages:
        page = writer.add_blank_page(width=600, height=800)
        stream = DecodedStreamObject()
        stream.set_data(content.encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def at(y: float, text: str, x: float = 60, size: float = 10) -> str:
    return f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n"


def test_load_reads_the_sample(samples) -> None:
    (article,) = load_articles([samples / "pdf"]).articles
    assert article.title == "Requesting parental leave"
    assert article.body.startswith(SAMPLE)
    assert "Page 2 of 3" not in article.body
    assert "Employee handbook" not in article.body
    assert article.audience is None


def test_load_takes_the_title_from_metadata_or_name(load_text) -> None:
    page = at(500, "Plain text of one size.")
    assert load_text("a-b.pdf", pdf(page, title="Stated")).articles[0].title == "Stated"
    assert (
        load_text("a-b.pdf", pdf(page, title="Microsoft Word - x.doc")).articles[0].title == "a b"
    )
    assert load_text("a-b.pdf", pdf(page)).articles[0].title == "a b"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the PDF can't be read"),
        (b"no pdf at all", "the PDF can't be read"),
        (b"%PDF-1.7\n%%EOF", "the PDF can't be read"),
        (pdf(""), "the PDF holds no text; its pages are probably scanned"),
        (pdf(at(500, "x"), password="secret"), "locked with a password"),  # noqa: S106
        (pdf(at(500, "x"))[:400], "the PDF"),
    ],
)
def test_load_refuses_what_it_cannot_read(load_text, raw, reason) -> None:
    loaded = load_text("a.pdf", raw)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason


def test_load_maps_any_breakage(load_here, monkeypatch) -> None:
    def breaks(*args: object, **kwargs: object) -> None:
        raise KeyError("/Root")

    monkeypatch.setattr(pypdf.PageObject, "extract_text", breaks)
    with pytest.raises(ArticleError, match=r"the PDF is broken \(KeyError: "):
        load_here("a.pdf", pdf(at(500, "x")))


def test_load_leaves_out_slanted_watermarks(load_text) -> None:
    watermark = "BT /F1 60 Tf 0.7 0.7 -0.7 0.7 100 100 Tm (DRAFT) Tj ET\n"
    (article,) = load_text("a.pdf", pdf(watermark + at(500, "Text."))).articles
    assert article.body == "Text."


def line(y: float, *cells: str, size: float = 10, bold: bool = False, x: float = 60) -> Line:
    placed = [(x + 150 * place, text) for place, text in enumerate(cells)]
    return Line(placed, y, size, bold)


LONG = "This line of running text is as long as the others of its paragraph are,"


def test_structured_joins_lines_and_mends_broken_words() -> None:
    page = [
        line(700, LONG + " with a hyphen-"),
        line(688, "ated word, a well-"),
        line(676, "known one, and a well-known one again in the very same text as above here."),
        line(640, "A wide gap parts paragraphs."),
    ]
    assert structured([page])[1] == (
        LONG + " with a hyphenated word, a well-known one, and a well-known one again in the very "
        "same text as above here.\n\nA wide gap parts paragraphs."
    )


def test_structured_ends_a_paragraph_at_a_short_line() -> None:
    page = [line(700, LONG), line(688, "which ends here."), line(676, LONG), line(664, "and here.")]
    assert structured([page])[1] == f"{LONG} which ends here.\n\n{LONG} and here."


def test_structured_goes_on_over_pages() -> None:
    pages = [[line(100, LONG), line(88, LONG + " and")], [line(700, "continues here.")]]
    assert structured(pages)[1] == f"{LONG} {LONG} and continues here."


def test_structured_finds_headings_by_size_and_weight() -> None:
    page = [
        line(760, "Title", size=20),
        line(730, LONG),
        line(700, "Section", size=14),
        line(680, LONG),
        line(650, "Subsection", bold=True),
        line(636, LONG),
    ]
    title, body = structured([page])
    assert title == "Title"
    assert body == f"# Title\n\n{LONG}\n\n## Section\n\n{LONG}\n\n### Subsection\n\n{LONG}"


@pytest.mark.parametrize("bullet", ["•", "\uf0b7", "-", "*", "o"])
def test_structured_keeps_bullets(bullet) -> None:
    page = [line(700, f"{bullet} one"), line(688, f"{bullet} two"), line(660, LONG)]
    assert structured([page])[1] == f"- one\n- two\n\n{LONG}"


def test_structured_keeps_numbers_and_letters() -> None:
    page = [line(700, "3. three"), line(688, "(4) four"), line(676, "a) letter")]
    assert structured([page])[1] == "3. three\n4. four\na) letter"


def test_structured_makes_tables_of_aligned_cells() -> None:
    page = [line(700, "A", "B|C"), line(688, "1", "2"), line(650, LONG)]
    assert structured([page])[1] == f"| A | B\\|C |\n| --- | --- |\n| 1 | 2 |\n\n{LONG}"


def test_structured_drops_running_headers_and_page_numbers() -> None:
    pages = [
        [
            Line([(60, f"Handbook 20{number}")], 780, 8, False, "top"),
            line(600, f"Text of page {number}."),
            Line([(300, f"- {number} -")], 20, 8, False, "bottom"),
        ]
        for number in (1, 2, 3)
    ]
    assert structured(pages)[1] == "Text of page 1.\n\nText of page 2.\n\nText of page 3."


def test_structured_of_nothing_is_empty() -> None:
    assert structured([[]]) == ("", "")


def test_lines_of_joins_pieces_at_one_height() -> None:
    pieces = [
        Piece("Press ", 60, 700, 10, False),
        Piece("Save", 90, 700, 10, True),
        Piece(" now.\n", 110, 700.5, 10, False),
        Piece("x\n", 60, 688, 10, False),
        Piece("cell\n", 200, 688, 10, False),
        Piece("  ", 60, 600, 10, False),
        Piece("o\ufb03ce\x02", 60, 20, 8, True),
    ]
    first, second, third = lines_of(pieces, 0, 800)
    assert (first.text, first.edge, first.bold) == ("Press Save now.", "", False)
    assert [text for _, text in second.cells] == ["x", "cell"]
    assert (third.text, third.edge, third.bold) == ("office", "bottom", True)


def test_load_refuses_a_huge_file_unread(write) -> None:
    path = write("a.pdf")
    with path.open("r+b") as stream:
        stream.truncate(200_000_001)  # a hole: it takes no room on the disk
    assert "larger than 200,000,000 bytes" in load_articles([path]).rejected[0].reason


def test_load_refuses_endless_text(load_here, monkeypatch) -> None:
    monkeypatch.setattr("retrieval.articles.pdf.MAX_ARTICLE_CHARS", 5)
    with pytest.raises(ArticleError, match="holds more than 5 characters"):
        load_here("a.pdf", pdf(at(500, "More than five.")))
