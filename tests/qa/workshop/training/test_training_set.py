"""What is trained on: answers inside windows, every item seen, the same plan each time."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from qa.errors import TrainingError
from qa.reading.windows import load_tokenizer, special_tokens
from qa.workshop.training.batches import crop_window, mask_tokens, plan_batches
from qa.workshop.training.recipe import Recipe
from qa.workshop.training.training_set import TrainingFile, TrainingSet, load_training_set

SENTENCES = [
    f"In {1900 + number} the town of Place{number} built a bridge of {number + 20} arches, and "
    f"its first keeper, Person{number} Smith, counted the boats below it."
    for number in range(12)
]
RECIPE = Recipe(
    held_out_articles=1,
    min_window_tokens=32,
    max_window_tokens=64,
    batch_size=4,
    negative_share=0.25,
    negative_kinds={"swapped": 1.0},
    validation_questions=8,
)


def write_squad(path: Path, *, n_articles: int = 4) -> Path:
    articles: list[dict[str, Any]] = []
    for number in range(n_articles):
        paragraphs = []
        for at in (number, number + 3):
            context = " ".join(SENTENCES[at : at + 3])
            qas = [
                {
                    "id": f"{number}-{place}",
                    "question": f"When did the town of Place{place} build a bridge?",
                    "answers": [
                        {
                            "text": str(1900 + place),
                            "answer_start": context.index(str(1900 + place)),
                        }
                    ],
                }
                for place in range(at, at + 3)
            ]
            paragraphs.append({"context": context, "qas": qas})
        articles.append({"title": f"T{number}", "paragraphs": paragraphs})
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tokenizer(tiny_bert: Path) -> Tokenizer:
    return load_tokenizer(tiny_bert)


@pytest.fixture(scope="module")
def squad_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squad(tmp_path_factory.mktemp("squad") / "train.json")


@pytest.fixture(scope="module")
def training(squad_path: Path, tokenizer: Tokenizer) -> TrainingSet:
    return load_training_set(RECIPE, [TrainingFile(squad_path)], tokenizer, max_tokens=128)


def test_load_training_set_holds_an_article_out(training: TrainingSet) -> None:
    answerable = [item for item in training.items if item.first is not None]
    assert len(answerable) == 18  # three of four articles
    assert len(training.items) - len(answerable) == 6  # a quarter of all
    assert len(training.held_out) == 1
    assert {example.title for example in training.validation} == set(training.held_out)
    assert {bool(example.answers) for example in training.validation} == {True, False}


def test_load_training_set_weighs_files(squad_path: Path, tokenizer: Tokenizer) -> None:
    recipe = replace(RECIPE, epochs=2.0)
    training = load_training_set(recipe, [TrainingFile(squad_path, 3.0)], tokenizer, max_tokens=128)
    assert Counter(training.weights)[3.0] == 18
    # Twice as many negatives are made, and each is drawn in one of the two epochs.
    assert Counter(training.weights)[1.5] == len(training.items) - 18 > 6


def test_load_training_set_leaves_out_answers_that_fit_no_window(
    squad_path: Path, tokenizer: Tokenizer
) -> None:
    training = load_training_set(RECIPE, [TrainingFile(squad_path)], tokenizer, max_tokens=67)
    assert all(item.first is None for item in training.items)


def test_load_training_set_refuses_nothing(squad_path: Path, tokenizer: Tokenizer) -> None:
    with pytest.raises(TrainingError, match="nothing to train on"):
        load_training_set(RECIPE, [], tokenizer, max_tokens=128)
    with pytest.raises(TrainingError, match=r"The weight of .* is 0"):
        load_training_set(RECIPE, [TrainingFile(squad_path, 0)], tokenizer, max_tokens=128)


def test_plan_batches_shows_every_item_once_per_epoch(training: TrainingSet) -> None:
    batches = plan_batches(training, replace(RECIPE, epochs=2.0))
    seen = Counter(index for batch in batches for unit in batch.units for index in unit)
    assert seen == Counter(dict.fromkeys(range(len(training.items)), 2))
    for batch in batches:
        assert batch.n_windows == len(batch.max_tokens) <= RECIPE.batch_size
        assert all(32 <= limit <= 64 for limit in batch.max_tokens)
    assert batches == plan_batches(training, replace(RECIPE, epochs=2.0))
    assert batches != plan_batches(training, replace(RECIPE, epochs=2.0, seed=2))


def test_plan_batches_draws_a_share_of_a_fractional_epoch(training: TrainingSet) -> None:
    batches = plan_batches(training, replace(RECIPE, epochs=0.5))
    seen = [index for batch in batches for unit in batch.units for index in unit]
    assert 0 < len(seen) == len(set(seen)) < len(training.items)


def test_crop_window_shows_the_answer(training: TrainingSet, tokenizer: Tokenizer) -> None:
    special = special_tokens(tokenizer)
    rng = random.Random(1)
    for item in training.items:
        for limit in (32, 48, 64, 500):
            window, start, end = crop_window(item, limit, special=special, rng=rng)
            if item.first is None or item.last is None:
                assert (start, end) == (0, 0)
                covered = item.focus
            else:
                tokens = window.input_ids[start : end + 1]
                assert tokens == item.text.ids[item.first : item.last + 1]
                assert tokenizer.decode(tokens).startswith("19")
                covered = item.first
            inside = window.offsets[window.passage_start : window.passage_end]
            assert item.text.offsets[covered] in inside
            # 16 tokens of the passage at the least, whatever the question's length.
            assert len(window) <= max(limit, len(item.question_ids) + 3 + 16)


def test_mask_tokens_hides_a_share_around_the_answer(
    training: TrainingSet, tokenizer: Tokenizer
) -> None:
    special, mask = special_tokens(tokenizer), tokenizer.token_to_id("[MASK]")
    assert mask is not None
    rng = random.Random(1)
    n_hidden = n_tokens = 0
    for item in training.items:
        window, start, end = crop_window(item, 64, special=special, rng=rng)
        masked = mask_tokens(window, start, end, share=0.25, mask=mask, rng=rng)
        assert masked.offsets == window.offsets
        for place, (before, after) in enumerate(
            zip(window.input_ids, masked.input_ids, strict=True)
        ):
            passage = window.passage_start <= place < window.passage_end
            if not passage or start <= place <= end:
                assert after == before
            else:
                assert after in {before, mask}
                n_tokens += 1
                n_hidden += after == mask
    assert n_hidden / n_tokens == pytest.approx(0.25, abs=0.05)


def test_files_with_questions_in_vain_bring_their_own_negatives(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    plain = write_squad(tmp_path / "plain.json")
    whole = json.loads(plain.read_text(encoding="utf-8"))
    for article in whole["data"]:
        article["title"] = f"whole {article['title']}"
        for paragraph in article["paragraphs"]:
            for number, qa in enumerate(paragraph["qas"]):
                qa["id"] += "w"
                qa["question"] = qa["question"].replace("bridge", "tower")
                qa["is_impossible"] = number == 0
                if number == 0:
                    qa["answers"] = []
    (tmp_path / "whole.json").write_text(json.dumps(whole), encoding="utf-8")
    files = [TrainingFile(plain), TrainingFile(tmp_path / "whole.json")]
    recipe = replace(RECIPE, negative_share=0.5)
    training = load_training_set(recipe, files, tokenizer, max_tokens=512)
    assert not any(title.startswith("whole") for title in training.held_out)
    in_vain = [item for item in training.items if item.first is None]
    tower = tokenizer.token_to_id("tower")
    # Eight of the file's own, in four articles of two paragraphs; the rest from the other.
    assert sum(tower in item.question_ids for item in in_vain) == 8
    assert len(in_vain) > 8


def test_title_share_leads_contexts_by_their_titles(squad_path: Path, tokenizer: Tokenizer) -> None:
    recipe = replace(RECIPE, title_share=0.5)
    training = load_training_set(recipe, [TrainingFile(squad_path)], tokenizer, max_tokens=128)
    titles = {tokenizer.encode(f"T{number}.", add_special_tokens=False).ids[0] for number in "0123"}
    led = [item.text.ids[0] in titles for item in training.items]
    assert 0 < sum(led) < len(led)
    for item in training.items:
        if item.first is not None:
            assert tokenizer.decode(item.text.ids[item.first : item.first + 1]).startswith("19")


def grouped(path: Path) -> Path:
    """Each question is asked of its own paragraph and of five others, which don't answer it."""
    names = [f"Place{number}" for number in range(6)]
    articles = []
    for at, name in enumerate(names):
        context = f"In {1900 + at} the town of {name} built a bridge."
        qas = [
            {
                "id": asked if asked == name else f"{asked}~{name}",
                "group": asked,
                "question": f"When did the town of {asked} build a bridge?",
                "is_impossible": asked != name,
                "answers": [{"text": str(1900 + at), "answer_start": 3}] if asked == name else [],
            }
            for asked in names
        ]
        articles.append({"title": "", "paragraphs": [{"context": context, "qas": qas}]})
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


