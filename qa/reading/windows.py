"""Question and passage → windows of tokens that a BERT-family encoder reads.

A window is `[CLS] question [SEP] slice of the passage [SEP]`, or with RoBERTa's signs
`<s> question </s></s> slice of the passage </s>`. A passage that is longer than a window is cut
into overlapping slices. Training and inference share this file, so both see the same tokens.
Offsets are half-open code points of the passage's text; token indices never leave `qa`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import ReaderError

if TYPE_CHECKING:
    import torch

__all__ = [
    "MAX_QUESTION_TOKENS",
    "EncodedText",
    "SpecialTokens",
    "TextEncoding",
    "TextTokenizer",
    "Window",
    "cut_windows",
    "encode_question",
    "encode_text",
    "encode_texts",
    "load_tokenizer",
    "make_windows",
    "span_margin",
    "special_tokens",
    "stack_windows",
    "text_around",
]

MAX_QUESTION_TOKENS = 64
"""Longer questions are cut here: what follows rarely changes the answer."""

_PAD_MULTIPLE = 32

# First, between and last, padding; and how many stand between.
_SPECIAL_TOKENS = {
    "bert": (("[CLS]", "[SEP]", "[PAD]"), 1),
    "roberta": (("<s>", "</s>", "<pad>"), 2),
}


class TextEncoding(Protocol):
    """What a tokenizer makes of a text."""

    @property
    def ids(self) -> list[int]:
        """(tokens,) rows of the vocabulary."""
        ...

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """(tokens,) half-open code points of the text."""
        ...


class TextTokenizer(Protocol):
    """The part of `tokenizers.Tokenizer` that windows are made with."""

    def encode(self, text: str, *, add_special_tokens: bool) -> TextEncoding:
        """Tokenise a text."""
        ...

    def encode_batch(self, texts: list[str], *, add_special_tokens: bool) -> Sequence[TextEncoding]:
        """Tokenise several."""
        ...

    def token_to_id(self, token: str) -> int | None:
        """Return a token's id, or None if it has none."""
        ...


@dataclass(frozen=True)
class SpecialTokens:
    """Ids of the tokens around question and passage.

    Attributes:
        cls: Stands first; "no answer" points at it.
        sep: Stands between the two, and last.
        pad: Fills rows of a batch.
        n_between: How many `sep` stand between the two.
    """

    cls: int
    sep: int
    pad: int
    n_between: int = 1

    def __len__(self) -> int:
        """Return how many there are in a window."""
        return 2 + self.n_between


@dataclass(frozen=True)
class EncodedText:
    """A text as token ids with the code points each token covers, no special tokens.

    Attributes:
        ids: (tokens,)
        offsets: (tokens,) half-open `[start, end)` into the text.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True)
class Window:
    """What the encoder reads at once.

    Attributes:
        input_ids: (tokens,) with special tokens, without padding.
        type_ids: (tokens,) 0 for the question's part, 1 for the passage's.
        offsets: (tokens,) half-open code points of the passage's text; `(0, 0)` for
            tokens that don't belong to the passage.
        passage_start: Index of the passage's first token in this window.
        passage_end: One past its last; equal to `passage_start` for an empty passage.
        starts_here: (tokens,) True where an answer that starts at this token should be
            taken from this window: of all windows that hold the token, this one shows
            the most text on its poorer side. Exactly one window claims each token.
    """

    input_ids: list[int]
    type_ids: list[int]
    offsets: list[tuple[int, int]]
    passage_start: int
    passage_end: int
    starts_here: list[bool]

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.input_ids)


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load `tokenizer.json` with its own truncation and padding switched off.

    Args:
        folder: A model's folder.

    Raises:
        ReaderError: There is no readable `tokenizer.json` in it.
    """
    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        msg = (
            f"Can't read the tokenizer {str(path)!r}: {error}. Expected a model folder with a "
            "tokenizer.json, as transformers' save_pretrained() writes it."
        )
        raise ReaderError(msg) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def special_tokens(
    tokenizer: TextTokenizer, family: Literal["bert", "roberta"] = "bert"
) -> SpecialTokens:
    """Look up the ids of `[CLS]`, `[SEP]` and `[PAD]`, or of `<s>`, `</s>` and `<pad>`.

    MPNet's vocabulary holds both; a model is to be read with those it was trained with.

    Raises:
        ReaderError: The vocabulary isn't of that family.
    """
    names, n_between = _SPECIAL_TOKENS[family]
    cls, sep, pad = (tokenizer.token_to_id(token) for token in names)
    if cls is None or sep is None or pad is None:
        msg = (
            f"The tokenizer lacks {names[0]}, {names[1]} or {names[2]} (found ids "
            f"{(cls, sep, pad)!r}). Expected an encoder of {family.upper()}'s family with a "
            "WordPiece vocabulary."
        )
        raise ReaderError(msg)
    return SpecialTokens(cls, sep, pad, n_between)


