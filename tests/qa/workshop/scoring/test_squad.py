"""SQuAD files: what is read, and what is refused with its place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa.errors import ExampleError
from qa.types import Example
from qa.workshop.scoring.squad import developing_titles, held_out_titles, load_squad, split_by_title

Write = Callable[[Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_json(content: Any) -> Path:
        path = tmp_path / "squad.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write_json


def squad(*qas: dict[str, Any], context: str = "Café opens at 8:30.") -> dict[str, Any]:
    paragraph = {"context": context, "qas": list(qas)}
    return {"version": "x", "data": [{"title": "T", "paragraphs": [paragraph]}]}


def asked(
    identifier: str = "1", start: Any = 14, text: str = "8:30", **more: Any
) -> dict[str, Any]:
    answers = [{"text": text, "answer_start": start}]
    return {"id": identifier, "question": "When?", "answers": answers, **more}


def test_load_squad_reads_examples(write: Write) -> None:
    path = write(squad(asked(), asked("2", unknown_key=1)))
    squad_file = load_squad(path, weight=0.5)
    first, second = squad_file.examples
    assert first == Example("1", "When?", "Café opens at 8:30.", (("8:30", 14),), "T", 0.5)
    assert second.id == "2"
    assert not squad_file.has_unanswerable
    assert len(squad_file.sha256) == 64


def test_load_squad_reads_unanswerable_questions(write: Write) -> None:
    # An impossible question's answers, if any, are only plausible ones.
    path = write(squad(asked(is_impossible=True), asked("2", is_impossible=False)))
    squad_file = load_squad(path)
    assert [bool(example.answers) for example in squad_file.examples] == [False, True]
    assert squad_file.has_unanswerable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"'data' isn't a list of objects"),
        ({"data": [1]}, r"'data' isn't a list of objects"),
        ({"data": [{"title": 3, "paragraphs": []}]}, "the title 3 isn't text"),
        ({"data": [{"title": "T"}]}, r"article 'T': 'paragraphs' isn't a list"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, "'context' is None"),
        ({"data": []}, "holds no question"),
        (squad(asked(start=0)), "the answer '8:30' isn't the text at offset 0"),
        (squad(asked(start=-5, text="")), "isn't the text at offset -5"),
        (squad(asked(start="14")), "isn't the text at offset '14'"),
        (squad(asked(start=None)), "isn't the text at offset None"),
        (squad(asked(), asked()), "holds the question id '1' twice"),
        (squad({"id": "1", "question": 4}), "'question' is 4"),
        (squad({"id": "1", "question": "q"}), "question '1': 'answers' isn't a list"),
    ],
)
def test_load_squad_refuses_what_is_not_squad(write: Write, content: Any, message: str) -> None:
    with pytest.raises(ExampleError, match=message):
        load_squad(write(content))


def test_load_squad_refuses_what_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ExampleError, match="Can't read the questions"):
        load_squad(tmp_path / "absent.json")
    for raw in (b"{", b"\xff\xfe"):
        (tmp_path / "bad.json").write_bytes(raw)
        with pytest.raises(ExampleError, match="isn't JSON"):
            load_squad(tmp_path / "bad.json")


def named(*titles: str) -> list[Example]:
    return [Example(str(n), "q", "c", (), title) for n, title in enumerate(titles)]


def test_held_out_titles_depend_on_the_titles_alone() -> None:
    titles = [f"Article {number}" for number in range(20)]
    chosen = held_out_titles(named(*titles), 5)
    assert chosen == held_out_titles(named(*reversed(titles), titles[0]), 5)
    assert len(chosen) == 5
    assert list(chosen) == sorted(chosen)


@pytest.mark.parametrize("n", [2, 3, -1])
def test_held_out_titles_leaves_something_to_train_on(n: int) -> None:
    with pytest.raises(ExampleError, match=f"Can't hold out {n} articles of 2"):
        held_out_titles(named("a", "b"), n)


def test_developing_titles_are_the_first_half() -> None:
    assert developing_titles(named("c", "a", "b", "a", "e", "d")) == ("a", "b")


def test_split_by_title_keeps_the_order() -> None:
    examples = named("a", "b", "a", "c")
    outside, inside = split_by_title(examples, ["a"])
    assert [example.id for example in outside] == ["1", "3"]
    assert [example.id for example in inside] == ["0", "2"]


@pytest.mark.shared_data
def test_load_squad_reads_the_public_files() -> None:
    root = Path(__file__).parents[4].parent / "shared" / "data"
    folder = Path(os.environ.get("FRONTDESK_SHARED_DATA") or root) / "squad"
    if not folder.is_dir():
        pytest.skip("the public data sets aren't here; set FRONTDESK_SHARED_DATA")
    assert len(load_squad(folder / "dev-v1.1.json").examples) == 7209
    development = load_squad(folder / "dev-v2.0.json")
    assert development.has_unanswerable
    assert sum(1 for example in development.examples if example.answers) == 2766


def test_numbered_questions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "numbered.json"
    path.write_text(json.dumps(squad({**asked(), "id": 7})), encoding="utf-8")
    assert [example.id for example in load_squad(path).examples] == ["7"]
