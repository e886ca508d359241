"""Who may read an article, as a file states it.

Rights are on the safe side: whatever can't be understood refuses the article. Nothing
malformed ever becomes public.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from retrieval.articles.fields import CONTROL, shown
from retrieval.errors import ArticleError

__all__ = [
    "UNSTATED",
    "Audience",
    "RightsField",
    "Unstated",
    "audience_of_cell",
    "audience_of_json",
    "refuse_misspelt_audience",
    "roles",
]

Audience = tuple[str, ...] | None
"""Roles that may read: None is everyone, an empty tuple nobody."""


class Unstated(Enum):
    """Marks a format that has no place for an audience, so that a default may fill it."""

    UNSTATED = "unstated"


UNSTATED = Unstated.UNSTATED

_EVERYONE = "everyone"
_EXPECTED = 'expected [rights] with field = "NAME" ("" for none) and roles = { VALUE = ["ROLE"] }'
_LISTING = (
    'expected a list of roles such as ["staff", "hr"]; leave it out for everyone, [] is nobody'
)


def audience_of_json(value: Any) -> Audience:
    """Return the audience that a JSON value states; null is as good as missing.

    Raises:
        ArticleError: It is no list, or holds something else than role names.

    Example:
        >>> audience_of_json(["staff", "hr", "staff"])
        ('staff', 'hr')
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise ArticleError(f"audience is {shown(value)}; {_LISTING}")
    for role in value:
        if not isinstance(role, str):
            raise ArticleError(f"audience holds {shown(role)}, which is no role name; {_LISTING}")
    return roles(value)


def roles(names: Iterable[str]) -> tuple[str, ...]:
    """Return role names without repeats, in their order.

    Raises:
        ArticleError: One is blank or holds control characters.
    """
    unique = tuple(dict.fromkeys(names))
    for role in unique:
        if not role.strip():
            raise ArticleError(f"audience holds an empty role ({shown(role)}); {_LISTING}")
        if CONTROL.search(role):
            raise ArticleError(f"audience holds a role with control characters: {shown(role)}")
    return unique


def audience_of_cell(cell: str) -> Audience:
    """Return the audience that a CSV cell states: `staff;hr`, `[]` for nobody.

    An empty cell is a missing audience, which is everyone. Spaces around a role are
    layout, not part of it. A cell that starts with "[" is read as a JSON list.

    Raises:
        ArticleError: A role is empty, or the JSON list is none.
    """
    text = cell.strip()
    if not text:
        return None
    if text.startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ArticleError(f"audience is {shown(cell)}, which is no JSON list") from error
        return audience_of_json(value)
    names = [name.strip() for name in text.split(";")]
    if not all(names):
        raise ArticleError(
            f"audience is {shown(cell)}, which holds an empty role; expected roles separated "
            'by ";" such as "staff;hr", an empty cell for everyone, [] for nobody'
        )
    return roles(names)


def refuse_misspelt_audience(keys: Iterable[object]) -> None:
    """Refuse a row or front matter that means an audience but spells its name otherwise.

    Raises:
        ArticleError: A key is "Audience" or the like: ignoring it would publish the article.
    """
    for key in keys:
        if isinstance(key, str) and key != "audience" and key.strip().casefold() == "audience":
            raise ArticleError(f'unknown field {shown(key)}: write "audience"')


@dataclass(frozen=True)
class RightsField:
    """A folder's setting.

    Attributes:
        name: The field; "" where no field of front matter says who may read.
        roles: Value of the field → whom it admits; empty where values are roles themselves.
    """

    name: str = "audience"
    roles: Mapping[str, Audience] = field(default_factory=dict)

    @classmethod
    def of_toml(cls, table: Any) -> RightsField:
        """Return the setting that a `[rights]` table states.

        Raises:
            ArticleError: It holds something else.
        """
        if not isinstance(table, dict) or set(table) - {"field", "roles"}:
            raise ArticleError(f"rights is {shown(table)}; {_EXPECTED}")
        name, roles = table.get("field", "audience"), table.get("roles", {})
        if not isinstance(name, str) or not isinstance(roles, dict):
            raise ArticleError(f"rights is {shown(table)}; {_EXPECTED}")
        return cls(
            name.strip(),
            {
                value: None if admitted == _EVERYONE else audience_of_json(admitted)
                for value, admitted in roles.items()
            },
        )

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> RightsField:
        """Return the setting that was written as JSON."""
        roles = {
            value: None if admitted is None else tuple(admitted)
            for value, admitted in record["roles"].items()
        }
        return cls(record["name"], roles)

    def audience(self, values: Sequence[str] | None) -> tuple[Audience | Unstated, Sequence[str]]:
        """Return whom the field's values admit, and the values that admit nobody.

        Whoever any one of them admits may read.

        Args:
            values: Of the field; None where it isn't stated.
        """
        if not self.name:
            return UNSTATED, ()
        if values is None or not self.roles:
            return None if values is None else tuple(values), ()
        unknown = [value for value in values if value not in self.roles]
        admitted = [self.roles[value] for value in values if value in self.roles]
        if any(one is None for one in admitted):
            return None, unknown
        return tuple(dict.fromkeys(role for one in admitted for role in one or ())), unknown