def encode_text(tokenizer: TextTokenizer, text: str) -> EncodedText:
    """Tokenise a passage's text; done once per passage, for all questions."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return EncodedText(encoding.ids, encoding.offsets)


def encode_texts(tokenizer: TextTokenizer, texts: Sequence[str]) -> list[EncodedText]:
    """Tokenise many texts, using the library's own threads."""
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [EncodedText(encoding.ids, encoding.offsets) for encoding in encodings]


def encode_question(tokenizer: TextTokenizer, question: str) -> list[int]:
    """Tokenise a question, cut after `MAX_QUESTION_TOKENS`."""
    ids: list[int] = tokenizer.encode(question, add_special_tokens=False).ids
    return ids[:MAX_QUESTION_TOKENS]


def cut_windows(
    question_ids: Sequence[int],
    text: EncodedText,
    *,
    special: SpecialTokens,
    max_tokens: int,
    stride_tokens: int,
) -> list[Window]:
    """Join question and passage and cut them into windows.

    Args:
        question_ids: From `encode_question`.
        text: From `encode_text`.
        special: From `special_tokens`.
        max_tokens: Longest window, special tokens and question included.
        stride_tokens: Passage tokens that two neighbouring windows share.

    Returns:
        At least one window, in the order of the passage.

    Raises:
        ReaderError: The windows leave no room for the passage beside the question.
    """
    room = max_tokens - len(question_ids) - len(special)
    if stride_tokens < 0 or room <= stride_tokens:
        msg = (
            f"Windows of {max_tokens!r} tokens with a stride of {stride_tokens!r} leave {room} "
            f"tokens for the passage beside a question of {len(question_ids)}. Expected more "
            "room than the stride: raise max_tokens or lower stride_tokens."
        )
        raise ReaderError(msg)
    n_tokens = len(text.ids)
    slices = [(0, min(room, n_tokens))]
    while slices[-1][1] < n_tokens:
        start = slices[-1][0] + room - stride_tokens
        slices.append((start, min(start + room, n_tokens)))
    owners = _owners(slices, n_tokens)
    prefix = [special.cls, *question_ids, *[special.sep] * special.n_between]
    n_prefix = len(prefix)
    windows = []
    for number, (start, end) in enumerate(slices):
        n_passage = end - start
        windows.append(
            Window(
                input_ids=[*prefix, *text.ids[start:end], special.sep],
                type_ids=[0] * n_prefix + [1] * (n_passage + 1),
                offsets=[(0, 0)] * n_prefix + text.offsets[start:end] + [(0, 0)],
                passage_start=n_prefix,
                passage_end=n_prefix + n_passage,
                starts_here=[False] * n_prefix
                + [owner == number for owner in owners[start:end]]
                + [False],
            )
        )
    return windows


