"""What a sentence encoder's folder says about pooling, prefixes and length.

Reads the small JSON files that sentence-transformers writes beside a model (modules.json,
sentence_bert_config.json, 1_Pooling/config.json, config_sentence_transformers.json) and
Hugging Face's own config.json. A folder without them is pooled by the mean, as
sentence-transformers does. Nothing here runs a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import EncoderError

__all__ = ["SentenceSettings", "read_json", "read_settings"]


@dataclass(frozen=True)
class SentenceSettings:
    """How texts become token sequences, and token states one vector.

    Attributes:
        pooling: "mean", "cls" or "max"; several are laid end to end, in this order.
        query_prefix: Put before every query.
        passage_prefix: Put before every passage.
        max_tokens: Longest sequence, special tokens included; what goes beyond is cut off.
        lower_case: Whether texts are lower-cased before the tokenizer sees them.
    """

    pooling: tuple[str, ...] = ("mean",)
    query_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = 512
    lower_case: bool = False


# Modules of sentence-transformers that this package does itself. Normalising changes
# nothing: our rows always have unit length.
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")

# Older pooling configurations: a switch per way, in the order in which parts are laid.
_POOLING_SWITCHES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_KNOWN_POOLING = ("cls", "max", "mean")

# Models that were trained with prefixes, whose folders do not say so: pattern of the name
# (or folder's name), query prefix, passage prefix. From their model cards.
_TRAINED_PREFIXES = (
    (r"(multilingual-)?e5-(small|base|large)(-v2)?", "query: ", "passage: "),
    (
        r"bge-(small|base|large)-en(-v1\.5)?",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
)

# Their positions are counted from the padding id on, so fewer are left for tokens.
_OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet"})

# Stands for "no limit" in tokenizer_config.json when it is larger than this.
_LONGEST = 1_000_000
_ANY_LENGTH = 512


def read_settings(
    folder: Path, *, query_prefix: str | None = None, passage_prefix: str | None = None
) -> SentenceSettings:
    """Read an encoder's folder.

    Args:
        folder: Of a Hugging Face model, with or without sentence-transformers' files.
        query_prefix: Instead of what the folder says; None takes that.
        passage_prefix: Likewise.

    Raises:
        EncoderError: A file is broken, or asks for something that isn't supported.
    """
    pooling: tuple[str, ...] = ("mean",)
    transformer = folder
    for kind, part in _modules(folder):
        if kind == "Transformer":
            transformer = part
        elif kind == "Pooling":
            pooling = _pooling(part / "config.json")
    first = read_json(transformer / "sentence_bert_config.json") or {}
    prefixes = _prefixes(folder)
    return SentenceSettings(
        pooling=pooling,
        query_prefix=prefixes[0] if query_prefix is None else query_prefix,
        passage_prefix=prefixes[1] if passage_prefix is None else passage_prefix,
        max_tokens=_max_tokens(folder, first),
        lower_case=bool(first.get("do_lower_case", False)),
    )


def read_json(path: Path) -> Any:
    """Read a JSON file of an encoder's folder; None if it isn't there.

    Raises:
        EncoderError: It can't be read or isn't JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"cannot read {str(path)!r} ({error}); copy the encoder's folder again"
        ) from error


def _modules(folder: Path) -> list[tuple[str, Path]]:
    """Return (class name, folder) of each sentence-transformers module, in order."""
    path = folder / "modules.json"
    listed = read_json(path)
    if listed is None:
        return []
    found = []
    for module in listed if isinstance(listed, list) else [listed]:
        kind = str(module.get("type", "")) if isinstance(module, dict) else repr(module)
        kind = kind.rsplit(".", 1)[-1]
        if kind not in _KNOWN_MODULES:
            raise EncoderError(
                f"{str(path)!r}: module {kind!r} is not supported, expected only "
                f"{', '.join(_KNOWN_MODULES)}; choose another encoder"
            )
        found.append((kind, folder / str(module.get("path", ""))))
    return found


def _pooling(path: Path) -> tuple[str, ...]:
    config = read_json(path)
    if not isinstance(config, dict):
        raise EncoderError(f"{str(path)!r} holds no pooling settings; copy the folder again")
    given = config.get("pooling_mode")
    if given is None:
        given = [way for key, way in _POOLING_SWITCHES.items() if config.get(key)] or ["mean"]
    ways = (given,) if isinstance(given, str) else tuple(given)
    for way in ways:
        if way not in _KNOWN_POOLING:
            raise EncoderError(
                f"{str(path)!r}: pooling {way!r} is not supported, expected one of "
                f"{', '.join(_KNOWN_POOLING)}; choose another encoder"
            )
    if config.get("include_prompt", True) is False:
        raise EncoderError(
            f"{str(path)!r}: pooling without the prompt's tokens is not supported; "
            "choose another encoder"
        )
    return ways


def _prefixes(folder: Path) -> tuple[str, str]:
    """Return the prefixes of queries and of passages."""
    config = read_json(folder / "config_sentence_transformers.json")
    prompts = config.get("prompts") if isinstance(config, dict) else None
    if isinstance(config, dict) and isinstance(prompts, Mapping) and any(prompts.values()):
        other = str(prompts.get(config.get("default_prompt_name")) or "")
        # The names that sentence-transformers' encode_query and encode_document look for.
        query = prompts.get("query", other)
        passage = next(
            (prompts[name] for name in ("document", "passage", "corpus") if name in prompts), other
        )
        return str(query or ""), str(passage or "")
    for pattern, query_prefix, passage_prefix in _TRAINED_PREFIXES:
        if re.fullmatch(pattern, _model_name(folder), re.IGNORECASE):
            return query_prefix, passage_prefix
    return "", ""


def _model_name(folder: Path) -> str:
    """Return the model's name: the folder's, or the repository's in the Hugging Face cache."""
    for part in (folder, *folder.parents):
        if part.name.startswith("models--"):
            return part.name.rsplit("--", 1)[-1]
    return folder.name


def _max_tokens(folder: Path, first: Mapping[str, Any]) -> int:
    """Return the smallest of the limits that the files name."""
    model = read_json(folder / "config.json") or {}
    tokenizer = read_json(folder / "tokenizer_config.json") or {}
    positions = model.get("max_position_embeddings")
    if isinstance(positions, int) and model.get("model_type") in _OFFSET_POSITIONS:
        positions -= int(model.get("pad_token_id") or 0) + 1
    limits = [
        limit
        for limit in (first.get("max_seq_length"), tokenizer.get("model_max_length"), positions)
        if isinstance(limit, int) and 0 < limit < _LONGEST
    ]
    return min(limits, default=_ANY_LENGTH)
