"""Line breaks of every kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Shown = Callable[[str], list[tuple[str, str]]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_blocks_reads_every_kind_of_line_break_alike(newline: str, shown: Shown) -> None:
    body = "# H\n\n1. a\n2. b\n\nprose".replace("\n", newline)
    assert [kind for kind, _ in shown(body)] == ["heading", "list", "paragraph"]


def test_blocks_form_feed_and_unicode_separators_do_not_break_lines(shown: Shown) -> None:
    assert shown("a\x0c# b\u2028# c\x85# d") == [("paragraph", "a\x0c# b\u2028# c\x85# d")]
