"""Intents: which of a closed list of things a message asks for, or none of them.

    from agent.intents import train_intents
    classifier = train_intents(examples, encoder=load_encoder())
    classifier.classify(["where is my parcel?"])[0].intent

Imports nothing heavy before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.intents.cache import load_or_train
    from agent.intents.finetuned import FineTunedClassifier
    from agent.intents.head import HeadClassifier
    from agent.intents.loading import load_classifier
    from agent.intents.training import train_intents

__all__ = [
    "FineTunedClassifier",
    "HeadClassifier",
    "load_classifier",
    "load_or_train",
    "train_intents",
]

_HOMES = {
    "FineTunedClassifier": "agent.intents.finetuned",
    "HeadClassifier": "agent.intents.head",
    "load_classifier": "agent.intents.loading",
    "load_or_train": "agent.intents.cache",
    "train_intents": "agent.intents.training",
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
