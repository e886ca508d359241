"""Training: it learns, it repeats, it resumes, it stops when told."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForQuestionAnswering

from qa.errors import ExampleError, TrainingError
from qa.reading.windows import load_tokenizer
from qa.workshop.scoring.squad import load_squad
from qa.workshop.training import loop
from qa.workshop.training.checkpoint import CHECKPOINT_NAME, load_checkpoint
from qa.workshop.training.loop import (
    Progress,
    TrainingFile,
    TrainingReport,
    Validation,
    train_reader,
)
from qa.workshop.training.prediction import predict
from qa.workshop.training.recipe import Recipe

FACTS = [
    ("When does the desk open?", "The desk opens at 8:30 on weekdays.", "8:30"),
    ("Who keeps the keys?", "Ada Stone keeps the keys of the cellar.", "Ada Stone"),
    ("Where is the printer?", "You find the printer beside the kitchen.", "beside the kitchen"),
    ("How much is a badge?", "A new badge costs twelve euros at the gate.", "twelve euros"),
]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four questions, each over its own article."""
    articles: list[dict[str, Any]] = []
    for number, (question, context, answer) in enumerate(FACTS):
        answers = [{"text": answer, "answer_start": context.index(answer)}]
        qas = [{"id": str(number), "question": question, "answers": answers}]
        paragraphs = [{"context": context, "qas": qas}]
        articles.append({"title": f"T{number}", "paragraphs": paragraphs})
    path = tmp_path_factory.mktemp("facts") / "train.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


@pytest.fixture
def recipe(tiny_bert: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_bert),
        epochs=6.0,
        batch_size=2,
        learning_rate=1e-3,
        min_window_tokens=32,
        max_window_tokens=64,
        negative_share=0.0,
        held_out_articles=1,
        validation_questions=4,
        validate_every_minutes=0.0,
        read_max_tokens=64,
        read_stride_tokens=16,
        max_answer_tokens=8,
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder)[0]


def equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_train_reader_overfits_four_examples(facts: Path, recipe: Recipe, tmp_path: Path) -> None:
    recipe = replace(
        recipe, epochs=60.0, learning_rate=5e-3, train_word_embeddings=True, held_out_articles=0
    )
    told: list[Progress] = []
    report = train_reader(recipe, [TrainingFile(facts)], tmp_path, progress=told.append)
    assert report.stopped == "done"
    assert (report.steps, report.windows) == (120, 240)
    assert told[-1].loss < 0.5
    assert told[-1].share_done == 1.0
    model = AutoModelForQuestionAnswering.from_pretrained(tmp_path, dtype=torch.float32)
    predictions = predict(
        model.train(False),
        load_tokenizer(tmp_path),
        load_squad(facts).examples,
        max_tokens=64,
        stride_tokens=16,
        max_answer_tokens=8,
    )
    assert [prediction.text for prediction in predictions] == [answer for _, _, answer in FACTS]


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_train_reader_resumed_equals_unbroken(
    facts: Path, recipe: Recipe, tmp_path: Path, precision: str
) -> None:
    recipe = replace(recipe, precision=precision, negative_share=0.3, accumulate=2)
    files = [TrainingFile(facts)]
    unbroken = train_reader(recipe, files, tmp_path / "unbroken")
    broken = train_reader(recipe, files, tmp_path / "broken", max_steps=2)
    assert (broken.steps, broken.stopped) == (2, "interrupted")
    assert not (tmp_path / "broken" / "model.safetensors").exists()
    train_reader(recipe, files, tmp_path / "broken", resume=True, max_steps=1)
    resumed = train_reader(recipe, files, tmp_path / "broken", resume=True)
    assert resumed.steps == unbroken.steps > 3
    assert equal(weights(tmp_path / "unbroken"), weights(tmp_path / "broken"))
    assert resumed.validations[-1].f1 == unbroken.validations[-1].f1
    assert torch.get_num_threads() >= 1


