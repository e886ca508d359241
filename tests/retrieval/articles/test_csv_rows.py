from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles.csv_rows import csv_delimiter, csv_rows, wrong_width


def rows(text: str, delimiter: str = ",", max_cell_chars: int = 1000) -> list[tuple[int, object]]:
    lines = list(io.StringIO(text, newline=""))
    return list(csv_rows(lines, delimiter, max_cell_chars=max_cell_chars))


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [("id,body", ","), ("id;body", ";"), ("id\tbody\tx,y", "\t"), ("a;b,c;d", ";"), ("body", ",")],
)
def test_delimiter_is_the_most_frequent_in_the_header(header: str, delimiter: str) -> None:
    assert csv_delimiter(header) == delimiter


def test_rows_carry_the_lines_they_start_on() -> None:
    assert rows('a,b\r\n1,"x\ny"\n\n2,z') == [
        (1, ["a", "b"]),
        (2, ["1", "x\ny"]),
        (4, []),
        (5, ["2", "z"]),
    ]


@given(
    st.lists(st.lists(st.text(alphabet='a ,;"\n\r\té', max_size=6), min_size=2, max_size=4)),
    st.sampled_from(",;\t"),
)
def test_rows_are_those_that_were_written(table: list[list[str]], delimiter: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(table)
    assert [cells for _, cells in rows(written.getvalue(), delimiter)] == table


def test_rows_go_on_after_a_broken_one() -> None:
    first, broken, last = rows('1,a\n2,"b"x\n3,c\n')
    assert (first, last) == ((1, ["1", "a"]), (3, ["3", "c"]))
    assert broken == (
        2,
        "not valid CSV: ',' expected after '\"'; put \" around the cell and double inner ones",
    )


def test_rows_refuse_a_cell_beyond_the_limit_and_leave_the_limit_as_it_was() -> None:
    before = csv.field_size_limit()
    found = rows("1,aaaaa\n2,b\n", max_cell_chars=4)
    assert found[0][0] == 1
    assert "field larger than field limit (4)" in str(found[0][1])
    assert found[1] == (2, ["2", "b"])
    assert csv.field_size_limit() == before


def test_rows_give_up_after_many_broken_ones() -> None:
    found = rows('1,"b"x\n' * 60)
    assert len(found) == 51
    assert found[-1] == (51, "too many broken rows: the rest of the file is left out")


def test_wrong_width_names_both_numbers() -> None:
    assert wrong_width(["a", "b"], 2) is None
    assert wrong_width(["a"], 2) == (
        'the row has 1 cells, the header 2; put " around cells that hold separators or line breaks'
    )
