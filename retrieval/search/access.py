"""Who may read what, as a mask over passages.

The rule: no audience means everyone, an empty one nobody, otherwise anyone who holds at
least one of its roles. Roles match exactly, case included. Retrievers apply the mask
before they score, so that what a person may not read never takes part in their search.

It does not authenticate: roles come from whoever vouches for the asker.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import AccessError
from retrieval.types import Roles

__all__ = ["Audiences", "checked_roles", "visible"]

_MAX_CACHED_MASKS = 64
"""One mask is a byte a passage; users share few combinations of roles."""

Mask = NDArray[np.bool_]


def visible(audience: tuple[str, ...] | None, roles: Roles) -> bool:
    """Say whether someone with `roles` may read what is meant for `audience`."""
    return audience is None or not roles.isdisjoint(audience)


def checked_roles(roles: Iterable[str]) -> Roles:
    """Return roles as a frozen set, refusing what can only be a mistake.

    Raises:
        AccessError: A lone string instead of a set, or a role that isn't a non-empty string.
            A string would otherwise count as the set of its letters.
    """
    # Callers without a type checker pass anything; nothing is guessed about rights.
    given: object = roles
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise AccessError(
            f"roles is {roles!r}, expected a set of names such as {{'staff'}}: a text alone would "
            "be taken for its letters"
        )
    held = tuple(given)
    for role in held:
        if not isinstance(role, str) or not role.strip():
            raise AccessError(
                f"a role is {role!r}, expected a non-empty name: leave it out or name it"
            )
    return frozenset(held)


@dataclass(frozen=True, eq=False)
class Audiences:
    """The audience of every passage, one small code a passage.

    Attributes:
        table: The different audiences there are.
        codes: (passages,) int32, index into `table`.
    """

    table: tuple[tuple[str, ...] | None, ...]
    codes: NDArray[np.int32]
    _masks: OrderedDict[Roles, Mask] = field(default_factory=OrderedDict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if not len(self.codes):
            return
        least, most = int(self.codes.min()), int(self.codes.max())
        if least < 0 or most >= len(self.table):
            raise AccessError(
                f"audience codes run from {least} to {most}, expected "
                f"0 to {len(self.table) - 1}: the table and the codes don't belong together"
            )

    @classmethod
    def of(cls, audiences: Iterable[tuple[str, ...] | None]) -> Audiences:
        """Code one audience per passage; the order of roles in it does not matter."""
        table: dict[tuple[str, ...] | None, int] = {}
        codes = [
            table.setdefault(None if audience is None else tuple(sorted(set(audience))), len(table))
            for audience in audiences
        ]
        return cls(tuple(table), np.asarray(codes, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.codes)

    def mask(self, roles: Set[str]) -> Mask:
        """Return which passages someone with `roles` may read.

        Returns:
            (passages,) bool, True = may read; shared between calls and read-only.

        Raises:
            AccessError: Roles that make no sense.
        """
        held = checked_roles(roles)
        with self._lock:
            known = self._masks.get(held)
            if known is not None:
                self._masks.move_to_end(held)
                return known
        allowed = np.fromiter(
            (visible(audience, held) for audience in self.table), np.bool_, len(self.table)
        )
        mask: Mask = allowed[self.codes] if len(self.codes) else np.zeros(0, np.bool_)
        mask.flags.writeable = False
        with self._lock:
            self._masks[held] = mask
            while len(self._masks) > _MAX_CACHED_MASKS:
                self._masks.popitem(last=False)
        return mask
