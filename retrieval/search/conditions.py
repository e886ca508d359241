"""Conditions on articles' fields: `product=aero3`, `updated>=2025-01-01`.

A condition is `FIELD=VALUE`, `FIELD!=VALUE`, or one of `>=`, `<=`, `<`, `>` for numbers and dates.
Several must all hold. An article without the field matches none. Of a list of values one match is
enough; `!=` is the opposite of `=` among the articles that have the field.

Texts compare whatever their case. Retrievers apply the conditions as they apply rights: before
anything is scored. A field or value that no article has simply matches nothing, so that a condition
tells nothing about articles that the asker may not read.
"""

from __future__ import annotations

import operator
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ConditionError
from retrieval.types import FieldValue

__all__ = ["Condition", "FieldTable", "parse_conditions"]

_WRITTEN = re.compile(
    r"\s*([^\s=<>!](?:[^=<>!]*[^\s=<>!])?)\s*(!=|>=|<=|=|<|>)\s*(.*?)\s*", re.DOTALL
)

_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
}

_MAX_CACHED_MASKS = 64

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Condition:
    """One condition that an article has to meet.

    Attributes:
        field: Name of the field; case doesn't matter.
        operator: "=", "!=", ">=", "<=", "<" or ">".
        value: As it was written.
    """

    field: str
    operator: str
    value: str

    def holds(self, held: FieldValue) -> bool:
        """Say whether an article whose field has this value meets the condition."""
        values = held if isinstance(held, tuple) else (held,)
        if self.operator in ("=", "!="):
            return (self.operator == "=") == any(_same(value, self.value) for value in values)
        compare, bound = _ORDERS[self.operator], _comparable(self.value)
        return any(
            kind == bound[0] and compare(number, bound[1])
            for kind, number in map(_comparable, map(_text, values))
            if kind
        )


def parse_conditions(written: Iterable[str]) -> tuple[Condition, ...]:
    """Read conditions as a person writes them.

    Raises:
        ConditionError: One can't be read, or orders what has no order.

    Example:
        >>> parse_conditions(["updated >= 2025-01-01"])
        (Condition(field='updated', operator='>=', value='2025-01-01'),)
    """
    # Callers without a type checker pass anything; a lone text is taken for its letters otherwise.
    given: object = written
    if isinstance(given, str):
        raise ConditionError(
            f"where is {given!r}, expected a list of conditions such as [{given!r}]"
        )
    return tuple(map(_parsed, written))


def _parsed(written: str) -> Condition:
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None or not found[3]:
        raise ConditionError(
            f"the condition {written!r} can't be read: expected FIELD=VALUE, FIELD!=VALUE, or >=, "
            "<=, <, > with a number or a date, such as product=aero3 or updated>=2025-01-01"
        )
    condition = Condition(found[1].casefold(), found[2], found[3])
    if condition.operator in _ORDERS and not _comparable(condition.value)[0]:
        raise ConditionError(
            f"the condition {written!r} compares with {condition.value!r}, which is neither a "
            "number nor a date: write 2025-01-31 for a day, or ask with = or !="
        )
    return condition


def _same(held: str | float | bool, wanted: str) -> bool:
    if _text(held).casefold() == wanted.casefold():
        return True
    kind, number = _comparable(_text(held))
    # `1.0` and `1` are one number, `2025-01-01` and `2025-01-01T00:00:00Z` one time.
    return bool(kind) and (kind, number) == _comparable(wanted)


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _comparable(text: str) -> tuple[str, float]:
    """Return what kind of order a text has ("number", "time", "" for none) and its place in it."""
    try:
        number = float(text)
        return ("number", number) if np.isfinite(number) else ("", 0.0)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return "", 0.0
    return "time", (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


class FieldTable:
    """The fields of every article, ready to be asked which passages meet conditions.

    Args:
        of_articles: Each article's fields, names in any case.
        article_rows: (passages,) the row of each passage's article.
    """

    def __init__(
        self,
        of_articles: Sequence[Mapping[str, FieldValue]],
        article_rows: NDArray[np.integer],
    ) -> None:
        self._columns: dict[str, dict[str, tuple[FieldValue, list[int]]]] = {}
        for row, fields in enumerate(of_articles):
            for name, value in fields.items():
                column = self._columns.setdefault(name.casefold(), {})
                # Keyed by how it is written: to a dictionary, True and 1 are one.
                column.setdefault(repr(value), (value, []))[1].append(row)
        self._articles = len(of_articles)
        self._article_rows = article_rows
        self._masks: OrderedDict[tuple[Condition, ...], Mask] = OrderedDict()
        self._lock = threading.Lock()

    def articles(self, conditions: Sequence[Condition]) -> Mask:
        """Return which articles meet all conditions, (articles,) bool."""
        met = np.ones(self._articles, np.bool_)
        for condition in conditions:
            column = self._columns.get(condition.field, {})
            met_by = [held for value, held in column.values() if condition.holds(value)]
            one = np.zeros(self._articles, np.bool_)
            one[[row for held in met_by for row in held]] = True
            met &= one
        return met

    def mask(self, conditions: tuple[Condition, ...]) -> Mask:
        """Return which passages are of articles that meet all conditions, (passages,) bool."""
        with self._lock:
            known = self._masks.get(conditions)
            if known is not None:
                self._masks.move_to_end(conditions)
                return known
        mask: Mask = self.articles(conditions)[self._article_rows]
        mask.flags.writeable = False
        with self._lock:
            self._masks[conditions] = mask
            while len(self._masks) > _MAX_CACHED_MASKS:
                self._masks.popitem(last=False)
        return mask
