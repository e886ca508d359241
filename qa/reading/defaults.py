"""Defaults that the command line shows in its help, where nothing heavy may be imported."""

from __future__ import annotations

__all__ = ["DEFAULT_READER", "DEFAULT_TOP_K"]

DEFAULT_READER = "bert"
"""The reader that ships with the package."""

DEFAULT_TOP_K = 10
"""Passages read per question."""
