"""Passages: true slices of any body, along its structure, none too long."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.errors import IndexingError
from retrieval.passages.chunking import ChunkSettings, cut
from retrieval.passages.structure import BlockKind, blocks
from retrieval.types import Article, Passage

SMALL = ChunkSettings(max_tokens=20, overlap_tokens=5, min_tokens=4, max_chars=200)

PIECES = [
    "# Head\n", "\n## Sub\n\n", "\n### Deep\n\n", "- a b c\n", "1. one two\n",
    "2. two\n", "Step 1: go\n", "| a | b |\n|---|---|\n", "| 1 | 2 |\n",
    "```\ncode here\n```\n", "\n\n", "\r\n", "\r", "---\n\n", "To do it:\n\n",
    "Words in a sentence that ends. ", "Ends. ", "word " * 30, "e\u0301" * 8,
    "👩‍👩‍👧‍👦" * 6, "🇮🇪🇨🇦", "שלום עולם. ", "مرحبا بالعالم. ", "漢字を書く。" * 6,
    "\u200b", "\ufeff", "\x00", "\x0c", "\u2028", "\x85", "\xa0", "   ", "\t", "x" * 90,
    "    indented\n", ":", ".",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=40).map("".join)
SIZES = st.builds(
    ChunkSettings,
    max_tokens=st.integers(8, 40),
    overlap_tokens=st.integers(0, 4),
    min_tokens=st.integers(0, 8),
    max_chars=st.integers(60, 400),
)


def words(text: str) -> NDArray[np.int64]:
    """Token starts as a WordPiece tokenizer gives them: words, punctuation, ideographs."""
    found = re.finditer(r"[\u4e00-\u9fff\u3040-\u30ff]|[^\W\u3040-\u9fff]+|[^\w\s]", text)
    return np.array([match.start() for match in found], dtype=np.int64)


def article(body: str, title: str = "Title") -> Article:
    return Article(id="a/b", title=title, body=body)


def texts(body: str, sizes: ChunkSettings = SMALL) -> list[str]:
    return [passage.text for passage in cut(article(body), words, sizes)]


def paths(body: str, sizes: ChunkSettings = SMALL) -> list[tuple[str, ...]]:
    return [passage.headings for passage in cut(article(body), words, sizes)]


def count(starts: NDArray[np.int64], passage: Passage) -> int:
    return int(np.sum((starts >= passage.start) & (starts < passage.end)))


@given(HOSTILE, SIZES)
def test_cut_every_passage_is_the_slice_it_claims(body: str, sizes: ChunkSettings) -> None:
    for passage in cut(article(body), words, sizes):
        assert passage.text == body[passage.start : passage.end]
        assert passage.text
        assert passage.text == passage.text.strip()
        assert passage.id == f"a/b#{passage.start}-{passage.end}"
        assert passage.article_id == "a/b"
        assert passage.title == "Title"


@given(HOSTILE, SIZES)
def test_cut_passages_cover_all_text_but_headings_and_rules(
    body: str, sizes: ChunkSettings
) -> None:
    covered = np.zeros(len(body), dtype=bool)
    passages = cut(article(body), words, sizes)
    for passage in passages:
        covered[passage.start : passage.end] = True
    found = blocks(body)
    text = [b for b in found if b.kind not in (BlockKind.HEADING, BlockKind.RULE)]
    for block in text or found:
        missing = [i for i in range(block.start, block.end) if not covered[i]]
        assert all(body[i].isspace() for i in missing)
    starts = [passage.start for passage in passages]
    assert starts == sorted(starts)
    assert len({passage.id for passage in passages}) == len(passages)


@given(HOSTILE, SIZES)
def test_cut_no_passage_is_too_long(body: str, sizes: ChunkSettings) -> None:
    starts = words(body)
    for passage in cut(article(body), words, sizes):
        assert count(starts, passage) <= sizes.max_tokens
        # A cluster is kept whole, which may take a passage beyond by less than its length.
        longest = max(len(cluster) for cluster in regex.findall(r"\X", passage.text))
        assert len(passage.text) <= sizes.max_chars + (longest if longest > 8 else 8)


@given(HOSTILE)
def test_cut_overlaps_only_within_the_setting(body: str) -> None:
    starts = words(body)
    passages = cut(article(body), words, SMALL)
    for before, after in pairwise(passages):
        shared = int(np.sum((starts >= after.start) & (starts < before.end)))
        assert shared <= SMALL.overlap_tokens
    plain = cut(article(body), words, ChunkSettings(20, 0, 4, 200))
    for before, after in pairwise(plain):
        assert after.start >= before.end


@given(
    st.lists(st.sampled_from(["e\u0301\u0323", "👩‍👩‍👧‍👦", "🇮🇪", "न्\u200dदि", "각"]), min_size=30)
)
def test_cut_never_parts_a_grapheme_cluster(clusters: list[str]) -> None:
    body = "".join(clusters)
    ends = {match.end() for match in regex.finditer(r"\X", body)} | {0}
    for passage in cut(article(body), words, ChunkSettings(20, 0, 4, 60)):
        assert passage.start in ends
        assert passage.end in ends


def test_cut_follows_sections_and_keeps_the_path_beside() -> None:
    body = (
        "Intro of the article.\n\n# VPN\n\nAbout it in one short line.\n\n## Set up\n\n"
        "Open the app and sign in.\n\n## Remove\n\nDelete the app again."
    )
    assert texts(body) == [
        "Intro of the article.",
        "About it in one short line.",
        "Open the app and sign in.",
        "Delete the app again.",
    ]
    assert paths(body) == [(), ("VPN",), ("VPN", "Set up"), ("VPN", "Remove")]


def test_cut_drops_a_heading_that_repeats_the_title() -> None:
    passages = cut(article("# vpn\n\n## Set up\n\nOpen the app.", title="VPN "), words, SMALL)
    assert [passage.headings for passage in passages] == [("Set up",)]


def test_cut_joins_tiny_siblings_under_their_parent() -> None:
    body = "# Contact\n\n## Phone\n\n555\n\n## Fax\n\n556\n\n# Hours\n\n9 to 5"
    passages = cut(article(body), words, ChunkSettings(20, 5, 6, 200))
    assert [(p.headings, p.text) for p in passages] == [
        (("Contact",), "## Phone\n\n555\n\n## Fax\n\n556"),
        (("Hours",), "9 to 5"),
    ]


def test_cut_a_list_that_fits_is_not_torn_and_keeps_its_lead_in() -> None:
    prose = "Some words come before this list does. More words follow them here as well."
    steps = "To reset it:\n\n1. Open the app.\n2. Press reset.\n3. Wait."
    assert texts(f"{prose}\n\n{steps}\n\n{prose}") == [prose, steps, prose]


def test_cut_a_lead_in_leaves_its_paragraph_to_stay_with_the_list() -> None:
    prose = "Nobody ever needs a reset but some people want one."
    steps = "1. Open the app.\n2. Press reset.\n3. Wait."
    assert texts(f"{prose} To reset:\n\n{steps}") == [prose, f"To reset:\n\n{steps}"]


def test_cut_a_long_list_is_cut_between_items() -> None:
    entries = [f"{i}. Press the button number {i}." for i in range(1, 8)]
    cuts = texts("Do this:\n\n" + "\n".join(entries))
    assert cuts[0].startswith("Do this:\n\n1. ")
    rejoined = "\n".join(cuts).removeprefix("Do this:\n\n")
    assert rejoined.split("\n") == entries


def test_cut_a_long_table_is_cut_between_rows_with_the_header_on_the_first() -> None:
    rows = [f"| name {i} | value {i} |" for i in range(6)]
    body = "\n".join(["| Name | Value |", "| --- | --- |", *rows])
    sizes = ChunkSettings(40, 5, 4, 400)
    cuts = texts(body, sizes)
    assert len(cuts) > 1
    assert cuts[0].startswith("| Name | Value |\n| --- | --- |\n| name 0 |")
    assert [line for part in cuts for line in part.split("\n")][2:] == rows


def test_cut_keeps_a_split_tables_header_beside_its_other_parts() -> None:
    rows = [f"| name {i} | value {i} |" for i in range(6)]
    table = "\n".join(["| Name | Value |", "| --- | --- |", *rows])
    other = "\n".join(["| Town | Price |", "| --- | --- |", "| Lyon | 3 |"])
    body = f"Before it.\n\n{table}\n\n## Next\n\nAfter it.\n\n{other}"
    passages = cut(article(body), words, ChunkSettings(40, 5, 4, 400))
    assert len(passages) > 2
    for passage in passages:
        goes_on = passage.text.startswith("| name") and "| Name |" not in passage.text
        assert passage.table_header == ("| Name | Value |" if goes_on else "")
    assert any(passage.table_header for passage in passages)


def test_cut_leaves_a_header_out_that_is_as_long_as_a_passage() -> None:
    head = "| " + " | ".join(f"a very long name of column {i}" for i in range(9)) + " |"
    rows = [f"| cell {i} " * 9 + "|" for i in range(6)]
    body = "\n".join([head, "|" + " --- |" * 9, *rows])
    passages = cut(article(body), words, ChunkSettings(80, 5, 4, 800))
    assert len(passages) > 1
    assert {passage.table_header for passage in passages} == {""}


def test_cut_code_is_cut_between_lines() -> None:
    lines = [f"command --option {i}" for i in range(9)]
    cuts = texts("```\n" + "\n".join(lines) + "\n```")
    assert len(cuts) > 1
    assert [x for part in cuts for x in part.split("\n") if "`" not in x] == lines


def test_cut_a_long_paragraph_is_cut_after_sentences_and_overlaps() -> None:
    sentences = [f"Sentence number {i} has exactly eight words." for i in range(6)]
    cuts = texts(" ".join(sentences), ChunkSettings(24, 8, 4, 400))
    assert all(part.startswith("Sentence") and part.endswith("words.") for part in cuts)
    assert all(a.split(". ")[-1].strip(".") in b for a, b in pairwise(cuts))


def test_cut_a_long_sentence_is_cut_at_white_space() -> None:
    body = " ".join(f"w{i}" for i in range(100))
    cuts = texts(body, ChunkSettings(20, 0, 4, 400))
    assert " ".join(cuts) == body
    assert len(cuts) == 5


def test_cut_takes_the_encoders_word_for_what_a_token_is() -> None:
    def nothing(text: str) -> NDArray[np.int64]:
        return np.empty(0, dtype=np.int64)

    body = "x" * 1000
    cuts = cut(article(body), nothing, SMALL)
    assert "".join(passage.text for passage in cuts) == body
    assert max(len(passage.text) for passage in cuts) <= SMALL.max_chars


def test_cut_asks_for_token_starts_once() -> None:
    calls: list[str] = []

    def counting(text: str) -> NDArray[np.int64]:
        calls.append(text)
        return words(text)

    body = "# A\n\n" + "Some words. " * 50
    cut(article(body), counting, SMALL)
    assert calls == [body]


def test_cut_a_body_of_headings_is_found_by_them() -> None:
    (passage,) = cut(article("# One\n\n## Two"), words, SMALL)
    assert passage.text == "# One\n\n## Two"
    assert passage.headings == ()


def test_cut_a_heading_without_text_makes_no_passage() -> None:
    assert texts("# One\n\n# Two\n\nText.") == ["Text."]


@pytest.mark.parametrize("body", ["", " \n\t\r\n", "\u2028\x85"])
def test_cut_white_space_has_no_passages(body: str) -> None:
    assert cut(article(body), words) == []


@pytest.mark.parametrize(
    "starts",
    [
        [3, 1],
        [-1],
        [99],
    ],
)
def test_cut_refuses_token_starts_that_make_no_sense(starts: list[int]) -> None:
    with pytest.raises(IndexingError, match="ascending offsets inside the text"):
        cut(article("some text"), lambda _: np.array(starts, dtype=np.int64))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_tokens": 7}, "max_tokens is 7"),
        ({"overlap_tokens": -1}, "overlap_tokens is -1"),
        ({"overlap_tokens": 91}, r"overlap_tokens is 91.*\(90\)"),
        ({"min_tokens": 181}, "min_tokens is 181"),
        ({"max_chars": 100}, "max_chars is 100"),
    ],
)
def test_chunk_settings_refuse_sizes_that_cannot_work(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(IndexingError, match=message):
        ChunkSettings(**wrong)


def test_chunk_settings_survive_json() -> None:
    sizes = ChunkSettings(max_tokens=99)
    assert ChunkSettings(**json.loads(json.dumps(asdict(sizes)))) == sizes


@pytest.mark.parametrize(
    "make",
    [
        lambda: "word " * 1_000_000,
        lambda: "The quick fox. " * 333_333,
        lambda: "é" * 5_000_000,
        lambda: "e" + "\u0301" * 500_000,
        lambda: "- a\n" * 200_000,
    ],
    ids=["words", "sentences", "one word", "one cluster", "items"],
)
def test_cut_takes_seconds_for_megabytes(make: Callable[[], str]) -> None:
    body = make()
    starts = words(body)
    before = time.process_time()
    passages = cut(article(body), lambda _: starts)
    # A few seconds on a slow machine; anything quadratic takes many minutes.
    assert time.process_time() - before < 20
    assert max(count for count in (len(p.text) for p in passages)) <= 3600 * 2
