"""Which encoder a run of `index` uses: the one asked for, or the one the index has.

It is loaded when it is first needed: a run that changes no text never loads one.
"""

from __future__ import annotations

from pathlib import Path

from retrieval.errors import EncoderError
from retrieval.index.manifest import EncoderRecord
from retrieval.types import TokenEncoder

__all__ = ["EncoderChoice"]


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


def _absolute(encoder: str) -> str:
    """Return a folder's absolute path, so that the index finds it from anywhere; names stay."""
    path = Path(encoder).expanduser()
    return str(path.resolve()) if path.is_dir() else encoder
