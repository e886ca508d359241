from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from retrieval.system.untrusted import parse_json, worded

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(VALUES, st.booleans())
def test_parse_json_reads_what_pythons_own_parser_reads(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse_json(text) == value
    assert parse_json(text.encode()) == value


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":['])
def test_parse_json_refuses_what_is_nested_too_deeply(opening: str) -> None:
    for depth in (1_000, 6_000, 100_000):
        with pytest.raises(ValueError, match="recursion limit"):
            parse_json(opening * depth)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"NaN", b"[Infinity]", b'"\\ud800"', b"[1,]", b"{} {}", b"'a'"]
)
def test_parse_json_refuses_what_is_no_json(content: bytes) -> None:
    with pytest.raises(ValueError, match="line 1"):
        parse_json(content)


def test_parse_json_refuses_what_is_too_long_unread() -> None:
    assert parse_json(b'"abc"', max_bytes=5) == "abc"
    with pytest.raises(ValueError, match="6 bytes, expected at most 5"):
        parse_json(b'"abcd"', max_bytes=5)


class Inner(BaseModel, strict=True):
    n: int = Field(ge=1, le=3)
    names: list[str] = Field(default=[], min_length=1)


class Document(BaseModel, strict=True):
    inner: list[Inner]
    on: bool = True


def test_worded_names_place_value_and_what_was_expected() -> None:
    document = {"inner": [{"n": 0}, {"n": 2, "names": ["a", 5]}, {"names": []}], "on": "a" * 200}
    with pytest.raises(ValidationError) as caught:
        Document.model_validate(document)
    assert worded(caught.value).split("; ") == [
        "inner.0.n is 0, expected at least 1",
        "inner.1.names holds 5, expected a text",
        "inner.2.n is missing",
        "inner.2.names is empty, expected at least one",
        f"on is '{'a' * 79}…, expected true or false",
    ]
    with pytest.raises(ValidationError) as caught:
        Document.model_validate_json('{"inner": [')
    assert worded(caught.value).startswith("it isn't JSON: EOF")
