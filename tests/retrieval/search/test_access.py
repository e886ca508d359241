import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import AccessError
from retrieval.search.access import Audiences, checked_roles, visible

ROLES = st.sampled_from(["staff", "Staff", "hr", "board", "it", "contractors"])
AUDIENCES = st.none() | st.lists(ROLES, max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("audience", "roles", "may"),
    [
        (None, set(), True),
        (None, {"hr"}, True),
        ((), set(), False),
        ((), {"hr"}, False),
        (("hr",), set(), False),
        (("hr",), {"hr"}, True),
        (("hr",), {"HR"}, False),
        (("hr", "board"), {"board", "x"}, True),
    ],
)
def test_visible_needs_one_of_the_roles(
    audience: tuple[str, ...] | None, roles: set[str], may: bool
) -> None:
    assert visible(audience, frozenset(roles)) is may


@given(st.lists(AUDIENCES), st.lists(st.frozensets(ROLES), min_size=1, max_size=5))
def test_mask_equals_asking_for_each_passage(
    audiences: list[tuple[str, ...] | None], askers: list[frozenset[str]]
) -> None:
    coded = Audiences.of(audiences)
    assert len(coded) == len(audiences)
    for roles in askers + askers:  # the second time from the cache
        naive = [
            audience is None or any(role in audience for role in roles) for audience in audiences
        ]
        assert coded.mask(roles).tolist() == naive


def test_audiences_share_a_code_whatever_the_order_of_roles() -> None:
    assert Audiences.of([("a", "b"), ("b", "a"), ("a", "b", "a"), None]).codes.tolist() == [
        0,
        0,
        0,
        1,
    ]


def test_mask_is_cached_and_read_only() -> None:
    audiences = Audiences.of([None, ("hr",)])
    mask = audiences.mask({"hr"})
    assert audiences.mask(frozenset({"hr"})) is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = False


def test_mask_forgets_roles_not_asked_for_lately() -> None:
    audiences = Audiences.of([None])
    first = audiences.mask({"0"})
    for number in range(1, 100):
        audiences.mask({str(number)})
    again = audiences.mask({"0"})
    assert again is not first
    assert again.tolist() == [True]


@pytest.mark.parametrize("roles", ["staff", b"staff", {"staff": True}, 5, None])
def test_checked_roles_refuses_what_is_no_set(roles: object) -> None:
    with pytest.raises(AccessError, match="expected a set of names"):
        checked_roles(roles)  # type: ignore[arg-type]


def test_checked_roles_takes_any_iterable() -> None:
    for roles in (["hr"], {"hr"}, ("hr",), frozenset({"hr"}), iter(["hr"])):
        assert checked_roles(roles) == {"hr"}


@pytest.mark.parametrize("role", ["", "  ", 7, None])
def test_checked_roles_refuses_nameless_roles(role: object) -> None:
    with pytest.raises(AccessError, match=r"a role is .* expected a non-empty name"):
        checked_roles({role})  # type: ignore[arg-type]


def test_audiences_refuse_codes_outside_the_table() -> None:
    with pytest.raises(AccessError, match="codes run from 0 to 2, expected 0 to 0"):
        Audiences((None,), np.array([0, 2], np.int32))
