"""Conditions on fields: how they are read, what meets them, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import ConditionError
from retrieval.search.conditions import Condition, FieldTable, parse_conditions
from retrieval.types import Article, FieldValue

OPERATORS = ("=", "!=", ">=", "<=", "<", ">")


def holds(written: str, value: FieldValue) -> bool:
    (condition,) = parse_conditions([written])
    return condition.holds(value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("product=aero3", ("product", "=", "aero3")),
        ("Product = Aero 3 ", ("product", "=", "Aero 3")),
        ("updated>=2025-01-01", ("updated", ">=", "2025-01-01")),
        ("price<5", ("price", "<", "5")),
        ("price <= 5.5", ("price", "<=", "5.5")),
        ("region!=eu", ("region", "!=", "eu")),
        ("formula=a=b", ("formula", "=", "a=b")),
        ("sales region=north", ("sales region", "=", "north")),
        ("größe>9", ("grösse", ">", "9")),
    ],
)
def test_conditions_are_read_as_people_write_them(
    written: str, expected: tuple[str, str, str]
) -> None:
    assert parse_conditions([written]) == (Condition(*expected),)


@pytest.mark.parametrize("written", ["", "product", "=x", "product=", ">=3", "a ~ b", " = ", 7])
def test_what_is_no_condition_is_refused(written: Any) -> None:
    with pytest.raises(ConditionError, match="can't be read: expected FIELD=VALUE"):
        parse_conditions([written])


@pytest.mark.parametrize("written", ["product>aero", "updated<yesterday", "n>=nan", "n<inf"])
def test_what_has_no_order_is_not_compared(written: str) -> None:
    with pytest.raises(ConditionError, match="neither a number nor a date"):
        parse_conditions([written])


def test_a_lone_text_is_not_taken_for_its_letters() -> None:
    with pytest.raises(ConditionError, match="expected a list of conditions"):
        parse_conditions("a=b")


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("product=AERO3", "aero3", True),
        ("product=aero", "aero3", False),
        ("product!=aero3", "aero4", True),
        ("product!=aero3", "Aero3", False),
        ("tags=vpn", ("wifi", "VPN"), True),
        ("tags!=vpn", ("wifi", "VPN"), False),
        ("tags=x", (), False),
        ("version=2", 2.0, True),
        ("version=2.0", "2", True),
        ("version>=10", "9", False),
        ("version>=10", 11, True),
        ("version<10", ("11", "9"), True),
        ("version<10", "nine", False),
        ("beta=true", True, True),
        ("beta=1", True, False),
        ("updated>=2025-01-01", "2025-01-01", True),
        ("updated>2025-01-01", "2025-01-01T08:00:00+00:00", True),
        ("updated<2025-01-01", "2024-12-31T23:30:00-05:00", False),
        ("updated>=2025-01-01", 2026.0, False),
        ("updated=2025-01-01", "2025-01-01T00:00:00Z", True),
    ],
)
def test_a_condition_holds(written: str, value: FieldValue, expected: bool) -> None:
    assert holds(written, value) == expected


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_orders_agree_with_numbers(held: int, bound: int) -> None:
    asked = {sign: holds(f"n{sign}{bound}", held) for sign in OPERATORS}
    assert asked == {
        "=": held == bound,
        "!=": held != bound,
        ">=": held >= bound,
        "<=": held <= bound,
        "<": held < bound,
        ">": held > bound,
    }


VALUES = st.one_of(
    st.sampled_from(["eu", "us", "7", "2025-01-01"]), st.integers(0, 9), st.booleans()
)
FIELDS = st.dictionaries(
    st.sampled_from(["region", "n", "Region"]), VALUES | st.lists(VALUES).map(tuple)
)


@given(st.lists(FIELDS, max_size=6), st.lists(st.sampled_from(["region=eu", "n!=7", "n<5"])))
def test_a_table_agrees_with_each_article_by_itself(
    of_articles: list[dict[str, FieldValue]], written: list[str]
) -> None:
    conditions = parse_conditions(written)
    rows = np.repeat(np.arange(len(of_articles)), 2)
    met = [
        all(
            any(
                name.casefold() == each.field and each.holds(value)
                for name, value in fields.items()
            )
            for each in conditions
        )
        for fields in of_articles
    ]
    table = FieldTable(of_articles, rows)
    assert table.articles(conditions).tolist() == met
    assert table.mask(conditions).tolist() == [each for each in met for _ in range(2)]
    assert table.mask(conditions) is table.mask(parse_conditions(written))


@pytest.mark.parametrize("kind", ["bm25", "dense", "hybrid"])
@pytest.mark.parametrize("roles", [frozenset(), frozenset({"hr"})])
def test_conditions_and_rights_hold_together(
    kind: str, roles: frozenset[str], retriever_for: Callable[..., Any]
) -> None:
    made = [
        Article(
            f"{region}-{who}",
            "",
            "open the vpn client",
            audience=None if who == "all" else (who,),
            fields={"region": region},
        )
        for region in ("eu", "us")
        for who in ("all", "hr", "staff")
    ]
    retriever = retriever_for(kind, made)
    for where, regions in (([], {"eu", "us"}), (["region=eu"], {"eu"}), (["region=mars"], set())):
        hits = retriever.retrieve("vpn client", 99, roles=roles, where=where)
        expected = {
            article.id
            for article in made
            if article.fields["region"] in regions
            and (article.audience is None or roles & set(article.audience))
        }
        assert {hit.passage.article_id for hit in hits} == expected
