from __future__ import annotations

from typing import Any

import pytest

from retrieval.articles.audience import audience_of_cell, audience_of_json, refuse_misspelt_audience
from retrieval.articles.fields import safe_url, text_of_json, timestamp, title_of_stem
from retrieval.errors import ArticleError


@pytest.mark.parametrize(
    ("value", "audience"),
    [
        (None, None),
        ([], ()),
        (["b", "a", "b"], ("b", "a")),
        (["Staff", "staff"], ("Staff", "staff")),
    ],
)
def test_audience_of_json_reads_lists(value: Any, audience: Any) -> None:
    assert audience_of_json(value) == audience


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("staff", "audience is 'staff'; expected a list of roles"),
        (5, "audience is 5"),
        (True, "audience is True"),
        ({"staff": 1}, "audience is {"),
        ([["staff"]], r"audience holds \['staff'\], which is no role name"),
        ([None], "holds None"),
        (["a", 1], "holds 1"),
        (["a", " "], "empty role"),
        (["a\nb"], "control characters"),
    ],
)
def test_audience_of_json_refuses_the_rest(value: Any, reason: str) -> None:
    with pytest.raises(ArticleError, match=reason):
        audience_of_json(value)


@pytest.mark.parametrize(
    ("cell", "audience"),
    [
        ("", None),
        ("  ", None),
        ("staff", ("staff",)),
        ("staff; HR lead ;staff", ("staff", "HR lead")),
        ("[]", ()),
        ('["a;b"]', ("a;b",)),
    ],
)
def test_audience_of_cell_reads_separated_roles(cell: str, audience: Any) -> None:
    assert audience_of_cell(cell) == audience


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (";", "holds an empty role"),
        ("staff;", "holds an empty role"),
        ("[staff]", "which is no JSON list"),
        ("[1]", "no role name"),
    ],
)
def test_audience_of_cell_refuses_the_rest(cell: str, reason: str) -> None:
    with pytest.raises(ArticleError, match=reason):
        audience_of_cell(cell)


@pytest.mark.parametrize("key", ["Audience", "AUDIENCE", " audience"])
def test_refuse_misspelt_audience_stops_a_silent_publication(key: str) -> None:
    with pytest.raises(ArticleError, match='write "audience"'):
        refuse_misspelt_audience(["id", key])
    refuse_misspelt_audience(["id", "audience", "audiences", 3])


def test_text_of_json_takes_text_and_whole_numbers() -> None:
    assert [text_of_json(v, "id") for v in ("a", 42, None)] == ["a", "42", None]
    for wrong in (True, 1.5, [], {}):
        with pytest.raises(ArticleError, match=r"id is .*; expected text"):
            text_of_json(wrong, "id")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        (" https://a.example/x?y#z ", "https://a.example/x?y#z"),
        ("/kb/vpn", "/kb/vpn"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("java\nscript:x", None),
        ("", None),
        (None, None),
    ],
)
def test_safe_url_lets_only_harmless_links_through(url: str, safe: str) -> None:
    assert safe_url(url) == safe


@pytest.mark.parametrize(
    ("text", "utc", "iso"),
    [
        ("2026-05-01", False, "2026-05-01"),
        ("2026-05-01 10:22:33", True, "2026-05-01T10:22:33Z"),
        ("2026-05-01T10:22:33+02:00", True, "2026-05-01T10:22:33+02:00"),
        ("01.05.2026", False, None),
        ("", False, None),
        (None, True, None),
    ],
)
def test_timestamp_gives_iso_or_nothing(text: str, utc: Any, iso: str) -> None:
    assert timestamp(text, utc=utc) == iso


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("Reset_your_password", "Reset your password"),
        ("vpn-setup", "vpn setup"),
        ("Self-service portal", "Self-service portal"),
        ("Anti-aircraft_warfare", "Anti-aircraft warfare"),
        ("Bras%C3%ADlia", "Brasília"),
        ("100%", "100%"),
        ("a%FFb", "a%FFb"),
    ],
)
def test_title_of_stem_reads_well(stem: str, title: str) -> None:
    assert title_of_stem(stem) == title