def test_train_reader_same_seed_same_weights(facts: Path, recipe: Recipe, tmp_path: Path) -> None:
    files = [TrainingFile(facts)]
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        train_reader(
            replace(recipe, seed=seed, dropout=0.1, masked_share=0.1), files, tmp_path / name
        )
    assert equal(weights(tmp_path / "one"), weights(tmp_path / "two"))
    assert not equal(weights(tmp_path / "one"), weights(tmp_path / "three"))


def test_train_reader_accumulates_to_the_larger_batch(
    facts: Path, recipe: Recipe, tmp_path: Path
) -> None:
    recipe = replace(recipe, precision="float32", epochs=1.0, held_out_articles=0)
    files = [TrainingFile(facts)]
    train_reader(replace(recipe, batch_size=2, accumulate=2), files, tmp_path / "twice")
    train_reader(replace(recipe, batch_size=4), files, tmp_path / "once")
    one, two = weights(tmp_path / "twice"), weights(tmp_path / "once")
    for name, tensor in one.items():
        # Adam's first step is the gradient's sign: noise around 0 may turn it, so that the
        # gradient's running mean is what is compared.
        if name.startswith("optimizer/exp_avg/"):
            torch.testing.assert_close(tensor, two[name], rtol=1e-3, atol=1e-5)


def test_train_reader_writes_a_model_folder(facts: Path, recipe: Recipe, tmp_path: Path) -> None:
    report = train_reader(recipe, [TrainingFile(facts)], tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "reader.json"} <= names
    settings = json.loads((tmp_path / "reader.json").read_text("utf-8"))
    assert settings == {
        "format": 1,
        "name": "bert",
        "max_tokens": 64,
        "stride_tokens": 16,
        "max_answer_tokens": 8,
        "null_threshold": settings["null_threshold"],
    }
    written = json.loads((tmp_path / "training.json").read_text("utf-8"))
    assert written["held_out"] == list(report.held_out)
    assert written["signature"]["recipe_sha256"] == recipe.sha256


def test_train_reader_develops_the_threshold_on_the_first_half(
    facts: Path, recipe: Recipe, tmp_path: Path
) -> None:
    recipe = replace(
        recipe, epochs=60.0, learning_rate=5e-3, train_word_embeddings=True, held_out_articles=0
    )

    def developed(name: str, impossible: tuple[bool, bool]) -> float:
        """Train, with two articles to develop on, the first and the second impossible or not."""
        articles = []
        for title, is_impossible in zip(("A", "B"), impossible, strict=True):
            qas = [
                {
                    "id": f"{title}{number}",
                    "question": question,
                    "is_impossible": is_impossible,
                    "answers": [{"text": answer, "answer_start": text.index(answer)}],
                }
                for number, (question, text, answer) in enumerate(FACTS[:1] * 20)
            ]
            paragraphs = [{"context": FACTS[0][1], "qas": qas}]
            articles.append({"title": title, "paragraphs": paragraphs})
        develop = tmp_path / f"{name}.json"
        develop.write_text(json.dumps({"data": articles}), encoding="utf-8")
        out = tmp_path / name
        train_reader(recipe, [TrainingFile(facts)], out, develop=[develop])
        return float(json.loads((out / "reader.json").read_text("utf-8"))["null_threshold"])

    assert developed("refusing", (True, False)) > developed("answering", (False, True))


