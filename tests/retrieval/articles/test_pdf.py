# ruff: noqa: E501  (expected texts stand as they are)
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdf
import pytest
from loading_types import LoadHere, LoadText, Write
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from retrieval.articles import load_articles
from retrieval.articles.pdf_layout import structured
from retrieval.articles.pdf_lines import Cell, Character, Line, lines_of
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


def test_load_reads_the_sample(samples: Path) -> None:
    (article,) = load_articles([samples / "pdf"]).articles
    assert article.title == "Requesting parental leave"
    assert article.body.startswith(SAMPLE)
    assert "Page 2 of 3" not in article.body
    assert "Employee handbook" not in article.body
    assert article.audience is None


def test_load_takes_the_title_from_metadata_or_name(load_text: LoadText) -> None:
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
def test_load_refuses_what_it_cannot_read(load_text: LoadText, raw: Any, reason: str) -> None:
    loaded = load_text("a.pdf", raw)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason


def test_load_maps_any_breakage(load_here: LoadHere, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object, **kwargs: object) -> None:
        raise KeyError("/Root")

    monkeypatch.setattr("retrieval.articles.pdf.lines_of", breaks)
    with pytest.raises(ArticleError, match=r"the PDF is broken \(KeyError: "):
        load_here("a.pdf", pdf(at(500, "x")))


def test_load_leaves_out_slanted_watermarks(load_text: LoadText) -> None:
    watermark = "BT /F1 60 Tf 0.7 0.7 -0.7 0.7 100 100 Tm (DRAFT) Tj ET\n"
    (article,) = load_text("a.pdf", pdf(watermark + at(500, "Text."))).articles
    assert article.body == "Text."


def line(y: float, *cells: str, size: float = 10, bold: bool = False, x: float = 60) -> Line:
    placed = [
        Cell(x + 150 * place, x + 150 * place + 5 * len(text), text)
        for place, text in enumerate(cells)
    ]
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
    title, body, _ = structured([page])
    assert title == "Title"
    assert body == f"# Title\n\n{LONG}\n\n## Section\n\n{LONG}\n\n### Subsection\n\n{LONG}"


@pytest.mark.parametrize("bullet", ["•", "\uf0b7", "-", "*", "o"])
def test_structured_keeps_bullets(bullet: str) -> None:
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
            Line([Cell(60, 120, f"Handbook 20{number}")], 780, 8, False, "top"),
            line(600, f"Text of page {number}."),
            Line([Cell(300, 320, f"- {number} -")], 20, 8, False, "bottom"),
        ]
        for number in (1, 2, 3)
    ]
    assert structured(pages)[1] == "Text of page 1.\n\nText of page 2.\n\nText of page 3."


def test_structured_of_nothing_is_empty() -> None:
    assert structured([[]]) == ("", "", [])


def drawn(text: str, x: float, y: float, size: float = 10, bold: bool = False) -> list[Character]:
    """Characters half as wide as they are high, one beside the other."""
    half = size / 2
    return [
        Character(character, x + half * place, x + half * (place + 1), y, size, bold)
        for place, character in enumerate(text)
    ]


def texts_of(*runs: list[Character]) -> list[list[str]]:
    characters = [character for run in runs for character in run]
    return [[cell.text for cell in line.cells] for line in lines_of(characters, 0, 800)]


def test_lines_of_joins_what_stands_on_one_baseline() -> None:
    bold = drawn("Save", 90, 700, bold=True)
    (first, second, third) = lines_of(
        [*drawn("Press ", 60, 700), *bold, *drawn(" now.", 110, 700.5), *drawn("x", 60, 688),
         *drawn("cell", 200, 688), *drawn("o\ufb03ce\x02", 60, 20, 8, bold=True)], 0, 800, 3,
    )  # fmt: skip
    assert (first.text, first.edge, first.bold, first.page) == ("Press Save now.", "", False, 3)
    assert [cell.text for cell in second.cells] == ["x", "cell"]
    assert (third.text, third.edge, third.bold) == ("office-", "bottom", True)


def test_lines_of_parts_words_by_gaps_where_no_space_is_drawn() -> None:
    assert texts_of(drawn("relies", 60, 700), drawn("on", 93, 700)) == [["relies on"]]
    assert texts_of(drawn("rel", 60, 700), drawn("ies", 75, 700)) == [["relies"]]


def test_lines_of_keeps_wide_spaces_of_justified_text() -> None:
    assert texts_of(drawn("one ", 60, 700), drawn("two", 86, 700)) == [["one two"]]


@pytest.mark.parametrize(
    ("before", "raised", "after", "text"),
    [
        ("10", "6", " cells", "10^6 cells"),
        ("90 m", "2", " of room", "90 m2 of room"),
        ("the rate.", "3", " More", "the rate.[3] More"),
        ("Acme", "TM", " pen", "AcmeTM pen"),
    ],
)
def test_lines_of_keeps_raised_characters_in_their_line(
    before: str, raised: str, after: str, text: str
) -> None:
    end = 60 + 5 * len(before)
    small = drawn(raised, end, 704, 6)
    rest = drawn(after, end + 3 * len(raised), 700)
    assert texts_of(drawn(before, 60, 700), small, rest) == [[text]]


def test_lines_of_joins_a_note_with_its_mark() -> None:
    assert texts_of(drawn("1", 60, 704, 6), drawn("See the annex.", 64, 700)) == [
        ["[1] See the annex."]
    ]


