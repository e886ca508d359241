"""Fine-tune the sentence encoder on the examples, then train a head on it.

The encoder learns by a softmax over cosines to one vector an intent, which begins as the
mean of the intent's encodings: the first step starts from what the frozen encoder knows.
Words are masked at random instead of dropout, whose random numbers cost a quarter of the
time on CPUs. Arithmetic in bf16 where the processor has it, against float32 masters
(qa/workshop/training/optimizer.py); batches hold messages of nearly one length.

A part of the examples never reaches the encoder. On it, and on it alone, the head is
calibrated and learns to refuse: on the others the encoder is surer than it should be.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save as tensors_to_bytes

from agent.errors import IntentError
from agent.intents.features import plain_text
from agent.intents.finetuned import FineTunedClassifier, encoder_name, write_encoder
from agent.intents.head import HeadClassifier
from agent.intents.training import encode_examples, learn
from agent.types import IntentExample
from qa.errors import TrainingError
from qa.workshop.training.optimizer import MasterWeights
from qa.workshop.training.span_model import choose_precision, encoder_folder
from retrieval.encoding.encoder import DEFAULT_ENCODER, load_encoder
from retrieval.system.allocator import keep_freed_memory

__all__ = ["DEFAULT_SETTINGS", "FineTuning", "fine_tune_intents"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FineTuning:
    """How the encoder is trained.

    Attributes:
        epochs: Times that each example is seen where there are many.
        least_steps: At least so many steps, which with few examples means more epochs.
        batch_size: Messages a step.
        learning_rate: Of the encoder, at its height.
        head_rate: Of the intents' vectors.
        warmup_share: Of the steps, in which the rates rise.
        sharpness: What cosines are multiplied by before the softmax.
        smoothing: Share of the label spread over all intents.
        masked: Share of the words hidden.
        held_out: Share of each intent's examples that the encoder never sees.
        max_tokens: Longest message.
    """

    epochs: int = 6
    least_steps: int = 600
    batch_size: int = 32
    learning_rate: float = 6e-5
    head_rate: float = 1e-3
    warmup_share: float = 0.1
    sharpness: float = 20.0
    smoothing: float = 0.05
    masked: float = 0.1
    held_out: float = 0.1
    max_tokens: int = 64


DEFAULT_SETTINGS = FineTuning()


def fine_tune_intents(
    examples: Sequence[IntentExample],
    *,
    encoder: str = DEFAULT_ENCODER,
    background: Sequence[str] = (),
    seed: int = 1,
    settings: FineTuning = DEFAULT_SETTINGS,
    progress: Progress | None = None,
) -> FineTunedClassifier:
    """Train a classifier with an encoder of its own.

    Args:
        examples: Labelled messages; None as intent is out of scope.
        encoder: Name or folder of the BERT encoder to start from.
        background: As for `train_intents`.
        seed: Of order, masks and what is held out.
        settings: How to train.
        progress: Called with (steps done, steps in all).

    Raises:
        IntentError: No example carries an intent, or the encoder can't be trained.
    """
    keep_freed_memory()
    inside = [e for e in examples if e.intent is not None and plain_text(e.text)]
    intents = sorted({str(e.intent) for e in inside})
    if not intents:
        raise IntentError(
            f"none of {len(examples)} examples carries both a text and an intent; "
            "expected at least one, and better ten an intent"
        )
    place = {intent: i for i, intent in enumerate(intents)}
    labels = np.array([place[str(e.intent)] for e in inside], np.int64)
    held_out = _held_out(labels, settings.held_out, seed)
    seen = np.setdiff1d(np.arange(len(inside)), held_out)
    marked = [text for e in examples if e.intent is None and (text := plain_text(e.text))]
    texts = [plain_text(inside[i].text) for i in seen] + marked
    # Out of scope is one more vector while the encoder is trained, and none afterwards.
    targets = np.concatenate([labels[seen], np.full(len(marked), len(intents), np.int64)])
    try:
        source = encoder_folder(encoder)
    except TrainingError as error:
        raise IntentError(str(error)) from error
    files = _tuned_files(source, texts, targets, settings, seed, progress)
    with tempfile.TemporaryDirectory(prefix="frontdesk-") as scratch:
        folder = Path(scratch) / encoder_name(files)
        write_encoder(folder, files)
        tuned = load_encoder(str(folder))
        # The files are hashed in the background: wait, then they may go.
        _ = tuned.id
    given, names = encode_examples(examples, background, encoder=tuned)
    judged = held_out if len(held_out) else None
    learned = learn(given, names, seed=seed, judged=judged)
    return FineTunedClassifier(HeadClassifier(learned, encoder=tuned), files)


def _held_out(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Choose a share of each intent with three examples or more, at least one of them."""
    draw = np.random.default_rng(seed)
    chosen = []
    for intent in np.unique(labels):
        own = np.flatnonzero(labels == intent)
        if len(own) >= 3 and share > 0:
            chosen.append(draw.choice(own, max(1, round(share * len(own))), replace=False))
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def _tuned_files(
    source: Path,
    texts: Sequence[str],
    targets: NDArray[np.int64],
    settings: FineTuning,
    seed: int,
    progress: Progress | None,
) -> dict[str, bytes]:
    """Train the encoder; return its folder's files, the weights in float16."""
    from tokenizers import Tokenizer
    from transformers import AutoModel
    from transformers.utils import logging

    torch.manual_seed(seed)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: Any = AutoModel.from_pretrained(
            source, local_files_only=True, attn_implementation="eager", dtype=torch.float32
        )
        tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    except Exception as error:  # the libraries raise bare Exception among others
        raise IntentError(
            f"can't load the encoder in {str(source)!r} for fine-tuning ({error}); expected a "
            "BERT model with config.json, tokenizer.json and model.safetensors"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(settings.max_tokens)
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    trainer = _Trainer(model, ids, targets, tokenizer.token_to_id("[MASK]"), settings, seed)
    weights = trainer.run(progress)
    files = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix in (".json", ".txt") and path.stat().st_size < _MOST_BYTES
    }
    files["model.safetensors"] = tensors_to_bytes(
        {name: tensor.to(torch.float16).contiguous() for name, tensor in weights.items()}
    )
    return files


