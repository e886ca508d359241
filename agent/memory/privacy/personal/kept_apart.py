"""Groups of digits that are a date, an IP address or a version, and nobody's number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.memory.privacy.personal.digits import Group

__all__ = ["kept_apart"]


def kept_apart(groups: Sequence[Group]) -> Iterator[tuple[int, int]]:
    """Yield the places [start, stop) of dates, IP addresses and versions."""
    at = 0
    while at < len(groups):
        size = _date_or_address(groups, at)
        if size:
            yield at, at + size
        at += size or 1


def _date_or_address(groups: Sequence[Group], at: int) -> int:
    """Return how many groups from `at` on are a date, an IP address or a version, or 0."""
    if at + 2 >= len(groups):
        return 0
    gap = groups[at + 1].gap
    if len(gap) != 1 or groups[at + 2].gap != gap or (at > 0 and groups[at].gap == gap != " "):
        return 0
    fourth = at + 3 < len(groups) and groups[at + 3].gap == gap
    fifth = fourth and at + 4 < len(groups) and groups[at + 4].gap == gap
    first, second, third = (group.digits for group in groups[at : at + 3])
    if gap in "-./" and not fourth and _is_date(first, second, third):
        return 3
    if gap == " " and len(third) == 4 and _is_date(first, second, third):
        return 3
    if gap == "." and fourth:
        four = [first, second, third, groups[at + 3].digits]
        if not fifth and all(len(digits) <= 3 and int(digits) < 256 for digits in four):
            return 4
        # A version: no telephone number has a group of one digit after a dot.
        if any(len(digits) == 1 for digits in four):
            return 4
    return 0


def _is_date(first: str, second: str, third: str) -> bool:
    if len(first) == 4 and len(second) <= 2 and len(third) <= 2:
        return "1900" <= first <= "2199" and _day_and_month(second, third)
    if len(first) <= 2 and len(second) <= 2 and len(third) in {2, 4}:
        return (len(third) == 2 or "1900" <= third <= "2199") and _day_and_month(first, second)
    return False


def _day_and_month(one: str, other: str) -> bool:
    low, high = sorted((int(one), int(other)))
    return 1 <= low <= 12 and 1 <= high <= 31
