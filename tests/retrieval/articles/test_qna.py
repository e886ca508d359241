from __future__ import annotations

import os
from pathlib import Path

import pytest
from loading_types import LoadText

from retrieval.articles import load_articles
from retrieval.articles.loader import BadRow
from retrieval.articles.qna import QnaPair, pairs


def test_load_reads_the_sample(samples: Path) -> None:
    who, person = load_articles([samples / "qna"]).articles
    assert (who.id, who.title, who.body) == (
        "smalltalk.qna#1",
        "Who are you?",
        "I'm the help desk assistant.",
    )
    assert (person.id, person.body) == (
        "smalltalk.qna#17",
        "1. Type agent.\n2. Wait for a colleague.",
    )


def test_pairs_keep_the_other_ways_to_ask(samples: Path) -> None:
    first, second = pairs((samples / "qna/smalltalk.qna").read_text())
    assert first == QnaPair(
        "Who are you?",
        ("What's your name?", "Are you a robot?"),
        "I'm the **help desk** assistant.",
        5,
    )
    assert isinstance(second, QnaPair)
    assert (second.alternatives, second.anchor) == (("human please",), "17")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# ?\n```\na\n```\n", "the question after '# \\?' is empty"),
        ("# ? Q\n- other\n", "the answer to 'Q' is missing"),
        ("# ? Q\n```markdown\na\n", "the answer to 'Q' is not closed"),
    ],
)
def test_pairs_name_what_is_broken(text: str, reason: str) -> None:
    import re

    good = "# ? G\n```markdown\nfine\n```\n"
    first, second = pairs(good + text)
    assert isinstance(first, QnaPair)
    assert isinstance(second, BadRow)
    assert second.line == 5
    assert re.match(reason, second.reason)


def test_load_rejects_broken_pairs_by_line(load_text: LoadText) -> None:
    loaded = load_text("a.qna", "# ? Q\n\n# ? R\r\n```markdown\r\nyes\r\n```\r\n")
    assert [(a.title, a.body) for a in loaded.articles] == [("R", "yes")]
    assert [bad.line for bad in loaded.rejected] == [1]


@pytest.mark.shared_data
def test_pairs_read_the_real_chitchat_files() -> None:
    shared = Path(
        os.environ.get("FRONTDESK_SHARED_DATA") or Path(__file__).parents[4] / "shared/data"
    )
    if not (shared / "ms_chitchat").is_dir():
        pytest.skip("the shared data sets are not here")
    found = list(
        pairs((shared / "ms_chitchat/qna_chitchat_caring.qna").read_text(encoding="utf-8"))
    )
    assert len(found) == 90
    assert all(isinstance(pair, QnaPair) and pair.alternatives and pair.answer for pair in found)
