"""Sentence encoders: texts to unit vectors, and the tokens that passages are measured in.

The default, all-MiniLM-L6-v2, comes with the installation and needs no network. Any other
Hugging Face encoder works by name or folder: BERT and MPNet models through `bert/`, others through
`transformers`, which is imported only then. Prefixes, pooling and length come from the
model's own files (`sentence_settings.py`).

Not here: what is done with the vectors (`dense.py`), and keeping them between runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.encoding.folder import (
    DEFAULT_ENCODER,
    content_hash,
    find_encoder,
    load_tokenizer,
)
from retrieval.encoding.measuring import token_starts
from retrieval.errors import EncoderError
from retrieval.passages.sentence_settings import SentenceSettings, read_json, read_settings
from retrieval.types import Matrix, Passage

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

__all__ = ["DEFAULT_ENCODER", "SentenceEncoder", "embedding_text", "load_encoder"]

# Texts tokenised together, between two calls of `progress`: about a second of work.
_TEXTS_AT_ONCE = 256


def embedding_text(passage: Passage) -> str:
    """Return what of a passage is encoded: title, heading path, table header and text, a line each.

    Without title and headings the same text encodes alone:

        Connect to the VPN
        Windows > First time
        Open the client. Sign in with your token.
    """
    lines = (passage.title, " > ".join(passage.headings), passage.table_header, passage.text)
    return "\n".join(line for line in lines if line)


class Backbone(Protocol):
    """A model that turns token sequences into states, some sequences at a time."""

    @property
    def hidden_size(self) -> int:
        """Length of a token's state."""
        ...

    def chunks(
        self, input_ids: Sequence[Sequence[int]]
    ) -> Iterator[tuple[list[int], torch.Tensor]]:
        """Yield which sequences, and their states one behind the other (tokens, hidden)."""
        ...