# A tokenizer is the largest; weights in other formats are left behind.
_MOST_BYTES = 64 * 1024 * 1024


class _Trainer:
    """One run over the examples."""

    def __init__(
        self,
        model: Any,
        ids: Sequence[list[int]],
        targets: NDArray[np.int64],
        mask_id: int | None,
        settings: FineTuning,
        seed: int,
    ) -> None:
        self.settings, self.ids, self.targets, self.mask_id = settings, ids, targets, mask_id
        self.draw = np.random.default_rng(seed)
        self.model = model
        # Word embeddings are most of the weights and hardly move: frozen, as for readers.
        model.get_input_embeddings().weight.requires_grad_(False)
        for name, parameter in model.named_parameters():
            if "pooler" in name:
                parameter.requires_grad_(False)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        self.originals = {
            name: tensor.detach().float().clone() for name, tensor in model.state_dict().items()
        }
        model.to(choose_precision("auto", torch.device("cpu")))
        self.masters = MasterWeights(model, self.originals, weight_decay=0.01, clip_norm=1.0)
        self.vectors = torch.nn.Parameter(self._means())
        self.vectors_optimizer = torch.optim.AdamW([self.vectors], weight_decay=0.0)

    def run(self, progress: Progress | None) -> dict[str, torch.Tensor]:
        """Take the steps; return all of the encoder's weights in float32."""
        per_epoch = -(-len(self.ids) // self.settings.batch_size)
        steps = max(self.settings.epochs * per_epoch, self.settings.least_steps)
        step = 0
        with ThreadPoolExecutor(max_workers=1) as workers:
            while step < steps:
                for members in self._batches():
                    if step == steps:
                        break
                    share = step / steps
                    warmup = self.settings.warmup_share
                    factor = (
                        max(share / warmup, 0.01) if share < warmup else (1 - share) / (1 - warmup)
                    )
                    self._step(members, factor, workers)
                    step += 1
                    if progress is not None:
                        progress(step, steps)
        weights = {**self.originals, **self.masters.weights()}
        return {name: tensor for name, tensor in weights.items() if "pooler" not in name}

    def _step(self, members: Sequence[int], factor: float, workers: ThreadPoolExecutor) -> None:
        wanted = torch.from_numpy(self.targets[list(members)])
        encoded = self._encode([self._masked(self.ids[i]) for i in members])
        cosines = encoded @ torch.nn.functional.normalize(self.vectors, dim=1).T
        loss = torch.nn.functional.cross_entropy(
            self.settings.sharpness * cosines, wanted, label_smoothing=self.settings.smoothing
        )
        if not math.isfinite(float(loss.detach())):
            raise IntentError(
                f"fine-tuning diverged: the loss became {float(loss.detach())!r}; lower the "
                f"learning rate ({self.settings.learning_rate!r})"
            )
        *gradients, own = torch.autograd.grad(loss, [*self.masters.parameters, self.vectors])
        self.masters.step(
            [gradients], learning_rate=self.settings.learning_rate * factor, workers=workers
        )
        self.vectors.grad = own
        for group in self.vectors_optimizer.param_groups:
            group["lr"] = self.settings.head_rate * factor
        self.vectors_optimizer.step()

    def _encode(self, batch: Sequence[list[int]]) -> torch.Tensor:
        """Return (messages, hidden) unit rows, float32: mean over the real tokens."""
        longest = max(map(len, batch))
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        real = torch.zeros(len(batch), longest, dtype=torch.long)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            real[row, : len(tokens)] = 1
        # (messages, longest, hidden)
        states = self.model(input_ids=ids, attention_mask=real).last_hidden_state.float()
        summed = (states * real.unsqueeze(2)).sum(1)
        return torch.nn.functional.normalize(summed, dim=1)

    def _means(self) -> torch.Tensor:
        """Return (targets, hidden): what the encoder makes of each intent at the start."""
        totals = torch.zeros(int(self.targets.max()) + 1, self.model.config.hidden_size)
        order = np.argsort([len(tokens) for tokens in self.ids], kind="stable")
        with torch.no_grad():
            for start in range(0, len(order), 4 * self.settings.batch_size):
                members = order[start : start + 4 * self.settings.batch_size]
                encoded = self._encode([self.ids[i] for i in members])
                totals.index_add_(0, torch.from_numpy(self.targets[members]), encoded)
        return torch.nn.functional.normalize(totals, dim=1)

    def _batches(self) -> list[list[int]]:
        """Cut one epoch into batches of nearly one length, in random order."""
        lengths = np.array([len(tokens) for tokens in self.ids])
        order = np.lexsort((self.draw.random(len(lengths)), lengths))
        size = self.settings.batch_size
        batches = [order[start : start + size].tolist() for start in range(0, len(order), size)]
        self.draw.shuffle(batches)
        return batches

    def _masked(self, tokens: list[int]) -> list[int]:
        """Hide some words, never all, nor the tokens at the ends."""
        if self.mask_id is None or self.settings.masked <= 0 or len(tokens) < 5:
            return tokens
        hidden = self.draw.random(len(tokens)) < self.settings.masked
        hidden[[0, -1]] = False
        return [self.mask_id if h else token for h, token in zip(hidden, tokens, strict=True)]
