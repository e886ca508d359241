"""Trained heads kept between starts, by all that they depend on.

Training takes seconds, but an agent starts often. The cache is one folder a head, named by
a hash of examples, background, encoder and this code's version; it may be deleted at any
time, and where nothing can be written the head is trained anew.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from agent.errors import IntentError
from agent.intents.features import QueryEncoder
from agent.intents.head import HeadClassifier
from agent.intents.training import train_intents
from agent.types import IntentExample
from retrieval.encoding.cache import default_cache_folder

__all__ = ["load_or_train"]

_RECIPE = 5
"""Counts changes of features and training; an older head is not taken from the cache."""


def load_or_train(
    examples: Sequence[IntentExample],
    *,
    encoder: QueryEncoder,
    background: Sequence[str] = (),
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> HeadClassifier:
    """Return the head for these examples, trained now or taken from the cache.

    Args:
        examples: As for `train_intents`.
        encoder: Likewise.
        background: Likewise.
        cache: Folder; None is `$FRONTDESK_CACHE_DIR`, or the user's cache folder.
        progress: Called with (texts encoded, texts in all) if it is trained.

    Raises:
        IntentError: No example carries an intent.
    """
    root = (cache if cache is not None else default_cache_folder()) / "intents"
    folder = root / _key(examples, encoder.id, background)
    if folder.is_dir():
        # A damaged entry is as good as none.
        with suppress(IntentError):
            return HeadClassifier.load(folder, encoder)
    classifier = train_intents(examples, encoder=encoder, background=background, progress=progress)
    with suppress(OSError, IntentError):
        _keep(classifier, root, folder)
    return classifier


def _keep(classifier: HeadClassifier, root: Path, folder: Path) -> None:
    """Put a head in place whole; if another process was first, its head is as good."""
    root.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=root))
    try:
        classifier.save(partial)
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _key(examples: Sequence[IntentExample], encoder_id: str, background: Sequence[str]) -> str:
    rows = [[example.text, example.intent] for example in examples]
    text = json.dumps([_RECIPE, encoder_id, rows, list(background)])
    return sha256(text.encode("utf-8")).hexdigest()[:32]
