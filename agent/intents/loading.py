"""Load a trained classifier, whichever kind it is."""

from __future__ import annotations

from pathlib import Path

from agent.errors import IntentError
from agent.intents.features import QueryEncoder
from agent.intents.head import KIND as HEAD
from agent.intents.head import HeadClassifier
from agent.intents.storage import kind_of
from agent.types import IntentClassifier

__all__ = ["load_classifier"]

_FINE_TUNED = "fine-tuned"


def load_classifier(folder: Path, *, encoder: QueryEncoder | None = None) -> IntentClassifier:
    """Load what `frontdesk train intents` wrote.

    Args:
        folder: Its folder.
        encoder: The frozen encoder of a head, if one is loaded already; None loads the
            default encoder. A fine-tuned classifier brings its own.

    Raises:
        IntentError: There is none, it is damaged, or it needs another encoder.
    """
    kind = kind_of(folder)
    if kind == HEAD:
        if encoder is None:
            from retrieval.encoding.encoder import load_encoder

            encoder = load_encoder()
        return HeadClassifier.load(folder, encoder)
    if kind == _FINE_TUNED:
        from agent.intents.finetuned import FineTunedClassifier

        return FineTunedClassifier.load(folder)
    raise IntentError(
        f"{str(folder)!r} holds an intent classifier of unknown kind {kind!r}; "
        f"expected {HEAD!r} or {_FINE_TUNED!r}. Train it again with this version"
    )
