"""Keeps a server's memory flat: what torch's kernels remember is bounded.

oneDNN, and the layer between it and torch, keep compiled kernels for every shape that they
have met, 1,024 each, the latter on every thread. Shared batches of text have many shapes: a
server grew by ten megabytes a question for its first hundred, to more than a gigabyte.

So few are enough because the encoder rounds its numbers of rows
(`retrieval/encoding/bert/packing.py`): the second time round, 174 scripted messages of
27 lengths had none compiled with these bounds, instead of 556, and ten questions with ten
passages each 26 instead of 252. After 100 messages
of ever new words and lengths the encoder's process held as much as after 2,000: 189 MB.
"""

from __future__ import annotations

import os

__all__ = ["bound_kernel_caches"]

_BOUNDS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64", "LRU_CACHE_CAPACITY": "24"}


def bound_kernel_caches() -> None:
    """Set the bounds, unless the environment does.

    They are read once: call this before torch is imported.
    """
    for name, bound in _BOUNDS.items():
        os.environ.setdefault(name, bound)
