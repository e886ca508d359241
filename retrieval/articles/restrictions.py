"""Restrictions of other systems as audiences.

What is restricted there stays restricted here: a name that is known becomes a role, and
what can't be expressed or resolved leaves nobody, with a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from retrieval.articles.audience import Audience
from retrieval.articles.loader import Remark

__all__ = ["Resolved", "both", "resolved"]


@dataclass(frozen=True)
class Resolved:
    """An audience made of a restriction, with what is to be said about it."""

    audience: Audience
    remarks: tuple[Remark, ...] = ()


def resolved(names: Sequence[str | None], unresolved: str, example: str) -> Resolved:
    """Return the audience of a restriction that any one of several names satisfies.

    Args:
        names: Names of roles, None or blank where one isn't known. Not empty.
        unresolved: The remark for those that aren't.
        example: The article, for the remark.
    """
    known = tuple(dict.fromkeys(name.strip() for name in names if name and name.strip()))
    missing = any(not (name and name.strip()) for name in names)
    return Resolved(known, (Remark(unresolved, example),) if missing else ())


def both(audiences: Iterable[Audience]) -> Audience:
    """Return who satisfies several restrictions at once: who holds a role of all of them.

    Someone with one role for each could satisfy them too, which an audience can't say; they
    are left out, on the safe side.

    Example:
        >>> both([("staff", "hr"), None, ("hr",)])
        ('hr',)
    """
    common: Audience = None
    for audience in audiences:
        if audience is None:
            continue
        common = audience if common is None else tuple(r for r in common if r in audience)
    return common
