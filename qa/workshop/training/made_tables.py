"""Make tables and lists with questions about their cells, in SQuAD's format.

Wikipedia's prose, which readers are trained on, has no rows; help articles are full of them:
prices, opening hours, ports, limits, who approves what. Which cell answers is a skill of its
own, the row from one part of the question and the column from another, and can be learned
from rows whose contents mean nothing. The kinds of tables stand in `recipes/tables.toml`; a
question about a row or column that isn't there has no answer.

`frontdesk train tables` writes a file of them for `frontdesk train reader --data`.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["make_tables"]

_KINDS = Path(__file__).parent / "recipes" / "tables.toml"
_QUESTIONS_PER_TABLE = 4
_UNANSWERABLE = 0.3
_LOWERED = 0.5
_ANY_COLUMN = (
    "what is the {column} of {key}?",
    "{key} {column}",
    "{column} for {key}",
    "what does it say about {column} for {key}?",
)
_EMPTY = "–"
_SHAPES = ("grid", "grid", "grid", "columns", "list", "sentences")
_AROUND = (
    "Ask the service desk if something is missing here.",
    "The list is brought up to date twice a year.",
    "Changes are announced 14 days before.",
    "Amounts include tax.",
    "If in doubt, talk to your manager.",
    "This page is for everyone, including temporary staff.",
    "Exceptions need a reason in writing.",
    "See the handbook for the details.",
    "Last checked on 3 May.",
    "Other wishes: fill in the form and wait for the answer, which takes about 5 days.",
)
_MONTHS = "January February March April May June July August September October November December"
_FIRST = "Ana Ben Clara Dev Eva Femi Grace Hugo Ines Jonas Kim Lena Mia Noor Omar Pia Sam Tariq"
_LAST = "Adler Brandt Costa Diaz Egan Fuchs Gupta Hansen Ito Jensen Khan Lopez Moreau Novak Okoye"

Draw = random.Random


@dataclass(frozen=True)
class _Column:
    """What stands below one head: how its cells are drawn and how it is asked for."""

    name: str
    kind: str
    ask: Sequence[str]


@dataclass(frozen=True)
class _Kind:
    """A kind of table: what it may be called, whose rows are asked about, and its columns."""

    titles: Sequence[str]
    key: str
    rows: Sequence[str]
    columns: Sequence[_Column]


@dataclass(frozen=True)
class _Table:
    """A table with its cells.

    Attributes:
        title: Above it.
        key: Head of the first column.
        columns: Those it has of its kind's.
        rows: Row → cells, in the columns' order.
    """

    title: str
    key: str
    columns: Sequence[_Column]
    rows: Mapping[str, Sequence[str]]


class _Writer:
    """A text that grows, and remembers where each cell begins."""

    def __init__(self) -> None:
        self.text = ""
        self.starts: dict[tuple[str, int], int] = {}

    def add(self, text: str) -> None:
        self.text += text

    def cell(self, row: str, number: int, text: str) -> None:
        self.starts[row, number] = len(self.text)
        self.text += text


def make_tables(n: int, *, seed: int) -> dict[str, Any]:
    """Return about `n` questions over made tables, as the content of a SQuAD 2.0 file.

    Args:
        n: Questions, three in ten of them without an answer.
        seed: The same gives the same file.
    """
    rng = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
    kinds = _kinds()
    articles = []
    for number in range(-(-n // _QUESTIONS_PER_TABLE)):
        kind = rng.choice(kinds)
        table = _draw_table(kind, rng)
        context, starts = _write(table, rng)
        questions = [
            {
                "id": f"table-{seed}-{number}-{place}",
                "question": question,
                "is_impossible": cell is None,
                "answers": []
                if cell is None
                else [{"text": table.rows[cell[0]][cell[1]], "answer_start": starts[cell]}],
            }
            for place, (question, cell) in enumerate(_questions(kind, table, rng))
        ]
        paragraphs = [{"context": context, "qas": questions}]
        articles.append({"title": f"{table.title} {seed}-{number}", "paragraphs": paragraphs})
    return {"version": "v2.0", "data": articles}


def _kinds() -> list[_Kind]:
    stored = tomllib.loads(_KINDS.read_text(encoding="utf-8"))
    return [
        _Kind(
            each["titles"],
            each["key"],
            each["rows"],
            [_Column(column["name"], column["kind"], column["ask"]) for column in each["columns"]],
        )
        for each in stored["table"]
    ]


# -- cells --------------------------------------------------------------------------------


def _money(rng: Draw, low: str, high: str) -> str:
    amount = rng.uniform(float(low), float(high))
    whole = amount >= 30 or rng.random() < 0.3
    return f"${amount:,.0f}" if whole else f"${amount:.1f}0"


def _number(rng: Draw, low: str, high: str, unit: str = "") -> str:
    return f"{rng.randint(int(low), int(high))}{unit}"


def _hours(rng: Draw) -> str:
    dash = rng.choice(["–", "-", " to "])
    return f"{_time(rng, '6', '10')}{dash}{_time(rng, '12', '21')}"


def _time(rng: Draw, low: str, high: str) -> str:
    return f"{rng.randint(int(low), int(high)):02d}:{rng.choice(['00', '15', '30', '45'])}"


def _date(rng: Draw) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(_MONTHS.split())} {rng.randint(2021, 2029)}"


def _weekday_date(rng: Draw) -> str:
    if rng.random() < 0.25:
        return _EMPTY
    day = rng.choice(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    return f"{day} {rng.randint(1, 28)} {rng.choice(_MONTHS.split())[:3]}"


def _duration(rng: Draw) -> str:
    unit, most = rng.choice(
        [("minutes", 45), ("hours", 72), ("days", 90), ("weeks", 12), ("months", 24), ("years", 12)]
    )
    return f"{rng.randint(2, most)} {unit}"


def _size(rng: Draw) -> str:
    return f"{rng.choice([2, 5, 10, 15, 20, 25, 50, 64, 100, 250, 500])} {rng.choice(['MB', 'GB'])}"


def _person(rng: Draw) -> str:
    return f"{rng.choice(_FIRST.split())} {rng.choice(_LAST.split())}"


def _phone(rng: Draw) -> str:
    return f"+{rng.randint(1, 99)} {rng.randint(10, 999)} 555 {rng.randint(0, 9999):04d}"


def _email(rng: Draw) -> str:
    return f"{rng.choice(['help', 'desk', 'info', 'team', 'ask'])}{rng.randint(1, 99)}@example.com"


def _room(rng: Draw) -> str:
    return f"{rng.choice('ABCDE')}{rng.randint(1, 6)}.{rng.randint(1, 40):02d}"


def _code(rng: Draw) -> str:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(rng.randint(2, 3)))
    return f"{letters}-{rng.randint(10, 9999)}"


_CELLS: Mapping[str, Callable[..., str]] = {
    "money": _money,
    "number": _number,
    "hours": _hours,
    "hours_or_closed": lambda rng: "closed" if rng.random() < 0.4 else _hours(rng),
    "time": _time,
    "date": _date,
    "weekday_date": _weekday_date,
    "duration": _duration,
    "size": _size,
    "person": _person,
    "phone": _phone,
    "email": _email,
    "room": _room,
    "code": _code,
    "percent": lambda rng: f"{rng.randint(1, 40)} %",
}


def _cell(kind: str, rng: Draw) -> str:
    name, _, arguments = kind.partition(":")
    if name == "choice":
        return rng.choice(arguments.split("/"))
    return _CELLS[name](rng, *(arguments.split(":") if arguments else ()))


def _draw_table(kind: _Kind, rng: Draw) -> _Table:
    # At least one column stays out where there are several: it can be asked for in vain.
    most = max(1, len(kind.columns) - 1) if rng.random() < _UNANSWERABLE else len(kind.columns)
    columns = rng.sample(list(kind.columns), rng.randint(1, most))
    n_rows = rng.randint(3, min(12, len(kind.rows) - 1))
    rows = {
        row: [_cell(column.kind, rng) for column in columns]
        for row in rng.sample(list(kind.rows), n_rows)
    }
    return _Table(rng.choice(list(kind.titles)), kind.key, columns, rows)


# -- how it is written --------------------------------------------------------------------


def _write(table: _Table, rng: Draw) -> tuple[str, dict[tuple[str, int], int]]:
    """Return the text, and where the cell of each row and column begins in it."""
    writer = _Writer()
    if rng.random() < 0.7:
        writer.add(f"{table.title}.")
    if rng.random() < 0.5:
        writer.add(f" {rng.choice(_AROUND)}")
    writer.add("\n")
    match rng.choice(_SHAPES):
        case "columns":
            _as_columns(writer, table)
        case "list":
            _as_list(writer, table, between=rng.choice([". ", ", ", "; "]))
        case "sentences":
            _as_sentences(writer, table)
        case _:
            _as_grid(writer, table)
    if rng.random() < 0.5:
        writer.add(f"\n{' '.join(rng.sample(_AROUND, rng.randint(1, 3)))}")
    return writer.text, writer.starts


def _as_grid(writer: _Writer, table: _Table) -> None:
    """Write a table of Markdown."""
    heads = [table.key, *(column.name for column in table.columns)]
    writer.add(f"| {' | '.join(heads)} |\n| {' | '.join('---' for _ in heads)} |")
    for row, cells in table.rows.items():
        writer.add(f"\n| {row} |")
        for number, cell in enumerate(cells):
            writer.add(" ")
            writer.cell(row, number, cell)
            writer.add(" |")


def _as_columns(writer: _Writer, table: _Table) -> None:
    """Write columns that are kept apart by spaces."""
    writer.add(f"{table.key} ({', '.join(column.name for column in table.columns)})")
    for row, cells in table.rows.items():
        writer.add(f"\n  {row}")
        for number, cell in enumerate(cells):
            writer.add(" / " if number else "    ")
            writer.cell(row, number, cell)


def _as_list(writer: _Writer, table: _Table, *, between: str) -> None:
    """Write a list whose head says what comes after the colon."""
    names = [column.name[0].lower() + column.name[1:] for column in table.columns]
    writer.add(f"{table.key}: {', '.join(names)}:")
    for row, cells in table.rows.items():
        writer.add(f"\n- {row}: ")
        for number, cell in enumerate(cells):
            writer.add(between if number else "")
            writer.cell(row, number, cell)
        writer.add(".")


def _as_sentences(writer: _Writer, table: _Table) -> None:
    """Write each row out, with every column's name."""
    for row, cells in table.rows.items():
        writer.add(f"{row}: ")
        for number, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
            writer.add(f"{', ' if number else ''}{column.name[0].lower()}{column.name[1:]} ")
            writer.cell(row, number, cell)
        writer.add(". ")


