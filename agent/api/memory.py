"""Keeps a server's memory flat: what torch's kernels remember is bounded.

oneDNN, and the layer between it and torch, keep compiled kernels for every shape that they
have met, 1,024 each, the latter on every thread. Batches of text have ever new shapes: a
server grew by ten megabytes a question for its first hundred, to more than a gigabyte. On
one thread, with 64 of each, forty questions left 348 MB instead of 720, and took 158 ms of a
core each instead of 130.
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
