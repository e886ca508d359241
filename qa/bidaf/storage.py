"""An attention-flow network from its folder of files."""

from __future__ import annotations

import json
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
from qa.errors import ReaderError
from retrieval.encoding.folder import find_encoder

__all__ = ["CONFIG", "VOCABULARY", "WEIGHTS", "load_network"]

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
VOCABULARY = "vocabulary.txt"
"""One word a line, in the order of the vectors."""


def load_network(folder: Path) -> Bidaf:
    """Load what training wrote (`qa.workshop.training.bidaf_export`).

    Raises:
        ReaderError: A file is missing, damaged or of another model than the others, or the
            encoder below the network isn't the one it was trained on.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from retrieval.errors import EncoderError

    try:
        config = json.loads((folder / CONFIG).read_bytes())
        tensors = load_file(folder / WEIGHTS)
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
    ) as error:
        msg = (
            f"The reader in {str(folder)!r} can't be loaded: {error}. Expected {CONFIG}, "
            f"{WEIGHTS} and, over word vectors, {VOCABULARY}, as frontdesk train bidaf writes "
            "them."
        )
        raise ReaderError(msg) from error
    return network


def _over_words(config: Mapping[str, Any], folder: Path, vectors: torch.Tensor) -> Bidaf:
    words = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1]
    if len(words) != len(vectors):
        msg = (
            f"{str(folder)!r} has {len(words)} words and {len(vectors)} vectors. Expected one "
            "each: the files are of different models."
        )
        raise ReaderError(msg)
    return GloveBidaf(_sizes(config), WordTokenizer(words), vectors)


def _over_bert(config: Mapping[str, Any], folder: Path) -> Bidaf:
    encoder = config["encoder"]
    network = BertBidaf(_sizes(config), encoder, find_encoder(encoder)[1])
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