# -- questions ----------------------------------------------------------------------------


def _questions(kind: _Kind, table: _Table, rng: Draw) -> list[tuple[str, tuple[str, int] | None]]:
    """Return questions, each with the row and column of its cell, or None where there is none."""
    cells = [
        (row, number)
        for row, values in table.rows.items()
        for number, value in enumerate(values)
        if value != _EMPTY
    ]
    absent_rows = [row for row in kind.rows if row not in table.rows]
    absent_columns = [column for column in kind.columns if column not in table.columns]
    questions: list[tuple[str, tuple[str, int] | None]] = []
    for row, number in rng.sample(cells, min(_QUESTIONS_PER_TABLE, len(cells))):
        if rng.random() >= _UNANSWERABLE:
            questions.append((_ask(table.columns[number], row, rng), (row, number)))
        elif absent_columns and rng.random() < 0.5:
            questions.append((_ask(rng.choice(absent_columns), row, rng), None))
        else:
            asked = _ask(table.columns[number], rng.choice(absent_rows), rng)
            questions.append((asked, None))
    return questions


def _ask(column: _Column, row: str, rng: Draw) -> str:
    template = rng.choice([*column.ask, rng.choice(_ANY_COLUMN)])
    question = template.format(key=row, column=column.name.lower())
    return question.lower() if rng.random() < _LOWERED else question[0].upper() + question[1:]