def test_together_keeps_the_windows_of_one_question_in_one_unit(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    files = [TrainingFile(grouped(tmp_path / "grouped.json"))]
    recipe = replace(RECIPE, together=3, batch_size=6, held_out_articles=0, negative_share=0.0)
    training = load_training_set(recipe, files, tokenizer, max_tokens=128)
    assert [len(unit) for unit in training.units] == [6] * 6
    units = [unit for batch in plan_batches(training, recipe) for unit in batch.units]
    assert len(units) == 6
    for unit in units:
        assert len(unit) == len(set(unit)) == 3
        first, *others = (training.items[index] for index in unit)
        assert first.first is not None
        assert all(other.first is None for other in others)
        assert all(other.question_ids == first.question_ids for other in others)


def test_look_alikes_are_no_negatives_that_a_file_brings(
    tmp_path: Path, squad_path: Path, tokenizer: Tokenizer
) -> None:
    files = [TrainingFile(grouped(tmp_path / "grouped.json")), TrainingFile(squad_path)]
    training = load_training_set(RECIPE, files, tokenizer, max_tokens=128)
    in_vain = sum(item.first is None for item in training.items)
    assert in_vain == 30 + 8  # a quarter of 24 answerable and 8 made


def test_negatives_of_other_passages_stand_beside_their_question(
    squad_path: Path, tokenizer: Tokenizer
) -> None:
    recipe = replace(RECIPE, together=2, negative_kinds={"ranked_other": 1.0})
    training = load_training_set(recipe, [TrainingFile(squad_path)], tokenizer, max_tokens=128)
    pairs = [unit for unit in training.units if len(unit) == 2]
    assert pairs
    for own, other in pairs:
        assert training.items[own].first is not None
        assert training.items[other].first is None
        assert training.items[own].question_ids == training.items[other].question_ids
