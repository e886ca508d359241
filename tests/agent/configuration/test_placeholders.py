from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration.placeholders import Kind, Part, fill, looked_up, parse, plain, worded


def test_parse_takes_a_template_apart() -> None:
    assert parse("a {{b}} {slot} {response.x.0} ${ENV}") == (
        Part(Kind.LITERAL, "a {b} "),
        Part(Kind.SLOT, "slot"),
        Part(Kind.LITERAL, " "),
        Part(Kind.RESPONSE, "x.0"),
        Part(Kind.LITERAL, " "),
        Part(Kind.ENVIRONMENT, "ENV"),
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("a {", r"a single '\{' at character 3: write '\{\{'"),
        ("}", r"a single '\}' at character 1"),
        ("{}", "names nothing"),
        ("{a.b}", "names nothing"),
        ("{a!r}", "names nothing"),
        ("{response}", "names nothing"),
        ("${1}", "names no environment variable"),
    ],
)
def test_parse_refuses_what_it_cannot_read(template: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(template)


def test_fill_words_values_for_people() -> None:
    slots = {"day": "2026-12-04", "n": 3.0, "yes": True}
    assert fill("{day}, {n}, {yes}, [{gone}]", slots=slots) == "Friday 4 December 2026, 3, yes, []"


def test_fill_needs_its_sources() -> None:
    with pytest.raises(ValueError, match="can't be used in"):
        fill("${X}", slots={})
    with pytest.raises(KeyError):
        fill("{response.x}", slots={}, response={})


@given(st.text())
def test_fill_never_reads_values_as_templates(value: str) -> None:
    assert fill("<{v}>", slots={"v": value}, encode=str) == f"<{value}>"


@given(st.text())
def test_parse_gives_back_escaped_text(text: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert "".join(part.text for part in parse(escaped)) == text


def test_looked_up_follows_keys_and_places() -> None:
    assert looked_up({"a": [{"b": 1}]}, "a.0.b") == 1
    with pytest.raises(KeyError):
        looked_up({"a": [1]}, "a.1")


@pytest.mark.parametrize(
    ("value", "for_endpoints", "for_people"),
    [(None, "", ""), (True, "true", "yes"), (2.0, "2", "2"), (2.5, "2.5", "2.5"),
     ("2026-13-40", "2026-13-40", "2026-13-40"), ([1, "a"], "[1, 'a']", "1, a")],
)  # fmt: skip
def test_values_are_worded_for_their_readers(
    value: object, for_endpoints: str, for_people: str
) -> None:
    assert (plain(value), worded(value)) == (for_endpoints, for_people)
