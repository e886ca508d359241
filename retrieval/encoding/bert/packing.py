"""How sequences of any lengths lie in memory: chunks of tokens, and groups that attend.

A chunk goes through all layers together, its sequences one behind the other without padding.
Within it, a group of neighbours of nearly one length shares an attention call on a padded grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

__all__ = ["CHUNK_TOKENS", "Group", "rounded", "split_chunks", "split_groups"]

# Tokens that go through all layers together. At 1024 the widest activation (1536 columns,
# bfloat16) is 3 MB; from 512 to 2048 the rate differs by little, above it falls.
CHUNK_TOKENS = 1024

# Sequences share an attention call when the shortest has at least this part of the
# longest's length, or lacks at most this many tokens: padding in attention is then cheaper
# than another call.
_GROUP_RATIO = 0.85
_GROUP_SLACK = 8

# (rows, step): numbers up to `rows` are rounded up to a multiple of `step`. A new shape costs
# six kernels, together more than twice the pass over a short message; finer steps make more
# shapes than a server's bounded cache holds, coarser ones more rows without a token.
_STEPS = ((128, 16), (512, 32))
_LARGEST_STEP = 64


def rounded(rows: int) -> int:
    """Return the number of rows that stands for this one, so that few different ones occur.

    >>> [rounded(rows) for rows in (1, 16, 17, 130, 1000)]
    [16, 16, 32, 160, 1024]
    """
    step = next((step for most, step in _STEPS if rows <= most), _LARGEST_STEP)
    return -(-rows // step) * step


@dataclass(frozen=True)
class Group:
    """Neighbouring sequences of a chunk that share one attention call.

    Attributes:
        start: First token of the group in the chunk.
        end: One past its last row in the chunk, spare ones included.
        lengths: Tokens of each sequence, longest first.
        places: Columns of the padded grid: the longest length, rounded up.
        padded: (sequences * places,) token of the chunk for each place of the padded grid;
            None if the tokens already lie as a grid.
        real: (end - start,) place in the padded grid of each token; None likewise.
        short: (first row, end row, length) of each run of rows with less than `places` tokens.
    """

    start: int
    end: int
    lengths: tuple[int, ...]
    places: int
    padded: Tensor | None
    real: Tensor | None
    short: tuple[tuple[int, int, int], ...]

    @classmethod
    def make(cls, start: int, lengths: Sequence[int], spare: int = 0) -> Group:
        """Lay out sequences of the given lengths (longest first) from token `start` on.

        Args:
            start: First token.
            lengths: Of the sequences.
            spare: Rows behind the last token that hold none; they get finite numbers.
        """
        places, end = rounded(lengths[0]), start + sum(lengths) + spare
        edges = [0, *(i for i in range(1, len(lengths)) if lengths[i] != lengths[i - 1])]
        runs = [(a, b, lengths[a]) for a, b in pairwise([*edges, len(lengths)])]
        short = tuple(run for run in runs if run[2] < places)
        if len(lengths) * places == end - start and (not short or len(lengths) == 1):
            return cls(start, end, tuple(lengths), places, None, None, short)
        # (sequences, places)
        sizes = torch.tensor(lengths).unsqueeze(1)
        first = torch.cumsum(sizes, 0) - sizes + start
        column = torch.arange(places).unsqueeze(0)
        is_real = column < sizes
        # Padding repeats the sequence's first token: finite numbers that are masked anyway.
        padded = torch.where(is_real, first + column, first).flatten()
        real = is_real.flatten().nonzero().squeeze(1)
        if spare:
            real = torch.cat([real, real[-1:].expand(spare)])
        return cls(start, end, tuple(lengths), places, padded, real, short)


def split_groups(lengths: Sequence[int]) -> list[Group]:
    """Split a chunk's sequences (longest first) into groups of nearly one length.

    The last group has the chunk's spare rows: it ends at the chunk's number of rows, which is
    that of its tokens, rounded up.
    """
    spare = rounded(sum(lengths)) - sum(lengths)
    groups: list[Group] = []
    first = token = 0
    for i in range(1, len(lengths) + 1):
        if i < len(lengths):
            longest = lengths[first]
            if lengths[i] >= min(longest * _GROUP_RATIO, longest - _GROUP_SLACK):
                continue
        groups.append(Group.make(token, lengths[first:i], spare if i == len(lengths) else 0))
        token = groups[-1].end
        first = i
    return groups


def split_chunks(lengths: Sequence[int]) -> list[list[int]]:
    """Split sequences, longest first, into chunks of about `CHUNK_TOKENS` tokens.

    Returns:
        Chunks of indices into `lengths`. A longer sequence is a chunk of its own.
    """
    chunks: list[list[int]] = []
    filled = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if not chunks or filled + lengths[i] > CHUNK_TOKENS:
            chunks.append([])
            filled = 0
        chunks[-1].append(i)
        filled += lengths[i]
    return chunks
