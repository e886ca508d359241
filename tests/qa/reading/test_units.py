"""Addresses, paths, numbers and versions are quoted whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading.units import whole_units

WHOLE = [
    ("Write to pay.team@quarry-tools.example, please.", "pay.team@quarry-tools.example"),
    ("See https://my.quarry.example/go?x=1&y=2.", "https://my.quarry.example/go?x=1&y=2"),
    ("The page is help.quarry.example/start today.", "help.quarry.example/start"),
    (r"It lies in D:\Data\Quarry\agent-7.log now.", r"D:\Data\Quarry\agent-7.log"),
    ("It lies in /srv/quarry/agent.log now.", "/srv/quarry/agent.log"),
    ("Edit ~/.config/quarry/rc first.", "~/.config/quarry/rc"),
    (r"Set HKCU\Software\Quarry\Tries to 3.", r"HKCU\Software\Quarry\Tries"),
    ("The proxy is gate01.quarry.example:3128.", "gate01.quarry.example:3128"),
    ("Open localhost:8080 in a browser.", "localhost:8080"),
    ("The subnet is 10.30.0.0/22.", "10.30.0.0/22"),
    ("The resolver is 10.30.0.53.", "10.30.0.53"),
    ("Since version 14.21.3 it works.", "14.21.3"),
    ("Take v2.0-beta1 instead.", "v2.0-beta1"),
    ("Set QUARRY_AGENT_TOKEN first.", "QUARRY_AGENT_TOKEN"),
    ("It sounds above -12.5 °C.", "-12.5 °C"),
    ("At most 4.25 °C are allowed.", "4.25 °C"),
    ("Over 6,500.75 kg twice.", "6,500.75 kg"),
    ("It opens at 6:45 a.m. on weekdays.", "6:45 a.m."),
    ("The rent is CHF 11'450.50 a month.", "CHF 11'450.50"),
    ("The deposit is 1.350,00 € now.", "1.350,00 €"),
    ("It costs $45.00 each.", "$45.00"),
    ("It ends on 31.3.2031.", "31.3.2031"),
    ("Up to 10 GB are free.", "10 GB"),
    ("Wait 30 days.", "30 days"),
    ("About 25% of them.", "25%"),
    ("Dial +44 20 7946 0991 now.", "+44 20 7946 0991"),
    ("Dial (202) 555-0143 now.", "(202) 555-0143"),
    ("Every 2nd Tuesday.", "2nd"),
]


@pytest.mark.parametrize(("text", "unit"), WHOLE, ids=[unit for _, unit in WHOLE])
def test_a_span_inside_a_unit_becomes_the_unit(text: str, unit: str) -> None:
    start = text.index(unit)
    for part in re.finditer(r"\w+", unit):
        cut = start + part.start(), start + part.end()
        assert text[slice(*whole_units(text, *cut))] == unit


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Bring a badge and/or a letter.", "badge"),
        ("Open Settings. Choose Display.", "Settings"),
        ("A self-service desk.", "self"),
        ("The 3 in the corner.", "3"),
        ("Wing 2 is open.", "Wing"),
        ("Monday to Friday, 9 to 5.", "Friday"),
    ],
)
def test_plain_words_stay_as_they_are(text: str, span: str) -> None:
    start = text.index(span)
    assert whole_units(text, start, start + len(span)) == (start, start + len(span))


@given(
    text=st.text(alphabet="ab1.@:/\\-_ €%\n+", min_size=1, max_size=60),
    cut=st.tuples(st.integers(0, 59), st.integers(1, 60)),
)
def test_units_only_grow_and_stay_on_their_line(text: str, cut: tuple[int, int]) -> None:
    start = min(cut[0], len(text) - 1)
    end = min(max(cut[1], start + 1), len(text))
    left, right = whole_units(text, start, end)
    assert 0 <= left <= start < end <= right <= len(text)
    assert "\n" not in text[left:start] + text[end:right]
