"""Make an attention-flow network ready for the training loop, and write what it becomes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qa.bidaf.model import BidafSizes
from qa.bidaf.network import GloveBidaf
from qa.bidaf.words import WordTokenizer
from qa.errors import TrainingError
from qa.export import SETTINGS_FORMAT, SETTINGS_NAME
from qa.recipe import Recipe
from qa.trainee import Trainee
from qa.windows import special_tokens

__all__ = ["VOCABULARY_NAME", "glove_trainee", "load_vectors"]

VOCABULARY_NAME = "vocabulary.txt"
"""Beside the weights: one word a line, in the order of the vectors."""


def load_vectors(path: Path, *, n_words: int) -> tuple[list[str], NDArray[np.float16]]:
    """Read the most frequent words and their vectors.

    Args:
        path: An `.npz` with `words` (one text, a word a line) and `vectors`, or a text file
            as GloVe's makers publish it: a word and its numbers a line.
        n_words: How many, at most.

    Returns:
        Words, and (words, size) float16.

    Raises:
        TrainingError: It can't be read.
    """
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                words = str(stored["words"]).split("\n")[:n_words]
                vectors = np.asarray(stored["vectors"][:n_words], dtype=np.float16)
        else:
            words, rows = [], []
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    word, *numbers = line.rstrip("\n").split(" ")
                    words.append(word)
                    rows.append(np.array(numbers, dtype=np.float16))
                    if len(words) == n_words:
                        break
            vectors = np.stack(rows)
    except (OSError, ValueError, KeyError) as error:
        msg = (
            f"Can't read the word vectors {str(path)!r}: {error}. Expected GloVe's text file, or "
            "an .npz with 'words' and 'vectors'."
        )
        raise TrainingError(msg) from error
    if vectors.ndim != 2 or len(words) != len(vectors):
        msg = (
            f"{str(path)!r} holds {len(words)} words and vectors of the shape {vectors.shape!r}. "
            "Expected one vector a word."
        )
        raise TrainingError(msg)
    return words, vectors


def glove_trainee(recipe: Recipe, device: torch.device, *, vectors: Path) -> Trainee:
    """Build an untrained network over frozen word vectors.

    Args:
        recipe: Its `encoder` isn't looked at.
        device: To train on.
        vectors: See `load_vectors`.

    Raises:
        TrainingError: The vectors can't be read.
    """
    words, table = load_vectors(vectors, n_words=recipe.vocabulary_words)
    sizes = BidafSizes(hidden=recipe.hidden, word=table.shape[1], dropout=recipe.dropout)
    tokenizer = WordTokenizer(words)
    torch.manual_seed(recipe.seed)
    network = GloveBidaf(sizes, tokenizer, torch.from_numpy(table)).to(device)
    network.train()

    def export(
        weights: Mapping[str, torch.Tensor],
        out: Path,
        *,
        null_threshold: float,
        report: Mapping[str, Any] | None,
    ) -> None:
        _export(network, weights, out, recipe, null_threshold, report)

    originals = {name: p.detach().clone() for name, p in network.named_parameters()}
    # LSTMs gain nothing from bf16 here, and larger parts keep their small steps busy.
    return Trainee(
        network, originals, tokenizer, special_tokens(tokenizer), 0, torch.float32, 2, export
    )


def _export(
    network: GloveBidaf,
    weights: Mapping[str, torch.Tensor],
    out: Path,
    recipe: Recipe,
    null_threshold: float,
    report: Mapping[str, Any] | None,
) -> None:
    from safetensors.torch import save_file

    tensors = {name: tensor.to(torch.float16).contiguous() for name, tensor in weights.items()}
    tensors["vectors"] = torch.from_numpy(network.vectors())
    settings = {
        "format": SETTINGS_FORMAT,
        "name": "bidaf",
        "max_tokens": recipe.read_max_tokens,
        "stride_tokens": recipe.read_stride_tokens,
        "max_answer_tokens": recipe.max_answer_tokens,
        "null_threshold": round(null_threshold, 4),
    }
    out.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
    try:
        save_file(tensors, unfinished / "model.safetensors", {"format": "pt"})
        vocabulary = "\n".join(network.tokenizer.vocabulary) + "\n"
        (unfinished / VOCABULARY_NAME).write_text(vocabulary, encoding="utf-8")
        files: dict[str, Mapping[str, Any]] = {
            "config.json": network.config(),
            SETTINGS_NAME: settings,
        }
        if report is not None:
            files["training.json"] = report
        for name, value in files.items():
            (unfinished / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
        for path in sorted(unfinished.iterdir()):
            path.chmod(0o644)
            path.replace(out / path.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
