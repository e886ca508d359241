"""What a run of `index` builds with: what was asked for, else what the index has already.

The encoder is loaded when it is first needed: a run that changes no text never loads one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from retrieval.errors import EncoderError, IndexingError
from retrieval.index.generation import Generation
from retrieval.index.manifest import EncoderRecord, Manifest
from retrieval.index.report import IndexOptions
from retrieval.passages.chunking import ChunkSettings
from retrieval.search.analysis import Analyser
from retrieval.search.synonyms import NO_SYNONYMS, Synonyms
from retrieval.types import TokenEncoder

__all__ = ["EncoderChoice", "chosen_chunking", "chosen_synonyms", "why_anew"]


class EncoderChoice:
    """The encoder of one run.

    Args:
        encoder: A loaded one, which wins.
        asked: Name or folder on the command line.
        known: The one that the index was built with.
    """

    def __init__(
        self, encoder: TokenEncoder | None, asked: str | None, known: EncoderRecord | None
    ) -> None:
        self._encoder = encoder
        self._asked = None if asked is None else _absolute(asked)
        self._known = known

    @property
    def may_differ(self) -> bool:
        """Whether another encoder than the index's was asked for, as far as names tell."""
        if self._known is None or self._encoder is not None:
            return True
        return self._asked is not None and self._asked != self._known.name

    @property
    def name(self) -> str:
        """What the encoder is loaded by, for the manifest."""
        if self._asked is not None:
            return self._asked
        if self._encoder is not None:
            if self._known is not None and self._known.id == self._encoder.id:
                return self._known.name
            return self._encoder.id.rsplit("@", 1)[0]
        if self._known is not None:
            return self._known.name
        from retrieval.encoding.encoder import DEFAULT_ENCODER

        return DEFAULT_ENCODER

    def load(self) -> TokenEncoder:
        """Return the encoder, loaded once.

        Raises:
            EncoderError: It can't be loaded.
        """
        if self._encoder is None:
            from retrieval.encoding.encoder import load_encoder

            try:
                self._encoder = load_encoder(self.name)
            except EncoderError as error:
                if self._asked is not None or self._known is None:
                    raise
                raise EncoderError(
                    f"the index was built with the encoder {self._known.id!r}, which can't be "
                    f"loaded: {error}. Put it back, or choose another with --encoder, which "
                    "encodes everything again"
                ) from error
        return self._encoder

    def why_other(self, before: EncoderRecord) -> str | None:
        """Say that this encoder isn't the one from before, if so; loads it."""
        now = self.load().id
        return None if now == before.id else f"the encoder is {now} now and was {before.id}"


def _absolute(encoder: str) -> str:
    """Return a folder's absolute path, so that the index finds it from anywhere; names stay."""
    path = Path(encoder).expanduser()
    return str(path.resolve()) if path.is_dir() else encoder


def chosen_chunking(options: IndexOptions, known: Manifest | None) -> tuple[ChunkSettings, bool]:
    """Return the settings asked for; what isn't asked for stays as it was.

    Returns:
        The settings, and whether those that were stored could be read.
    """
    stored = ChunkSettings() if known is None else _as_settings(known.chunking)
    settings = stored or ChunkSettings()
    limit = options.max_tokens
    if limit is not None:
        # What was not asked for gives way to what was.
        settings = replace(
            settings,
            max_tokens=limit,
            overlap_tokens=min(settings.overlap_tokens, limit // 2),
            min_tokens=min(settings.min_tokens, limit),
            max_chars=max(settings.max_chars, limit),
        )
    if options.overlap_tokens is not None:
        settings = replace(settings, overlap_tokens=options.overlap_tokens)
    return settings, stored is not None


def chosen_synonyms(
    given: Synonyms | None, options: IndexOptions, old: Generation | None
) -> Synonyms:
    """Return the synonyms given, or those of the last generation unless they are to go."""
    if given is not None:
        return given
    return NO_SYNONYMS if options.drop_synonyms or old is None else old.synonyms


def why_anew(old: Generation | None, chunking: ChunkSettings, encoder: EncoderChoice) -> str | None:
    """Say why nothing can be taken over from the last generation, if so."""
    if old is None:
        return None
    if _as_settings(old.manifest.chunking) != chunking:
        return "passages are cut differently now"
    if dict(old.manifest.analyser) != Analyser().settings:
        return "words are analysed differently now"
    return encoder.why_other(old.manifest.encoder) if encoder.may_differ else None


def _as_settings(stored: Mapping[str, Any]) -> ChunkSettings | None:
    """Return stored settings, None if this version knows no such."""
    try:
        return ChunkSettings(**stored)
    except (TypeError, IndexingError):
        return None
