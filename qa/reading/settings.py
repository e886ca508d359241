"""What stands beside a reader's weights: how they are to be used, and what they hash to."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.errors import ReaderError

__all__ = ["SETTINGS_FORMAT", "SETTINGS_NAME", "ReaderSettings", "weights_digest"]

SETTINGS_NAME = "reader.json"
"""How a reader's weights are to be used, next to them."""

SETTINGS_FORMAT = 1

# In this order; the weights may lie in several files.
_HASHED = ("config.json", "model*.safetensors", SETTINGS_NAME, "tokenizer.json", "vocabulary.txt")


class ReaderSettings(BaseModel):
    """How the weights were trained to be used: `reader.json` beside them.

    Attributes:
        name: Short name, the first part of the reader's id.
        max_tokens: Longest window, special tokens and question included.
        stride_tokens: Passage tokens that two neighbouring windows share.
        max_answer_tokens: Longest span.
        null_threshold: Least margin at which a passage read alone answers.
        special_tokens: Whose stand around question and passage: BERT's, or RoBERTa's, which
            MPNet was made with too (`windows.special_tokens`).
        table_cells: "named" puts the name of its column before each cell (`tables`); only for a
            reader that was trained so, others read worse with it.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    name: str = "bert"
    max_tokens: int = Field(default=384, gt=0)
    stride_tokens: int = Field(default=128, ge=0)
    max_answer_tokens: int = Field(default=30, gt=0)
    null_threshold: float = Field(default=0.0, allow_inf_nan=False)
    special_tokens: Literal["bert", "roberta"] = "bert"
    table_cells: Literal["plain", "named"] = "plain"

    @classmethod
    def load(cls, folder: Path, *, otherwise: ReaderSettings | None = None) -> ReaderSettings:
        """Read `reader.json`; what is missing in it is the default.

        Args:
            folder: A reader's.
            otherwise: What holds where there is no such file; the defaults, and the folder's
                name, if not given.

        Raises:
            ReaderError: The file is damaged, of another format, or holds a wrong value.
        """
        path = folder / SETTINGS_NAME
        try:
            stored = json.loads(path.read_bytes())
        except FileNotFoundError:
            return otherwise or cls(name=folder.resolve().name)
        except (OSError, ValueError) as error:
            msg = f"Can't read the reader's settings {str(path)!r}: {error}. Expected JSON."
            raise ReaderError(msg) from error
        if not isinstance(stored, dict) or stored.get("format") != SETTINGS_FORMAT:
            msg = (
                f"The reader's settings {str(path)!r} aren't of format {SETTINGS_FORMAT}. They may "
                "come from another version of Frontdesk: update it, or train the reader again."
            )
            raise ReaderError(msg)
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            default = cls.model_fields[name].default
            msg = (
                f"{str(path)!r}: {name} is {first['input']!r}: {first['msg']}. Expected a value "
                f"such as {default!r}."
            )
            raise ReaderError(msg) from error


def weights_digest(folder: Path) -> str:
    """Return the hex SHA-256 over the weights and the files that say how to use them."""
    digest = sha256()
    for path in (path for pattern in _HASHED for path in sorted(folder.glob(pattern))):
        with path.open("rb") as stream:
            digest.update(path.name.encode())
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
