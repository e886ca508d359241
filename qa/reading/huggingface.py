"""Any extractive question-answering model of transformers as a `Reader`.

For architectures that our own run-time doesn't know (RoBERTa, DeBERTa, XLNet, ...). It is
slower and heavier than `bert`: transformers is imported, and windows are padded.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import ReaderError
from qa.reading.candidates import RawSpan, choose_candidates, gather_reading, quotable_tokens
from qa.reading.spans import best_spans
from qa.reading.windows import MAX_QUESTION_TOKENS
from qa.types import Candidate, Reading
from retrieval.types import Passage

__all__ = ["HuggingFaceReader"]

_MAX_TOKENS = 384
_STRIDE_TOKENS = 128
_MAX_ANSWER_TOKENS = 30
_N_SPANS = 12


class HuggingFaceReader:
    """Reads with `AutoModelForQuestionAnswering`, one passage at a time."""

    def __init__(self, *, model: Any, tokenizer: Any, name: str, digest: str) -> None:
        """Join the parts; `load` is the usual way.

        Args:
            model: Of transformers, in evaluation mode.
            tokenizer: Its fast tokenizer: offsets are needed.
            name: First part of the reader's id.
            digest: Hex hash of the weights.
        """
        self._model = model
        self._tokenizer = tokenizer
        self._name = name
        self._digest = digest
        limit = min(int(tokenizer.model_max_length), _MAX_TOKENS)
        self._max_tokens = limit
        self._stride_tokens = min(_STRIDE_TOKENS, limit // 4)

    @classmethod
    def load(cls, folder: Path, *, name: str) -> HuggingFaceReader:
        """Load a model's folder.

        Raises:
            ReaderError: transformers can't load it, or its tokenizer gives no offsets.
        """
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer
        from transformers.utils import logging

        # A bar of its own for loading a few megabytes would stand among the command's output.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            # A folder on this machine: nothing is fetched, and no code of the model's runs.
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model, report = AutoModelForQuestionAnswering.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
        except Exception as error:  # whatever a model's files can make the library raise
            msg = (
                f"transformers can't load a question-answering model from {str(folder)!r}: "
                f"{error}. Expected config.json, model.safetensors and a tokenizer."
            )
            raise ReaderError(msg) from error
        missing = sorted(key for key in report["missing_keys"] if "qa_outputs" in key)
        if missing:
            msg = (
                f"The model in {str(folder)!r} has no span head ({', '.join(missing)} is missing). "
                "Expected one that is fine-tuned for extractive question answering."
            )
            raise ReaderError(msg)
        if not tokenizer.is_fast:
            msg = (
                f"The tokenizer in {str(folder)!r} gives no offsets. Expected a fast one: a "
                "tokenizer.json beside the model."
            )
            raise ReaderError(msg)
        digest = sha256()
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.suffix in {".safetensors", ".json"}:
                digest.update(path.name.encode() + sha256(path.read_bytes()).digest())
        return cls(model=model.eval(), tokenizer=tokenizer, name=name, digest=digest.hexdigest())

    @property
    def id(self) -> str:
        """Name and the first twelve digits of the weights' hash."""
        return f"{self._name}@{self._digest[:12]}"

    @property
    def null_threshold(self) -> float:
        """Zero: the span must beat the model's own "no answer"."""
        return 0.0

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Read passages in their order; see `qa.types.Reader`."""
        question = self._shortened(question)
        if not question.strip() or not passages:
            return Reading((), 0.0)
        found: list[tuple[list[Candidate], float]] = []
        slowest_s = 0.0
        for number, passage in enumerate(passages):
            began = time.monotonic()
            if deadline_s is not None and began + slowest_s >= deadline_s:
                return gather_reading(found, unread=passages[number:])
            found.append(self._read_passage(question, passage))
            slowest_s = max(slowest_s, time.monotonic() - began)
        return gather_reading(found)

    def _shortened(self, question: str) -> str:
        """Cut a question after `MAX_QUESTION_TOKENS`, so that a window has room."""
        limit = min(MAX_QUESTION_TOKENS, self._max_tokens // 4)
        encoding = self._tokenizer(
            question, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        offsets = encoding["offset_mapping"]
        return question if len(offsets) <= limit else question[: offsets[limit - 1][1]]

    def _read_passage(self, question: str, passage: Passage) -> tuple[list[Candidate], float]:
        import torch

        batch = self._tokenizer(
            question,
            passage.text,
            truncation="only_second",
            max_length=self._max_tokens,
            stride=self._stride_tokens,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        inputs = {name: batch[name] for name in self._tokenizer.model_input_names if name in batch}
        with torch.inference_mode():
            output = self._model(**inputs)
        # (windows, tokens)
        starts, ends = output.start_logits.float().numpy(), output.end_logits.float().numpy()
        null_scores: list[float] = []
        spans: dict[tuple[int, int], float] = {}
        for row in range(len(starts)):
            offsets = batch["offset_mapping"][row].numpy()
            parts = np.array([part == 1 for part in batch.sequence_ids(row)])
            # Padding and special tokens are empty and belong to no part.
            allowed = parts & (offsets[:, 1] > offsets[:, 0])
            places = [(int(start), int(end)) for start, end in offsets[allowed]]
            allowed[allowed] = quotable_tokens(passage.text, places)
            none = self._null_position(batch["input_ids"][row].tolist())
            null_scores.append(float(starts[row, none] + ends[row, none]))
            for first, last, score in best_spans(
                starts[row], ends[row], allowed, max_answer_tokens=_MAX_ANSWER_TOKENS, n=_N_SPANS
            ):
                place = (int(offsets[first, 0]), int(offsets[last, 1]))
                # Windows overlap: a span seen twice counts with its better score.
                spans[place] = max(score, spans.get(place, -np.inf))
        null_score = min(null_scores)
        raw = [RawSpan(start, end, score) for (start, end), score in spans.items()]
        return choose_candidates(passage, raw, null_score), null_score

    def _null_position(self, input_ids: list[int]) -> int:
        """Return where "no answer" points: the classification token (first, but for XLNet)."""
        cls_id = self._tokenizer.cls_token_id
        return input_ids.index(cls_id) if cls_id in input_ids else 0