def test_train_reader_knows_a_missing_file_before_it_trains(
    facts: Path, recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(ExampleError, match="Can't read the questions"):
        train_reader(recipe, [TrainingFile(facts)], tmp_path, develop=[tmp_path / "absent.json"])
    assert not list(tmp_path.iterdir())


def test_train_reader_ends_in_time(facts: Path, recipe: Recipe, tmp_path: Path) -> None:
    recipe = replace(recipe, epochs=100_000.0)
    report = train_reader(recipe, [TrainingFile(facts)], tmp_path, max_minutes=0.02)
    assert report.stopped == "time"
    assert 0 < report.steps < 100_000
    assert (tmp_path / "model.safetensors").exists()
    assert report.validations[-1].step == report.steps


def test_train_reader_stops_early_with_the_best_weights(
    facts: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = iter([50.0, 60.0, 55.0, 54.0, 53.0])

    def measured(run: Any) -> Validation:
        return Validation(run.step, 0.0, 0.0, next(figures), run.step / 100, run._seconds())

    monkeypatch.setattr(loop._Run, "_measure", measured)
    # So rare that every step is due.
    recipe = replace(recipe, patience=2, validate_every_minutes=1e-9, epochs=50.0)
    report = train_reader(recipe, [TrainingFile(facts)], tmp_path)
    assert report.stopped == "early"
    assert [v.best_f1 for v in report.validations] == [50.0, 60.0, 55.0, 54.0]
    shipped = AutoModelForQuestionAnswering.from_pretrained(tmp_path, dtype=torch.float32)
    best = weights(tmp_path / "best")["weight/qa_outputs.weight"]
    torch.testing.assert_close(shipped.qa_outputs.weight.detach(), best.half().float())


def test_train_reader_saves_when_asked_to_end(
    facts: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_TELL_SECONDS", 0.0)

    def interrupt(standing: Progress) -> None:
        if standing.step == 3:
            signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    report = train_reader(recipe, [TrainingFile(facts)], tmp_path, progress=interrupt)
    assert report.stopped == "interrupted"
    assert load_checkpoint(tmp_path)[1]["step"] == report.steps == 4
    assert signal.getsignal(signal.SIGTERM) is before
    lines = (tmp_path / "progress.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3]


def test_train_reader_keeps_an_earlier_run(facts: Path, recipe: Recipe, tmp_path: Path) -> None:
    files = [TrainingFile(facts)]
    train_reader(recipe, files, tmp_path, max_steps=1)
    before = (tmp_path / CHECKPOINT_NAME).read_bytes()
    with pytest.raises(TrainingError, match="holds the checkpoint of an earlier run"):
        train_reader(recipe, files, tmp_path)
    with pytest.raises(TrainingError, match="has another recipe_sha256"):
        train_reader(replace(recipe, seed=9), files, tmp_path, resume=True)
    with pytest.raises(TrainingError, match="has another data_sha256"):
        train_reader(recipe, [TrainingFile(facts, 2.0)], tmp_path, resume=True)
    assert (tmp_path / CHECKPOINT_NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"max_window_tokens": 200}, "reads at most 128 tokens"),
        ({"read_max_tokens": 200}, "reads at most 128 tokens"),
        ({"accumulate": 100}, "make no batch of 2 times 100"),
    ],
)
def test_train_reader_refuses_recipes_that_do_not_fit(
    facts: Path, recipe: Recipe, tmp_path: Path, choices: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        train_reader(replace(recipe, **choices), [TrainingFile(facts)], tmp_path)


def test_train_reader_refuses_encoders_of_another_kind(
    facts: Path, recipe: Recipe, save_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder = save_bert(tmp_path / "odd")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(TrainingError, match="can't be trained as a reader: Can't read the tok"):
        train_reader(replace(recipe, encoder=str(folder)), [TrainingFile(facts)], tmp_path / "out")


def test_train_reader_stops_at_a_loss_that_is_no_number(
    facts: Path, recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"The loss became nan at step \d+\. Lower"):
        train_reader(
            replace(recipe, learning_rate=1e38, warmup_share=0.0), [TrainingFile(facts)], tmp_path
        )


def test_schedule_rises_and_falls() -> None:
    assert loop._schedule(0.0, 0.1) == pytest.approx(0.01)
    assert loop._schedule(0.05, 0.1) == pytest.approx(0.5)
    assert loop._schedule(0.1, 0.1) == pytest.approx(1.0)
    assert loop._schedule(0.55, 0.1) == pytest.approx(0.5)
    assert loop._schedule(1.0, 0.1) == 0.0
    assert loop._schedule(0.0, 0.0) == 1.0


def test_training_report_is_a_value() -> None:
    report = TrainingReport(1, 2, 3.0, "done", (), (), {})
    assert replace(report, steps=1) == report
