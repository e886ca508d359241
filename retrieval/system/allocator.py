"""Keep freed memory inside the process: glibc's allocator hands it back too eagerly.

A transformer frees and asks again for the same large blocks at every step. glibc serves
blocks above a threshold straight from the kernel and returns them when freed, so each
step pays for zeroing its pages anew: reading and training run two to five times slower
than the arithmetic. Raising the thresholds once, before the first large allocation,
keeps the blocks on the heap. See mallopt(3).
"""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

# Parameter numbers of <malloc.h>.
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3

# glibc refuses a larger mapping threshold than half a heap: 32 MiB on 64-bit machines.
# Batches stay below that; what is larger is rare enough to be mapped.
_MAX_MMAP_THRESHOLD_BYTES = 1 << 25
_TRIM_THRESHOLD_BYTES = (1 << 31) - 1
_TOP_PAD_BYTES = 1 << 26

_state: dict[str, bool] = {}


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed memory; call it before the first forward pass.

    Returns:
        True where the allocator took the settings; False on other C libraries
        (musl, macOS, Windows), where nothing is changed. Calling it again is free.
    """
    if "kept" not in _state:
        _state["kept"] = _set_thresholds()
    return _state["kept"]


def _set_thresholds() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  (absent from musl)
        mallopt = library.mallopt
    except (AttributeError, OSError):
        return False
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    mallopt.restype = ctypes.c_int
    # mallopt returns 1 where a setting was accepted.
    return all(
        (
            # The largest value first: older glibc versions have no limit, newer ones do.
            mallopt(_M_MMAP_THRESHOLD, 1 << 30)
            or mallopt(_M_MMAP_THRESHOLD, _MAX_MMAP_THRESHOLD_BYTES),
            mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES),
            mallopt(_M_TOP_PAD, _TOP_PAD_BYTES),
        )
    )