def text_around(text: EncodedText, start: int, end: int, room: int) -> EncodedText:
    """Return what stands around a place, and all of what leads the passage.

    Args:
        text: A passage's; tokens that belong to none of it have the offsets (0, 0) and lead it.
        start: First code point of the place in the passage's text.
        end: One past the last.
        room: Tokens of the passage to keep, the place's in their middle.
    """
    n_lead = next((n for n, place in enumerate(text.offsets) if place[1]), len(text.ids))
    first = bisect_right(text.offsets, start, lo=n_lead, key=itemgetter(1))
    last = bisect_left(text.offsets, end, lo=n_lead, key=itemgetter(0))
    begin = max(n_lead, min((first + last - room) // 2, len(text.ids) - room))
    kept = slice(begin, begin + room)
    return EncodedText(
        text.ids[:n_lead] + text.ids[kept], text.offsets[:n_lead] + text.offsets[kept]
    )


def span_margin(window: Window, logits: NDArray[np.float32], start: int, end: int) -> float | None:
    """Return a span's score over "no answer" in one window; None if it isn't all in there.

    Args:
        window: Holds the span, or not.
        logits: (2, tokens) of starts and ends.
        start: First code point of the span in the passage's text.
        end: One past the last.
    """
    touched = [
        n
        for n, (begin, stop) in enumerate(window.offsets)
        if begin < end and start < stop  # never those that belong to no passage
    ]
    if not touched:
        return None
    first, last = touched[0], touched[-1]
    if window.offsets[first][0] > start or window.offsets[last][1] < end:
        return None
    return float(logits[0, first] + logits[1, last] - logits[0, 0] - logits[1, 0])


def make_windows(
    tokenizer: TextTokenizer,
    question: str,
    text: str,
    *,
    max_tokens: int,
    stride_tokens: int,
) -> list[Window]:
    """Tokenise a question and a passage and cut them into windows.

    Args:
        tokenizer: From `load_tokenizer`: no truncation, no padding.
        question: Cut after `MAX_QUESTION_TOKENS` tokens.
        text: The passage's text, which the windows' offsets count in.
        max_tokens: Longest window, special tokens and question included.
        stride_tokens: Passage tokens that two neighbouring windows share.

    Returns:
        At least one window, in the order of the passage.

    Raises:
        ReaderError: No room for the passage, or not a tokenizer of BERT's kind.
    """
    return cut_windows(
        encode_question(tokenizer, question),
        encode_text(tokenizer, text),
        special=special_tokens(tokenizer),
        max_tokens=max_tokens,
        stride_tokens=stride_tokens,
    )


def _owners(slices: Sequence[tuple[int, int]], n_tokens: int) -> list[int]:
    """Return, for each token, the slice that shows most text on its poorer side."""
    owners = [0] * n_tokens
    best = [-1] * n_tokens
    for number, (start, end) in enumerate(slices):
        for token in range(start, end):
            shown = min(token - start, end - 1 - token)
            if shown > best[token]:
                best[token] = shown
                owners[token] = number
    return owners


def stack_windows(
    windows: Sequence[Window], special: SpecialTokens, *, multiple: int = _PAD_MULTIPLE
) -> dict[str, torch.Tensor]:
    """Pad windows to one length, a multiple of `multiple` so that shapes repeat.

    Returns:
        `input_ids`, `token_type_ids`, `attention_mask` (1 = real token) and
        `allowed` (True = passage token), each (batch, tokens).
    """
    import torch

    longest = max(len(window) for window in windows)
    n_tokens = -(-longest // multiple) * multiple
    shape = (len(windows), n_tokens)
    input_ids = np.full(shape, special.pad, dtype=np.int64)
    type_ids = np.zeros(shape, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    allowed = np.zeros(shape, dtype=np.bool_)
    for row, window in enumerate(windows):
        n = len(window)
        input_ids[row, :n] = window.input_ids
        type_ids[row, :n] = window.type_ids
        mask[row, :n] = 1
        allowed[row, window.passage_start : window.passage_end] = True
    return {
        "input_ids": torch.from_numpy(input_ids),
        "token_type_ids": torch.from_numpy(type_ids),
        "attention_mask": torch.from_numpy(mask),
        "allowed": torch.from_numpy(allowed),
    }
