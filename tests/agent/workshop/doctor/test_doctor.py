"""The doctor finds what was planted, and just that."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.intents.formats import LoadedIntents
from agent.types import IntentExample
from agent.workshop.doctor.doctor import ENOUGH_EXAMPLES, Diagnosis, examine
from retrieval.types import Matrix

TOPICS = {
    "reset_password": ("password", "login", "account", "reset", "unlock", "forgot"),
    "order_equipment": ("keyboard", "monitor", "order", "laptop", "desk", "headset"),
    "request_leave": ("holiday", "vacation", "leave", "days", "absence", "off"),
    "expense_claim": ("receipt", "expense", "refund", "travel", "claim", "costs"),
    "book_room": ("room", "meeting", "projector", "floor", "seats", "booking"),
    "todays_menu": ("lunch", "canteen", "menu", "vegetarian", "soup", "pizza"),
}


class BagOfWords:
    """Sums a fixed random vector a word: the same words, the same encoding."""

    def __init__(self) -> None:
        self.encoded = 0

    def encode_queries(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Matrix:
        self.encoded += len(texts)
        rows = np.array([self._row(text) for text in texts], np.float32)
        if progress is not None:
            progress(len(texts), len(texts))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    @staticmethod
    def _row(text: str) -> np.ndarray:
        row = np.full(64, 1e-3)
        for word in text.casefold().replace("?", "").split():
            seed = int.from_bytes(sha256(word.encode()).digest()[:4], "big")
            row += np.random.default_rng(seed).normal(size=64)
        return row


def clean(per_intent: int = 12) -> list[IntentExample]:
    """Return distinct messages of three of their topic's words each."""
    examples: list[IntentExample] = []
    for intent, words in TOPICS.items():
        combinations = [
            f"{a} {b} {c}"
            for a, b, c in product(words, repeat=3)
            if len({a, b, c}) == 3 and a < b < c
        ]
        random.Random(7).shuffle(combinations)
        for text in combinations[:per_intent]:
            examples.append(IntentExample(text, intent, "a.yaml", len(examples) + 1))
    return examples


def check(examples: Sequence[IntentExample]) -> Diagnosis:
    return examine(LoadedIntents(tuple(examples)), encoder=BagOfWords())


def test_examine_finds_nothing_in_a_clean_set() -> None:
    diagnosis = check(clean())
    assert diagnosis.findings == 0
    assert diagnosis.accuracy == 1.0
    assert diagnosis.intents == dict.fromkeys(sorted(TOPICS), 12)


def test_examine_encodes_each_example_once() -> None:
    encoder = BagOfWords()
    done: list[tuple[int, int]] = []
    examine(LoadedIntents(tuple(clean())), encoder=encoder, progress=lambda *at: done.append(at))
    assert encoder.encoded == 72
    assert done == [(72, 72)]


@given(st.integers(0, 71), st.sampled_from(sorted(TOPICS)))
@settings(max_examples=30)
def test_examine_finds_a_mislabelled_example_and_just_that(row: int, label: str) -> None:
    examples = clean()
    right = examples[row].intent
    if right == label:
        return
    examples[row] = replace(examples[row], intent=label)
    diagnosis = check(examples)
    [slip] = diagnosis.mislabelled
    assert slip.example == examples[row]
    assert slip.likely == right
    assert slip.given_probability < slip.likely_probability
    assert diagnosis.findings == 1


@given(st.integers(0, 71), st.sampled_from(sorted(TOPICS)))
@settings(max_examples=30)
def test_examine_finds_the_same_message_under_two_intents_and_just_that(
    row: int, label: str
) -> None:
    examples = clean()
    if examples[row].intent == label:
        return
    copy = IntentExample(examples[row].text.upper() + "?", label, "b.yaml", 1)
    diagnosis = check([*examples, copy])
    [pair] = diagnosis.same_message
    assert {pair.first, pair.second} == {examples[row], copy}
    assert pair.similarity > 0.99
    assert diagnosis.findings == 1


def test_examine_finds_a_colliding_pair_and_what_merging_would_bring() -> None:
    examples = clean(20)
    split = [
        replace(example, intent="forgot_password")
        if example.intent == "reset_password" and number % 2
        else example
        for number, example in enumerate(examples)
    ]
    diagnosis = check(split)
    [pair] = diagnosis.collisions
    assert {pair.first, pair.second} == {"reset_password", "forgot_password"}
    assert pair.of == 20
    assert pair.confused == len(pair.examples) >= 2
    assert diagnosis.accuracy is not None
    assert pair.accuracy_before == diagnosis.accuracy < pair.accuracy_after
    assert diagnosis.findings == 1


def test_examine_names_intents_with_too_few_examples() -> None:
    examples = [example for example in clean() if example.intent != "book_room"]
    few = [IntentExample("room floor seats", "book_room"), IntentExample("projector", "book_room")]
    diagnosis = check([*examples, *few])
    [entry] = diagnosis.too_few
    assert (entry.intent, entry.count, entry.missing) == ("book_room", 2, ENOUGH_EXAMPLES - 2)


def test_examine_leaves_out_of_scope_examples_alone() -> None:
    stray = [IntentExample(f"password {word} reset", None) for word in ("poem", "song", "chess")]
    diagnosis = check([*clean(), *stray])
    assert diagnosis.out_of_scope == 3
    assert diagnosis.mislabelled == ()
    assert diagnosis.collisions == ()


def test_examine_takes_a_single_intent_and_none() -> None:
    only = [IntentExample(text, "a") for text in ("one", "two")]
    assert check(only).accuracy is None
    assert [entry.missing for entry in check(only).too_few] == [3]
    assert check([]).findings == 0


@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["a", "b", "c", None])), max_size=12)
)
@settings(max_examples=60)
def test_examine_never_fails_and_counts_what_it_lists(rows: list[tuple[str, str | None]]) -> None:
    diagnosis = check([IntentExample(text, intent) for text, intent in rows])
    assert sum(diagnosis.intents.values()) + diagnosis.out_of_scope == len(rows)
    assert diagnosis.accuracy is None or 0.0 <= diagnosis.accuracy <= 1.0
    for pair in diagnosis.same_message:
        assert pair.first.intent != pair.second.intent
