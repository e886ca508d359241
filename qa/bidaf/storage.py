"""An attention-flow network as a folder of files, and back."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from qa.bidaf.frozen import BertBidaf
from qa.bidaf.glove import GloveBidaf
from qa.bidaf.model import BidafSizes
from qa.bidaf.network import Bidaf
from qa.bidaf.words import WordTokenizer
from qa.errors import ReaderError, TrainingError
from qa.training.export import SETTINGS_FORMAT, SETTINGS_NAME
from qa.training.recipe import Recipe
from qa.training.span_model import encoder_folder

__all__ = ["load_network", "save_network"]

_CONFIG = "config.json"
_WEIGHTS = "model.safetensors"
_VOCABULARY = "vocabulary.txt"
"""One word a line, in the order of the vectors."""


def save_network(
    network: Bidaf,
    weights: Mapping[str, torch.Tensor],
    out: Path,
    *,
    recipe: Recipe,
    null_threshold: float,
    report: Mapping[str, Any] | None,
) -> None:
    """Write trained weights in float16; each file replaces its forerunner in one step.

    Args:
        network: Says what belongs to the weights.
        weights: Name → tensor, of all that is trained.
        out: Folder.
        recipe: Its reading settings go into `reader.json`.
        null_threshold: Refuse where span score minus null score is below it.
        report: Written to `training.json`.
    """
    from safetensors.torch import save_file

    tensors = {name: tensor.to(torch.float16).contiguous() for name, tensor in weights.items()}
    files: dict[str, str] = {_CONFIG: _json(network.config())}
    if isinstance(network, GloveBidaf):
        tensors["vectors"] = torch.from_numpy(network.vectors())
        files[_VOCABULARY] = "\n".join(network.tokenizer.vocabulary) + "\n"
    files[SETTINGS_NAME] = _json(
        {
            "format": SETTINGS_FORMAT,
            "name": "bidaf" if isinstance(network, GloveBidaf) else "bidaf-bert",
            "max_tokens": recipe.read_max_tokens,
            "stride_tokens": recipe.read_stride_tokens,
            "max_answer_tokens": recipe.max_answer_tokens,
            "null_threshold": round(null_threshold, 4),
        }
    )
    if report is not None:
        files["training.json"] = _json(report)
    out.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
    try:
        save_file(tensors, unfinished / _WEIGHTS, {"format": "pt"})
        for name, text in files.items():
            (unfinished / name).write_text(text, encoding="utf-8")
        for path in sorted(unfinished.iterdir()):
            path.chmod(0o644)
            path.replace(out / path.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def load_network(folder: Path) -> Bidaf:
    """Load what `save_network` wrote.

    Raises:
        ReaderError: A file is missing, damaged or of another model than the others, or the
            encoder below the network isn't the one it was trained on.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from retrieval.errors import EncoderError

    try:
        config = json.loads((folder / _CONFIG).read_bytes())
        tensors = load_file(folder / _WEIGHTS)
        if config["embedding"] == "bert":
            network = _over_bert(config, folder)
        else:
            network = _over_words(config, folder, tensors.pop("vectors"))
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
        SafetensorError,
        EncoderError,
        TrainingError,
    ) as error:
        msg = (
            f"The reader in {str(folder)!r} can't be loaded: {error}. Expected {_CONFIG}, "
            f"{_WEIGHTS} and, over word vectors, {_VOCABULARY}, as frontdesk train bidaf writes "
            "them."
        )
        raise ReaderError(msg) from error
    return network


def _over_words(config: Mapping[str, Any], folder: Path, vectors: torch.Tensor) -> Bidaf:
    words = (folder / _VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1]
    if len(words) != len(vectors):
        msg = (
            f"{str(folder)!r} has {len(words)} words and {len(vectors)} vectors. Expected one "
            "each: the files are of different models."
        )
        raise ReaderError(msg)
    return GloveBidaf(_sizes(config), WordTokenizer(words), vectors)


def _over_bert(config: Mapping[str, Any], folder: Path) -> Bidaf:
    encoder = config["encoder"]
    network = BertBidaf(_sizes(config), encoder, encoder_folder(encoder))
    found = network.config()["encoder_sha256"]
    if found != config["encoder_sha256"]:
        msg = (
            f"The reader in {str(folder)!r} was trained on an encoder {encoder!r} with the SHA-256 "
            f"{config['encoder_sha256']!r}; the one found here has {found!r}. Install that one, or "
            "train the reader again."
        )
        raise ReaderError(msg)
    return network


def _sizes(config: Mapping[str, Any]) -> BidafSizes:
    known = {field.name for field in fields(BidafSizes)}
    return BidafSizes(**{name: config[name] for name in config if name in known})


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
