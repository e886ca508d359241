"""Answering: a reader quotes passages, a calibration decides, a citation proves it.

    from qa import OpenBook
    OpenBook.open("kb").ask("How do I reset my password?", roles={"staff"})

Imports nothing heavy before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.openbook import OpenBook
    from qa.registry import load_reader
    from qa.types import Answer, Reader, Refusal, Result, Snippet
    from qa.wire import to_json

__all__ = [
    "Answer",
    "OpenBook",
    "Reader",
    "Refusal",
    "Result",
    "Snippet",
    "load_reader",
    "to_json",
]

_HOMES = {
    "Answer": "qa.types",
    "OpenBook": "qa.openbook",
    "Reader": "qa.types",
    "Refusal": "qa.types",
    "Result": "qa.types",
    "Snippet": "qa.types",
    "load_reader": "qa.registry",
    "to_json": "qa.wire",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
