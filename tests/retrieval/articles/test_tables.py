from __future__ import annotations

import pytest

from retrieval.articles.readable import readable


def table(rows: str, **kwargs: str) -> str:
    return readable(f"<table>{rows}</table>")


def test_table_with_a_head() -> None:
    html = (
        "<caption>Costs</caption><thead><tr><th>A<th>B</thead>"
        "<tbody><tr><td>1<td>2<tfoot><tr><td>s<td>3"
    )
    assert table(html) == "Costs\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n| s | 3 |"


def test_table_without_a_head_takes_its_first_row() -> None:
    assert table("<tr><td>A<td>B<tr><td>1<td>2") == "| A | B |\n| --- | --- |\n| 1 | 2 |"


def test_table_with_headers_beside_rows_has_an_empty_head() -> None:
    assert table("<tr><th>A<td>1<tr><th>B<td>2") == "|  |  |\n| --- | --- |\n| A | 1 |\n| B | 2 |"


def test_table_joins_several_head_rows() -> None:
    html = "<thead><tr><th rowspan=2>A<th colspan=2>B<tr><th>b1<th>b2</thead><tr><td>1<td>2<td>3"
    assert table(html) == "| A | B b1 | B b2 |\n| --- | --- | --- |\n| 1 | 2 | 3 |"


def test_table_repeats_cells_that_span_rows() -> None:
    html = "<tr><th>A<th>B<tr><td rowspan=2>x<td>1<tr><td>2"
    assert table(html) == "| A | B |\n| --- | --- |\n| x | 1 |\n| x | 2 |"


def test_table_leaves_columns_under_a_wide_cell_empty() -> None:
    html = "<tr><th>A<th>B<th>C<tr><td colspan=2>x<td>1"
    assert table(html) == "| A | B | C |\n| --- | --- | --- |\n| x |  | 1 |"


def test_table_fills_short_rows_and_drops_empty_ones_and_columns() -> None:
    html = "<tr><th>A<th><th>B<tr><td>1<tr><td><td><td><tr><td>2<td><td>3"
    assert table(html) == "| A | B |\n| --- | --- |\n| 1 |  |\n| 2 | 3 |"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<p>a<p>b", "a b"),
        ("a<br>b", "a b"),
        ("<ul><li>a<li>b</ul>", "a; b"),
        ("Any of:<ul><li>a<li>b</ul>", "Any of: a; b"),
        ("<ol><li>a<li>b</ol>", "1. a 2. b"),
        ("x|y", r"x\|y"),
        ("<pre>a\nb</pre>", "a b"),
    ],
)
def test_table_cells_are_one_line(cell: str, text: str) -> None:
    assert table(f"<tr><th>A<th>B<tr><td>{cell}</td><td>z") == (
        f"| A | B |\n| --- | --- |\n| {text} | z |"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td><h2>Head</h2><p>Text</td></tr></table>",
        "<table role=presentation><tr><td><h2>Head</h2><td>Text</table>",
        "<table><tr><td><h2>Head</h2><td>Text</table>",
        "<table><tr><td><h2>Head</h2></td><td><table><tr><td>Text</table></table>",
    ],
)
def test_layout_tables_are_read_cell_by_cell(html: str) -> None:
    assert readable(html) == "## Head\n\nText"


def test_table_spans_are_bounded() -> None:
    text = table("<tr><th colspan=100000000 rowspan=99999999>A<th>B<tr><td>1" + "<tr><td>2" * 200)
    assert len(text) < 200_000


def test_table_empty_gives_nothing() -> None:
    assert readable("a<table><tr><td><td></table><table></table>b") == "a\n\nb"
