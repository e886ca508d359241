"""Hold our days against dateparser and parsedatetime, on the table of the tests.

    pip install dateparser parsedatetime
    python tests/bench/measure_days.py

For each: how many phrases it reads right, says nothing to, and takes for another day without
a word. A phrase that names no one day ("next week") is right if no day is taken.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from agent.conversation.forms.dates import find_dates

TODAY = date(2026, 3, 4)
TABLE = Path(__file__).parents[1] / "agent" / "conversation" / "forms" / "days.csv"


def ours(said: str) -> str | None:
    """Return the one day that we take."""
    values = {match.value for match in find_dates(said, today=TODAY)}
    value = values.pop() if len(values) == 1 else None
    return None if value is None else str(value)


def dateparser_day(said: str) -> str | None:
    """Return the first day that dateparser finds in the text."""
    from dateparser.search import search_dates

    options = {
        "RELATIVE_BASE": datetime(2026, 3, 4, 9),
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": "DMY",
    }
    found = search_dates(said, languages=["en"], settings=options)
    return found[0][1].date().isoformat() if found else None


def parsedatetime_day(said: str) -> str | None:
    """Return the day that parsedatetime reads."""
    import parsedatetime

    calendar = parsedatetime.Calendar(parsedatetime.Constants("en_UK", usePyICU=False))
    day, status = calendar.parse(said, datetime(2026, 3, 4, 9))
    return date(*day[:3]).isoformat() if status & 1 else None


def main() -> None:
    """Measure and print one JSON object."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = [(row["said"], row["day"]) for row in csv.DictReader(stream)]
    readers: dict[str, Callable[[str], str | None]] = {
        "ours": ours,
        "dateparser": dateparser_day,
        "parsedatetime": parsedatetime_day,
    }
    table = {}
    for name, read in readers.items():
        counts: Counter[str] = Counter()
        for said, day in rows:
            expected = None if day in ("", "ask") else day
            got = read(said)
            kind = "right" if got == expected else "missed" if got is None else "another day"
            counts[kind] += 1
        table[name] = dict(counts)
    print(json.dumps({"phrases": len(rows), **table}))  # noqa: T201 - a benchmark's result


if __name__ == "__main__":
    main()
