"""Defaults that the command line shows in its help, where nothing heavy may be imported."""

from __future__ import annotations

__all__ = ["DEFAULT_READER", "DEFAULT_TOP_K", "SMALL_READER"]

DEFAULT_READER = "checked"
"""Answers are read by the small reader and checked by the large one."""

SMALL_READER = "bert"
"""The one that reads every passage; what `evaluate reader` scores where none is named."""

DEFAULT_TOP_K = 10
"""Passages read per question."""
