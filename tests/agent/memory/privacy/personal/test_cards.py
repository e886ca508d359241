from __future__ import annotations

import pytest

from agent.memory.privacy.personal import is_card


@pytest.mark.parametrize("digits", ["4111111111111112", "0" * 16, "411111111111", "4" * 20, "x"])
def test_is_card_refuses(digits: str) -> None:
    assert not is_card(digits)