def test_lines_of_gives_the_characters_of_a_ligature_one_place() -> None:
    box = [Character(c, 75, 83, 700, 10, False) for c in "fi"]
    assert texts_of(drawn("off", 60, 700), box, drawn("ce", 83, 700)) == [["offfice"]]


def page_of(*rows: tuple[float, list[tuple[float, str]]]) -> list[Line]:
    runs = [drawn(text, x, y) for y, cells in rows for x, text in cells]
    return lines_of([character for run in runs for character in run], 0, 800)


@pytest.mark.parametrize(
    ("rows", "table"),
    [
        (
            [(700, [(60, "Plan"), (200, "Price")]), (680, [(60, "Pro"), (200, "9 EUR")])],
            "| Plan | Price |\n| --- | --- |\n| Pro | 9 EUR |",
        ),
        (  # cells of several lines, drawn cell by cell
            [
                (700, [(60, "Level"), (200, "First")]), (688, [(200, "reply")]),
                (670, [(60, "P1"), (200, "15")]), (658, [(200, "minutes")]),
                (640, [(60, "P2"), (200, "1 day")]),
            ],
            "| Level | First reply |\n| --- | --- |\n| P1 | 15 minutes |\n| P2 | 1 day |",
        ),
        (  # numbers to the right, an empty cell
            [
                (700, [(60, "Plan"), (200, "Seats"), (300, "Price")]),
                (680, [(60, "Basic"), (305, "3.00")]), (660, [(60, "Pro"), (215, "10"), (300, "12.00")]),
            ],
            "| Plan | Seats | Price |\n| --- | --- | --- |\n| Basic |  | 3.00 |\n| Pro | 10 | 12.00 |",
        ),
        (  # a corner without a word
            [(700, [(200, "Asia"), (300, "Europe")]), (680, [(60, "Capital"), (200, "Hanoi"), (300, "Rome")])],
            "|  | Asia | Europe |\n| --- | --- | --- |\n| Capital | Hanoi | Rome |",
        ),
    ],
)  # fmt: skip
def test_cells_under_each_other_are_a_table(rows: Any, table: Any) -> None:
    assert structured([page_of(*rows)])[1] == table


def test_columns_of_running_text_are_no_table() -> None:
    left = [(700 - 12 * n, [(60.0, "left text that runs on and on")]) for n in range(20)]
    right = [(700 - 12 * n, [(300.0, "right text that runs on as well")]) for n in range(20)]
    body = structured([page_of(*left, *right)])[1]
    assert "|" not in body
    assert body.index("right") > body.rindex("left")


def test_telephone_numbers_are_no_list() -> None:
    page = [
        line(700, "(415) 555-0199"),
        line(670, "(020) 7946-0018 and ask"),
        line(640, "(12) 34 56"),
    ]
    assert structured([page])[1] == "(415) 555-0199\n\n(020) 7946-0018 and ask\n\n(12) 34 56"


def test_lines_of_a_table_of_contents_are_left_out() -> None:
    page = [line(700, "Fees . . . . . . . 4"), line(688, "Rules.......12"), line(660, LONG)]
    assert structured([page])[1] == LONG


def test_places_tell_the_page_of_every_part(load_text: LoadText) -> None:
    pages = [
        [line(700, "First.")],
        [line(700, LONG), line(688, LONG + " and")],
        [line(700, "goes on.")],
    ]
    for number, lines in enumerate(pages, 1):
        for one in lines:
            one.page = number
    _, body, places = structured(pages)
    assert [(body[start:start + 8], page) for start, page in places] == [
        ("First.\n\n", 1), ("This lin", 2), ("goes on.", 3),
    ]  # fmt: skip
    (article,) = load_text(
        "a.pdf", pdf(at(700, "One.", size=20), at(700, "Two, and some more."))
    ).articles
    assert (article.title, article.body) == ("One.", "Two, and some more.")
    assert article.place(article.body.index("Two")) == {"page": 2}


PICTURE = "q 500 0 0 300 50 300 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q\n"


def test_scanned_pages_are_named(load_text: LoadText) -> None:
    text = at(500, "Text of a page that is none.")
    loaded = load_text("a.pdf", pdf(text, PICTURE, PICTURE, text, PICTURE + at(20, "Scanned by X")))
    assert loaded.articles[0].place(40) == {"page": 4}
    (warning,) = loaded.warnings
    assert "a.pdf, 3 of 5 pages (2 to 3, 5)" in warning
    assert "ocrmypdf" in warning


def test_scans_with_a_printed_footer_are_refused(load_text: LoadText) -> None:
    loaded = load_text("a.pdf", pdf(*[PICTURE + at(20, "Scanned by X")] * 2))
    assert "its pages are probably scanned" in loaded.rejected[0].reason


def test_turned_pages_are_read_upright(load_text: LoadText) -> None:
    turned = "BT /F1 10 Tf 0 1 -1 0 300 100 Tm (Turned text.) Tj ET\n"
    assert load_text("a.pdf", pdf(turned)).articles[0].body == "Turned text."


def test_load_refuses_a_huge_file_unread(write: Write) -> None:
    path = write("a.pdf")
    with path.open("r+b") as stream:
        stream.truncate(200_000_001)  # a hole: it takes no room on the disk
    assert "larger than 200,000,000 bytes" in load_articles([path]).rejected[0].reason


def test_load_refuses_endless_text(load_here: LoadHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.articles.pdf.MAX_ARTICLE_CHARS", 5)
    with pytest.raises(ArticleError, match="holds more than 5 characters"):
        load_here("a.pdf", pdf(at(500, "More than five.")))
