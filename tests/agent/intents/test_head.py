"""The head: training, refusing, saving; with a small encoder that only counts words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.errors import IntentError
from agent.intents import HeadClassifier, load_classifier, load_or_train, train_intents
from agent.types import IntentClassifier, IntentExample


class WordEncoder:
    """Words hashed to directions: near texts share words."""

    id = "words@1"

    def __init__(self) -> None:
        self.encoded = 0

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 0.1
            for word in text.lower().split():
                row[1 + crc32(word.encode("utf-8", "surrogatepass")) % 63] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


INTENTS = {
    "lost_card": "lost card",
    "pay_bill": "pay bill",
    "opening_hours": "open hours today",
    "smalltalk/greeting": "hello there",
}


def examples(*, oos: Sequence[str] = ()) -> list[IntentExample]:
    starts = ("", "my ", "please ", "oh well ", "can you help ")
    made = [IntentExample(a + text, name) for name, text in INTENTS.items() for a in starts]
    return made + [IntentExample(text, None) for text in oos]


@pytest.fixture(scope="module")
def classifier() -> HeadClassifier:
    return train_intents(examples(), encoder=WordEncoder())


def test_train_learns_the_intents(classifier: HeadClassifier) -> None:
    assert isinstance(classifier, IntentClassifier)
    assert classifier.intents == tuple(sorted(INTENTS))
    found = classifier.classify(["so lost my card", "hello you there"])
    assert [ranking.intent for ranking in found] == ["lost_card", "smalltalk/greeting"]


def test_train_refuses_what_no_intent_is_about(classifier: HeadClassifier) -> None:
    (ranking,) = classifier.classify(["zebra quux frobnicates"])
    assert ranking.intent is None
    assert ranking.in_scope < ranking.threshold


def test_classify_takes_a_blank_text_for_out_of_scope(classifier: HeadClassifier) -> None:
    for ranking in classifier.classify(["", " \n\t", "\u0000\u200b"]):
        assert (ranking.in_scope, ranking.intent) == (0.0, None)
    assert classifier.classify([]) == []


def test_classify_takes_a_huge_text(classifier: HeadClassifier) -> None:
    (ranking,) = classifier.classify(["lost card " * 10_000])
    assert ranking.scores[0].intent == "lost_card"


@settings(max_examples=30)
@given(texts=st.lists(st.text(max_size=40), max_size=4))
def test_classify_ranks_any_text(classifier: HeadClassifier, texts: list[str]) -> None:
    for text, ranking in zip(texts, classifier.classify(texts), strict=True):
        confidences = [score.confidence for score in ranking.scores]
        assert confidences == sorted(confidences, reverse=True)
        assert sum(confidences) == pytest.approx(1)
        assert 0 <= ranking.in_scope <= 1
        assert classifier.classify([text])[0].scores[0].intent == ranking.scores[0].intent


def test_train_learns_from_marked_and_background_texts() -> None:
    plain = train_intents(examples(), encoder=WordEncoder())
    told = train_intents(
        examples(oos=["lost keys of mine", "lost dog", "lost umbrella again"]),
        encoder=WordEncoder(),
        background=["how does a refund work", "where do contractors park"],
    )
    message = ["lost dog umbrella"]
    assert told.classify(message)[0].in_scope < plain.classify(message)[0].in_scope


def test_train_takes_one_intent_and_one_example_each() -> None:
    single = train_intents([IntentExample("lost card", "lost")], encoder=WordEncoder())
    assert single.classify(["lost card"])[0].intent == "lost"
    few = [IntentExample(text, name) for name, text in INTENTS.items()]
    assert train_intents(few, encoder=WordEncoder()).classify(["pay bill"])[0].intent == "pay_bill"


def test_train_without_an_intent_raises() -> None:
    with pytest.raises(IntentError, match="none of 2 examples carries both a text and an intent"):
        train_intents([IntentExample("a", None), IntentExample(" ", "b")], encoder=WordEncoder())


def test_train_gives_the_same_head_twice() -> None:
    first, second = (train_intents(examples(), encoder=WordEncoder()).id for _ in range(2))
    assert first == second
    assert first.startswith("head@")


def test_save_and_load_keep_every_ranking(tmp_path: Path, classifier: HeadClassifier) -> None:
    classifier.save(tmp_path)
    loaded = HeadClassifier.load(tmp_path, WordEncoder())
    messages = ["lost card", "pay it", "zebra", ""]
    assert loaded.id == classifier.id
    assert loaded.classify(messages) == classifier.classify(messages)
    assert load_classifier(tmp_path, encoder=WordEncoder()).id == classifier.id
    assert not list(tmp_path.glob("*.p*kl*"))


def test_load_refuses_another_encoder(tmp_path: Path, classifier: HeadClassifier) -> None:
    classifier.save(tmp_path)
    other = WordEncoder()
    other.id = "words@2"
    with pytest.raises(IntentError, match="trained on encoder 'words@1', but 'words@2'"):
        HeadClassifier.load(tmp_path, other)


def test_load_names_a_folder_without_a_classifier(tmp_path: Path) -> None:
    with pytest.raises(IntentError, match="no intent classifier can be read"):
        load_classifier(tmp_path)


def test_load_refuses_unknown_kinds_and_formats(tmp_path: Path, classifier: HeadClassifier) -> None:
    classifier.save(tmp_path)
    path = tmp_path / "intents.json"
    note = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**note, "kind": "oracle"}), encoding="utf-8")
    with pytest.raises(IntentError, match="unknown kind 'oracle'"):
        load_classifier(tmp_path)
    with pytest.raises(IntentError, match="kind 'oracle', expected 'head'"):
        HeadClassifier.load(tmp_path, WordEncoder())
    path.write_text(json.dumps({**note, "format": 99}), encoding="utf-8")
    with pytest.raises(IntentError, match="not an intent classifier of format 1"):
        load_classifier(tmp_path)


def test_load_names_damage(tmp_path: Path, classifier: HeadClassifier) -> None:
    classifier.save(tmp_path)
    path = tmp_path / "intents.json"
    note = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**note, "intents": ["one"]}), encoding="utf-8")
    with pytest.raises(IntentError, match="files don't belong together"):
        HeadClassifier.load(tmp_path, WordEncoder())
    path.write_text(json.dumps({**note, "scope": {}}), encoding="utf-8")
    with pytest.raises(IntentError, match=r"is damaged \(KeyError"):
        HeadClassifier.load(tmp_path, WordEncoder())
    path.write_text(json.dumps(note), encoding="utf-8")
    (tmp_path / note["tensors"]).write_bytes(b"cut")
    with pytest.raises(IntentError, match="can't be read"):
        HeadClassifier.load(tmp_path, WordEncoder())


def test_save_names_a_folder_that_cannot_be_written(
    tmp_path: Path, classifier: HeadClassifier
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(IntentError, match="cannot write the intent classifier"):
        classifier.save(tmp_path / "file" / "folder")


def test_load_or_train_trains_once(tmp_path: Path) -> None:
    encoder = WordEncoder()
    first = load_or_train(examples(), encoder=encoder, cache=tmp_path)
    spent = encoder.encoded
    second = load_or_train(examples(), encoder=encoder, cache=tmp_path)
    assert (encoder.encoded, second.id) == (spent, first.id)
    assert load_or_train(examples()[:-5], encoder=encoder, cache=tmp_path).id != first.id


def test_load_or_train_trains_anew_after_damage(tmp_path: Path) -> None:
    first = load_or_train(examples(), encoder=WordEncoder(), cache=tmp_path)
    (kept,) = (tmp_path / "intents").glob("*/intents.json")
    kept.write_text("{", encoding="utf-8")
    assert load_or_train(examples(), encoder=WordEncoder(), cache=tmp_path).id == first.id
    assert HeadClassifier.load(kept.parent, WordEncoder()).id == first.id


def test_load_or_train_works_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = tmp_path / "file" / "cache"
    assert load_or_train(examples(), encoder=WordEncoder(), cache=cache).intents
