"""Read many question–context pairs in batches: for validation, evaluation, calibration.

This is the plain path over a torch model, sorted by length; the reader that answers
people has its own, faster one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np

from qa.reading.overlap import f1_over_golds
from qa.reading.spans import best_spans
from qa.reading.windows import (
    TextTokenizer,
    Window,
    cut_windows,
    encode_question,
    encode_texts,
    special_tokens,
    stack_windows,
)
from qa.types import Example
from qa.workshop.scoring.metrics import best_threshold

if TYPE_CHECKING:
    from typing import TypeAlias

    import torch
    from transformers import PreTrainedModel

    from qa.bidaf.network import Bidaf

    SpanNetwork: TypeAlias = PreTrainedModel | Bidaf

__all__ = [
    "Prediction",
    "SpanScorer",
    "allowed_tokens",
    "golds_of",
    "predict",
    "refusal_threshold",
    "span_logits",
]


@runtime_checkable
class SpanScorer(Protocol):
    """A network that has its own way from windows to logits."""

    def span_logits(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return start and end logits, (batch, tokens) float32."""
        ...


@dataclass(frozen=True)
class Prediction:
    """The best span of one context.

    Attributes:
        text: The quote.
        start: First code point in the context.
        end: One past the last.
        score: Start logit plus end logit.
        null_score: The lowest null score of the windows.
    """

    text: str
    start: int
    end: int
    score: float
    null_score: float

    @property
    def margin(self) -> float:
        """Score over the null score."""
        return self.score - self.null_score


def allowed_tokens(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return (batch, tokens): True for passage tokens and for [CLS], which is "none"."""
    allowed = batch["allowed"].clone()
    allowed[:, 0] = True
    return allowed


def span_logits(
    model: SpanNetwork, batch: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return start and end logits, (batch, tokens) float32, whatever the encoder's type.

    The span head computes in float32: bf16's eight bits are too coarse to compare sums
    of logits.

    Args:
        model: Of transformers, for question answering, or a scorer of its own kind.
        batch: From `stack_windows`.
    """
    if isinstance(model, SpanScorer):
        return model.span_logits(batch)
    encoder = model.base_model
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = batch["token_type_ids"]
    hidden = encoder(**inputs).last_hidden_state
    head = cast("torch.nn.Linear", model.get_submodule("qa_outputs"))
    logits = head(hidden.to(head.weight.dtype)).float()
    return logits[..., 0], logits[..., 1]


def predict(
    model: SpanNetwork,
    tokenizer: TextTokenizer,
    examples: Sequence[Example],
    *,
    max_tokens: int,
    stride_tokens: int,
    max_answer_tokens: int,
    batch_tokens: int = 4096,
    progress: Callable[[int, int], None] | None = None,
) -> list[Prediction]:
    """Find the best span of every example's context.

    Args:
        model: For question answering, in evaluation mode on its device.
        tokenizer: From `windows.load_tokenizer`.
        examples: Gold answers aren't looked at.
        max_tokens: Longest window.
        stride_tokens: Passage tokens that neighbouring windows share.
        max_answer_tokens: Longest span.
        batch_tokens: About so many tokens at once.
        progress: Called with windows done and windows in all.

    Returns:
        One prediction per example, in their order; an empty context gives an empty text
        with a score of minus infinity.
    """
    import torch

    special = special_tokens(tokenizer)
    contexts = list(dict.fromkeys(example.context for example in examples))
    encoded = dict(zip(contexts, encode_texts(tokenizer, contexts), strict=True))
    windows: list[tuple[int, Window]] = []
    for number, example in enumerate(examples):
        windows += [
            (number, window)
            for window in cut_windows(
                encode_question(tokenizer, example.question),
                encoded[example.context],
                special=special,
                max_tokens=max_tokens,
                stride_tokens=stride_tokens,
            )
        ]
    windows.sort(key=lambda entry: len(entry[1]))
    best = [Prediction("", 0, 0, -np.inf, np.inf) for _ in examples]
    device = next(model.parameters()).device
    position = 0
    while position < len(windows):
        # Sorted by length: the last window of the batch is its longest.
        count = 1
        while (
            position + count < len(windows)
            and (count + 1) * len(windows[position + count][1]) <= batch_tokens
        ):
            count += 1
        chosen = windows[position : position + count]
        batch = stack_windows([window for _, window in chosen], special)
        with torch.inference_mode():
            start, end = span_logits(model, {name: t.to(device) for name, t in batch.items()})
        starts, ends = start.cpu().numpy(), end.cpu().numpy()
        for row, (number, window) in enumerate(chosen):
            n = len(window)
            null_score = float(starts[row, 0] + ends[row, 0])
            spans = best_spans(
                starts[row, :n],
                ends[row, :n],
                batch["allowed"][row, :n].numpy(),
                max_answer_tokens=max_answer_tokens,
            )
            old = best[number]
            null_score = min(null_score, old.null_score)
            if spans and spans[0][2] > old.score:
                first, last, score = spans[0]
                left, right = window.offsets[first][0], window.offsets[last][1]
                text = examples[number].context[left:right]
                best[number] = Prediction(text, left, right, score, null_score)
            else:
                best[number] = Prediction(old.text, old.start, old.end, old.score, null_score)
        position += count
        if progress is not None:
            progress(position, len(windows))
    return best


def golds_of(examples: Sequence[Example]) -> list[list[str]]:
    """Return the gold texts of each question; none where it has no answer."""
    return [[text for text, _ in example.answers] for example in examples]


def refusal_threshold(
    examples: Sequence[Example], predictions: Sequence[Prediction]
) -> tuple[float, float]:
    """Return the best mean F1 over all questions, 0 to 1, and its threshold on the margin."""
    golds = golds_of(examples)
    return best_threshold(
        [prediction.margin for prediction in predictions],
        [
            f1_over_golds(prediction.text, gold) if gold else 0.0
            for prediction, gold in zip(predictions, golds, strict=True)
        ],
        [not gold for gold in golds],
    )