class SentenceEncoder:
    """Encodes queries and passages as unit vectors (see types.Encoder). Immutable.

    Make one with `load_encoder`. Safe across threads.
    """

    def __init__(
        self,
        name: str,
        *,
        backbone: Backbone,
        tokenizer: Tokenizer,
        settings: SentenceSettings,
        content: Future[str],
    ) -> None:
        """Join the parts.

        Args:
            name: What to call the encoder.
            backbone: The model.
            tokenizer: The model's own.
            settings: How to pool, prefix and cut.
            content: The hash of the files, perhaps still being worked out.
        """
        self._name = name
        self._backbone = backbone
        self._settings = settings
        self._content = content
        self._dim = backbone.hidden_size * len(settings.pooling)
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(settings.max_tokens)

    @property
    def id(self) -> str:
        """Name and content hash: `all-MiniLM-L6-v2@1f2e3d4c5b6a`."""
        return f"{self._name}@{self._content.result()[:12]}"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def max_tokens(self) -> int:
        """Longest sequence, special tokens included; what goes beyond is not encoded."""
        return self._settings.max_tokens

    @property
    def settings(self) -> SentenceSettings:
        """How texts are prefixed, cut and pooled."""
        return self._settings

    def knows(self, word: str) -> bool:
        """Say whether a word in small letters is one token, not pieced together."""
        # Byte-level and SentencePiece tokenizers mark where a word starts.
        starts = ("", "\u0120", "\u2581")
        return any(self._tokenizer.token_to_id(start + word) is not None for start in starts)

    def encode_queries(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Matrix:
        """Encode queries, with the model's query prefix.

        Args:
            texts: Any text, also an empty one.
            progress: Called with (texts done, texts in all) every second or so.

        Returns:
            (n, dim) float32, rows of unit length, in the order given.

        Raises:
            EncoderError: The model gives numbers that aren't finite.
        """
        return self._encode(texts, self._settings.query_prefix, progress)

    def encode_passages(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Matrix:
        """Encode passages (see `embedding_text`), with the model's passage prefix.

        Args:
            texts: As for `encode_queries`.
            progress: Likewise.

        Returns:
            Likewise.

        Raises:
            EncoderError: Likewise.
        """
        return self._encode(texts, self._settings.passage_prefix, progress)

    def encode_query_layers(self, texts: Sequence[str], n_layers: int) -> NDArray[np.float32]:
        """Encode queries by each of the model's last layers: for learning from the vectors.

        The last layer of a sentence encoder is bent towards paraphrase; the ones before it
        keep more of the words.

        Args:
            texts: As for `encode_queries`.
            n_layers: How many layers; fewer come back from a model that shows fewer.

        Returns:
            (n, layers, dim) float32, each vector of unit length, the last layer first: row
            `[i, 0]` is what `encode_queries` returns.

        Raises:
            EncoderError: As for `encode_queries`.
        """
        from retrieval.encoding.bert import PackedBert

        backbone = self._backbone
        if not isinstance(backbone, PackedBert):
            return self.encode_queries(texts)[:, None, :]
        n_layers = max(1, min(n_layers, backbone.shape.layers))
        vectors = np.empty((len(texts), n_layers, self._dim), np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            block = texts[start : start + _TEXTS_AT_ONCE]
            ids = self._token_ids(self._settings.query_prefix, block)
            for members, layers in backbone.layered_chunks(ids, n_layers):
                lengths = [len(ids[i]) for i in members]
                places = [start + i for i in members]
                for depth, states in enumerate(reversed(layers)):
                    vectors[places, depth] = _pool(states, lengths, self._settings.pooling)
        self._check_finite(vectors)
        return _normalise(vectors.reshape(-1, self._dim)).reshape(vectors.shape)

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Return the code-point offset at which each token of a text starts, ascending.

        Meant for measuring: special tokens are left out, and a word too long for the
        tokenizer counts as several tokens. Near places where a text without white space is
        sliced, tokens may differ from the encoder's.
        """
        return token_starts(self._ruler, text)

    @cached_property
    def _ruler(self) -> Tokenizer:
        """A copy that cuts nothing off; made when first needed, which `ask` never does."""
        ruler = type(self._tokenizer).from_str(self._tokenizer.to_str())
        ruler.no_truncation()
        return ruler

    def _encode(
        self, texts: Sequence[str], prefix: str, progress: Callable[[int, int], None] | None
    ) -> Matrix:
        vectors = np.empty((len(texts), self._dim), np.float32)
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            block = texts[start : start + _TEXTS_AT_ONCE]
            rows = vectors[start : start + len(block)]
            ids = self._token_ids(prefix, block)
            for members, states in self._backbone.chunks(ids):
                lengths = [len(ids[i]) for i in members]
                rows[members] = _pool(states, lengths, self._settings.pooling)
            if progress is not None:
                progress(start + len(block), len(texts))
        self._check_finite(vectors)
        return _normalise(vectors)

    def _check_finite(self, vectors: NDArray[np.float32]) -> None:
        if not np.isfinite(vectors).all():
            finite = np.isfinite(vectors).reshape(len(vectors), -1).all(axis=1)
            row = int(np.flatnonzero(~finite)[0])
            raise EncoderError(
                f"encoder {self._name!r} gives NaN or infinity for text {row}; expected finite "
                "numbers. Its weights are damaged: copy its folder again"
            )

    def _token_ids(self, prefix: str, texts: Sequence[str]) -> list[list[int]]:
        # sentence-transformers strips and lower-cases likewise, the prefix included.
        whole = [f"{prefix}{text}".strip() for text in texts]
        if self._settings.lower_case:
            whole = [text.lower() for text in whole]
        encodings = self._tokenizer.encode_batch_fast(whole)
        # A tokenizer without special tokens makes nothing of an empty text.
        return [encoding.ids or [0] for encoding in encodings]


def load_encoder(
    name_or_folder: str = DEFAULT_ENCODER,
    *,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
    query_prefix: str | None = None,
    passage_prefix: str | None = None,
) -> SentenceEncoder:
    """Load a sentence encoder.

    Args:
        name_or_folder: A folder; "all-MiniLM-L6-v2"; or a name on the Hugging Face hub, taken
            from the local cache if it is there.
        precision: How BERT models multiply; "auto" is bfloat16 where the processor does it
            natively. Vectors differ by less than one in a thousand, so the id stays the same.
        query_prefix: Instead of the model's own.
        passage_prefix: Likewise.

    Raises:
        EncoderError: The encoder can't be found, fetched or read, or isn't supported.
    """
    name, folder = find_encoder(name_or_folder)
    settings = read_settings(folder, query_prefix=query_prefix, passage_prefix=passage_prefix)
    # Reading 90 MB for their hash takes 0.1 s: done while torch is imported.
    worker = ThreadPoolExecutor(1, "encoder-hash")
    content = worker.submit(content_hash, folder, settings)
    worker.shutdown(wait=False)
    tokenizer = load_tokenizer(folder)
    backbone = _load_backbone(folder, precision)
    return SentenceEncoder(
        name, backbone=backbone, tokenizer=tokenizer, settings=settings, content=content
    )


def _load_backbone(
    folder: Path, precision: Literal["auto", "float32", "bfloat16"] = "auto"
) -> Backbone:
    config = read_json(folder / "config.json")
    from retrieval.encoding.bert import ARCHITECTURES, PackedBert

    if isinstance(config, dict) and config.get("model_type", "bert") not in ARCHITECTURES:
        from retrieval.encoding.transformers_backbone import TransformersBackbone

        return TransformersBackbone.load(folder)
    return PackedBert.load(folder, dtype=precision)


def _pool(states: torch.Tensor, lengths: Sequence[int], ways: Sequence[str]) -> NDArray[np.float32]:
    """Pool (tokens, hidden) states of sequences to (sequences, hidden * ways)."""
    import torch

    with torch.inference_mode():
        sizes = torch.tensor(lengths)
        parts = []
        for way in ways:
            if way == "cls":
                parts.append(states.index_select(0, sizes.cumsum(0) - sizes).float())
            else:
                parts.append(torch.segment_reduce(states.float(), way, lengths=sizes, axis=0))
        pooled: NDArray[np.float32] = torch.cat(parts, 1).numpy()
    return pooled


def _normalise(vectors: Matrix) -> Matrix:
    """Bring rows to unit length, in place; a row of zeros becomes the first unit vector."""
    # Squares of float32 may overflow or vanish: the largest entry is taken out first.
    largest = np.abs(vectors).max(axis=1, initial=0.0, keepdims=True)
    vectors[largest[:, 0] == 0, :1] = 1.0
    vectors /= np.where(largest == 0, 1.0, largest)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
