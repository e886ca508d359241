"""Batched prediction: one by one or in batches, with windows or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from qa.reading.windows import load_tokenizer, make_windows, special_tokens, stack_windows
from qa.types import Example
from qa.workshop.training.prediction import Prediction, predict, span_logits

TEXTS = [
    "The desk opens at 8:30.",
    "",
    "Bring a badge, a ticket and a passport to the café on the second floor. " * 6,
    "Ünïcode 😀 text.",
]
EXAMPLES = [Example(str(n), "When does it open?", text) for n, text in enumerate(TEXTS)]
LIMITS: Any = {"max_tokens": 64, "stride_tokens": 16, "max_answer_tokens": 8}


@pytest.fixture(scope="module")
def model(tiny_bert: Path) -> PreTrainedModel:
    loaded: PreTrainedModel = AutoModelForQuestionAnswering.from_pretrained(tiny_bert)
    return loaded.train(False)


@pytest.fixture(scope="module")
def tokenizer(tiny_bert: Path) -> Tokenizer:
    return load_tokenizer(tiny_bert)


def test_predict_quotes_the_context(model: PreTrainedModel, tokenizer: Tokenizer) -> None:
    told: list[tuple[int, int]] = []
    predictions = predict(
        model, tokenizer, EXAMPLES, **LIMITS, progress=lambda done, n: told.append((done, n))
    )
    for prediction, text in zip(predictions, TEXTS, strict=True):
        assert prediction.text == text[prediction.start : prediction.end]
        assert prediction.margin == prediction.score - prediction.null_score
        assert bool(prediction.text) is bool(text)
    assert predictions[1].score == -torch.inf
    assert told[-1][0] == told[-1][1] > len(TEXTS)  # the long text takes several windows


def test_predict_is_the_same_one_by_one(model: PreTrainedModel, tokenizer: Tokenizer) -> None:
    def close(one: Prediction, two: Prediction) -> bool:
        # Sums over padded rows differ in their last bits.
        near = pytest.approx((one.score, one.null_score), abs=1e-4) == (two.score, two.null_score)
        return near and one.text == two.text

    together = predict(model, tokenizer, EXAMPLES, **LIMITS)
    alone = [predict(model, tokenizer, [each], **LIMITS, batch_tokens=1)[0] for each in EXAMPLES]
    assert all(close(one, two) for one, two in zip(together, alone, strict=True))


def test_span_logits_equal_transformers(model: PreTrainedModel, tokenizer: Tokenizer) -> None:
    windows = [
        window
        for text in TEXTS
        for window in make_windows(tokenizer, "When?", text, max_tokens=64, stride_tokens=16)
    ]
    batch = stack_windows(windows, special_tokens(tokenizer), multiple=8)
    assert batch["input_ids"].shape[1] % 8 == 0
    with torch.inference_mode():
        start, end = span_logits(model, batch)
        inputs = {name: tensor for name, tensor in batch.items() if name != "allowed"}
        expected = model(**inputs)
    torch.testing.assert_close(start, expected.start_logits)
    torch.testing.assert_close(end, expected.end_logits)
