"""The network behind windows, from training to a folder that reads."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from qa.bidaf.glove import GloveBidaf, GloveEmbedder
from qa.bidaf.model import BidafModel, BidafSizes, Words
from qa.bidaf.network import Parted
from qa.bidaf.reader import BidafReader
from qa.bidaf.words import CLS, PAD, WordTokenizer
from qa.errors import ReaderError, TrainingError
from qa.reading.windows import make_windows, special_tokens, stack_windows
from qa.registry import load_reader
from qa.types import Reader
from qa.workshop.training.bidaf import glove_trainee, load_vectors
from qa.workshop.training.loop import TrainingFile, train_reader
from qa.workshop.training.recipe import Recipe
from retrieval.types import Article, Passage

WORDS = ["when", "where", "does", "the", "desk", "open", "at", "in", "on", "is", "it", "opens"]
SIZES = BidafSizes(hidden=8, word=10, character=4, filters=6, dropout=0.0)
BATCH = [
    ("When does it open?", "The desk opens at 8:30 on weekdays."),
    ("Where?", "Room 12."),
    ("", "No question was asked here."),
]


@pytest.fixture
def network() -> GloveBidaf:
    torch.manual_seed(1)
    return GloveBidaf(SIZES, WordTokenizer(WORDS), torch.randn(len(WORDS), 10)).eval()


def windows_of(network: GloveBidaf, question: str, text: str, max_tokens: int = 60) -> list:  # type: ignore[type-arg]
    return make_windows(network.tokenizer, question, text, max_tokens=max_tokens, stride_tokens=5)


def test_parted_finds_question_and_passage(network: GloveBidaf) -> None:
    windows = [windows_of(network, *pair)[0] for pair in BATCH]
    batch = stack_windows(windows, special_tokens(network.tokenizer), multiple=4)
    parted = Parted(batch)
    for row, window in enumerate(windows):
        question = parted.question[row][parted.question_mask[row]].tolist()
        passage = parted.passage[row][parted.passage_mask[row]].tolist()
        # Without a question its [SEP] stands in.
        assert question == (list(range(1, window.passage_start - 1)) or [1])
        assert passage == [0, *range(window.passage_start, window.passage_end)]


def test_span_logits_are_the_networks_own_put_back(network: GloveBidaf) -> None:
    windows = [windows_of(network, *pair)[0] for pair in BATCH]
    special = special_tokens(network.tokenizer)
    batch = stack_windows(windows, special, multiple=4)
    with torch.inference_mode():
        start, end = network.span_logits(batch)
        assert start.shape == end.shape == batch["input_ids"].shape
        for row, window in enumerate(windows):
            alone = stack_windows([window], special, multiple=1)
            flow, parted = network.flow(alone)
            torch.testing.assert_close(start[row, parted.passage[0]], flow.start[0])
            torch.testing.assert_close(end[row, parted.passage[0]], flow.end[0])
            elsewhere = ~batch["allowed"][row]
            elsewhere[0] = False
            assert (start[row, elsewhere] < -1000).all()


def test_model_checks_sizes() -> None:
    with pytest.raises(ReaderError, match=r"hidden is 0. Expected a whole number"):
        BidafSizes(hidden=0)
    with pytest.raises(ReaderError, match=r"dropout is 1.0. Expected a share"):
        BidafSizes(dropout=1.0)
    with pytest.raises(ReaderError, match=r"shape \(3, 7\). Expected \(words, 10\)"):
        GloveEmbedder(SIZES, torch.zeros(3, 7), WordTokenizer(WORDS))


def test_vectors_of_words_stay_and_those_of_marks_learn() -> None:
    torch.manual_seed(2)
    tokenizer = WordTokenizer(WORDS)
    embedder = GloveEmbedder(SIZES, torch.randn(len(WORDS), 10), tokenizer)
    model = BidafModel(SIZES, embedder)
    ids = torch.tensor([[CLS, *tokenizer.encode("the desk").ids]])
    words = Words(ids, torch.ones(1, 3, dtype=torch.bool))
    model(words, words).start.logsumexp(dim=1).sum().backward()
    assert not embedder.vectors.requires_grad
    assert embedder.marks.grad is not None
    assert embedder.marks.grad[CLS].any()
    assert not embedder.marks.grad[PAD].any()


def test_spellings_embedded_once_are_as_in_training(network: GloveBidaf) -> None:
    special = special_tokens(network.tokenizer)
    for question, text in BATCH:  # each brings new words
        batch = stack_windows(windows_of(network, question, text), special, multiple=4)
        read = network.eval().span_logits(batch)
        trained = network.train().span_logits(batch)  # without dropout
        for one, other in zip(read, trained, strict=True):
            torch.testing.assert_close(one, other)
    network.eval()
    batches = [
        stack_windows(windows_of(network, question, text), special, multiple=4)
        for question, text in BATCH
    ]
    whole = [network.train().span_logits(batch)[0] for batch in batches]
    network.eval()
    for batch, expected in zip(batches, whole, strict=True):
        torch.testing.assert_close(network.span_logits(batch)[0], expected)


def test_bf16_reads_nearly_as_float32(network: GloveBidaf) -> None:
    windows = [windows_of(network, *pair)[0] for pair in BATCH]
    batch = stack_windows(windows, special_tokens(network.tokenizer), multiple=4)
    exact = network.span_logits(batch)
    network.compute_in(torch.bfloat16)
    for one, other in zip(network.span_logits(batch), exact, strict=True):
        torch.testing.assert_close(one, other, atol=0.02, rtol=0.02)


RECIPE = Recipe(
    encoder="glove",
    epochs=60,
    batch_size=4,
    learning_rate=5e-3,
    min_window_tokens=40,
    max_window_tokens=60,
    negative_share=0.0,
    held_out_articles=0,
    precision="float32",
    read_max_tokens=80,
    read_stride_tokens=10,
    hidden=16,
    vocabulary_words=12,
)


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    lines = [f"{word} {' '.join(f'{x:.4f}' for x in rng.normal(size=10))}" for word in WORDS]
    path = tmp_path / "vectors.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_trained_network_reads_what_it_learned(
    facts: list[tuple[str, str, str]], squad: Path, vectors: Path, tmp_path: Path
) -> None:
    prepare = partial(glove_trainee, vectors=vectors)
    train_reader(RECIPE, [TrainingFile(squad)], tmp_path / "out", prepare=prepare)
    reader = load_reader(tmp_path / "out")
    assert isinstance(reader, BidafReader)
    assert isinstance(reader, Reader)
    assert reader.id.startswith("bidaf@")
    for number, (question, context, quote) in enumerate(facts):
        article = Article(f"a{number}", "", f"Note: {context}")
        passage = Passage("p", article.id, 6, 6 + len(context), context)
        best = reader.read(question, [passage]).candidates[0]
        assert best.text == quote == article.body[best.start : best.end]


def test_training_resumed_is_as_unbroken(squad: Path, vectors: Path, tmp_path: Path) -> None:
    prepare = partial(glove_trainee, vectors=vectors)
    files = [TrainingFile(squad)]
    train_reader(RECIPE, files, tmp_path / "one", prepare=prepare)
    train_reader(RECIPE, files, tmp_path / "two", prepare=prepare, max_steps=7)
    train_reader(RECIPE, files, tmp_path / "two", prepare=prepare, resume=True)
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two


def test_load_vectors_reads_both_forms(vectors: Path, tmp_path: Path) -> None:
    words, table = load_vectors(vectors, n_words=5)
    assert words == WORDS[:5]
    packed = tmp_path / "vectors.npz"
    np.savez(packed, words="\n".join(words), vectors=table)
    again, same = load_vectors(packed, n_words=100)
    assert again == words
    np.testing.assert_array_equal(same, table)


@pytest.mark.parametrize("content", ["the one two", ""])
def test_load_vectors_refuses_what_is_no_table(content: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(content)
    with pytest.raises(TrainingError, match=r"Can't read the word vectors .*bad.txt"):
        load_vectors(path, n_words=5)


def test_load_refuses_a_folder_without_weights(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"can't be loaded: .*config.json"):
        BidafReader.load(tmp_path)


def test_words_of_both_sides_are_marked_as_matching(network: GloveBidaf) -> None:
    question, text = "When does it open?", "Opens when?"
    window = windows_of(network, question, text)[0]
    parted = Parted(stack_windows([window], special_tokens(network.tokenizer), multiple=1))
    batch = stack_windows([window], special_tokens(network.tokenizer), multiple=1)
    passage, asked = (parted.words(batch["input_ids"], of=of) for of in ("passage", "question"))
    model = network.network
    # "no answer", Opens, when, ?
    assert model._matching(passage, asked)[0, :, 0].tolist() == [0, 1, 1, 1]
    # when, does, it, open, ?
    assert model._matching(asked, passage)[0, :, 0].tolist() == [1, 0, 0, 1, 1]


def test_without_matching_the_network_is_as_published() -> None:
    torch.manual_seed(1)
    plain = replace(SIZES, matching=False)
    network = GloveBidaf(plain, WordTokenizer(WORDS), torch.randn(len(WORDS), 10))
    assert network.network.contextual.size == 16
    assert BidafSizes(matching=False).matching is False
    with pytest.raises(ReaderError, match=r"matching is 1. Expected true or false"):
        BidafSizes(matching=1)  # type: ignore[arg-type]
