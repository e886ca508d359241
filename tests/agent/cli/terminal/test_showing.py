from __future__ import annotations

import pytest

from agent.cli.terminal.showing import sure_in_words


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.95, "Very sure"), (0.7, "Fairly sure"), (0.5, "More likely than not"), (0.1, "Not sure")],
)
def test_sure_in_words(confidence: float, words: str) -> None:
    assert sure_in_words(confidence) == words
