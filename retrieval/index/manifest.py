"""The manifest: what one generation of an index is made of, in one JSON file.

It names the format version, how the index was built, the encoder, the counts, and the
SHA-256 of every part and of every article, so that an index can be checked whole before
it answers. It holds no text and no title.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import AliasPath, Field, NonNegativeInt, TypeAdapter, ValidationError

from retrieval.errors import NewerIndex, StoreError
from retrieval.system.untrusted import worded

__all__ = ["FORMAT_VERSION", "EncoderRecord", "Manifest", "Part", "SourceRecord"]

FORMAT_VERSION = 2
"""Goes up whenever an older Frontdesk could not read what a newer one writes."""

_FORMAT = "frontdesk-index"
_NESTED = {
    "configuration": ("chunking", "analyser", "fusion"),
    "counts": ("passages", "formats", "skipped", "rejected"),
}
"""Table of the JSON → the fields of a manifest that stand in it."""


def _inside(table: str, name: str) -> Any:
    """Say that a field stands in a table of the JSON."""
    return Field(validation_alias=AliasPath(table, name))


@dataclass(frozen=True)
class Part:
    """One file of a generation.

    Attributes:
        size_bytes: Its length.
        sha256: Hex digest of its content.
    """

    size_bytes: NonNegativeInt
    sha256: str


@dataclass(frozen=True)
class EncoderRecord:
    """The sentence encoder that an index was built with.

    Attributes:
        name: What to load it by: a name or the path of a folder.
        id: Name and hash of its content.
        dim: Length of its vectors.
    """

    name: str
    id: str
    dim: NonNegativeInt


@dataclass(frozen=True)
class SourceRecord:
    """One SOURCE of an index.

    Attributes:
        path: Where it was read from, absolute.
        articles: How many articles it gave.
        audience: The default audience given with it on the command line, None if none was.
    """

    path: str
    articles: NonNegativeInt
    audience: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Manifest:
    """Everything there is to know of a generation without opening its parts.

    Attributes:
        generation: Its name, six digits; never used twice in a knowledge base.
        previous: The generation that a rollback goes back to, if there is one.
        created: When it was built, ISO 8601 in UTC.
        frontdesk: The version that built it.
        chunking: Settings of `retrieval.passages.chunking`.
        analyser: Settings of `retrieval.search.analysis`.
        fusion: Settings of `retrieval.search.fusion`.
        encoder: The encoder of its vectors.
        passages: How many passages.
        formats: Format of the source files → articles.
        sources: Where the articles came from.
        skipped: Reason → articles left out on purpose (drafts, expired ones, ...).
        rejected: How many files or rows could not be read.
        parts: Path inside the generation → the file there.
        articles: Article id → SHA-256 of its body, in the order of the index.
    """

    generation: str
    previous: str | None
    created: str
    frontdesk: str
    chunking: Annotated[dict[str, Any], _inside("configuration", "chunking")]
    analyser: Annotated[dict[str, Any], _inside("configuration", "analyser")]
    fusion: Annotated[dict[str, Any], _inside("configuration", "fusion")]
    encoder: EncoderRecord
    passages: Annotated[NonNegativeInt, _inside("counts", "passages")]
    formats: Annotated[dict[str, NonNegativeInt], _inside("counts", "formats")]
    sources: tuple[SourceRecord, ...]
    skipped: Annotated[dict[str, NonNegativeInt], _inside("counts", "skipped")]
    rejected: Annotated[NonNegativeInt, _inside("counts", "rejected")]
    parts: dict[str, Part]
    articles: dict[str, str]

    def to_json(self) -> bytes:
        """Return the manifest as it is written to disk."""
        record = asdict(self)
        nested = {table: {name: record.pop(name) for name in _NESTED[table]} for table in _NESTED}
        nested["counts"]["articles"] = len(self.articles)
        header = {"format": _FORMAT, "format_version": FORMAT_VERSION}
        return json.dumps({**header, **record, **nested}, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes, where: str) -> Manifest:
        """Read a manifest back.

        Args:
            content: The bytes of the file.
            where: Its path, for messages.

        Raises:
            NewerIndex: A newer Frontdesk wrote it.
            StoreError: Not a manifest, or a damaged one.
        """
        try:
            record = json.loads(content)
        except ValueError as error:
            raise StoreError(
                f"the index is damaged: {where!r} is not JSON ({error}); go back with "
                "`frontdesk rollback`, or build it again with `frontdesk index`"
            ) from error
        if not isinstance(record, dict) or record.get("format") != _FORMAT:
            raise StoreError(
                f"{where!r} is not the manifest of a Frontdesk index: expected an object with "
                f'"format": "{_FORMAT}"; name the folder that `frontdesk index` wrote'
            )
        version = record.get("format_version")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise NewerIndex(
                f"the index has format version {version} and this Frontdesk reads "
                f"{FORMAT_VERSION} ({where!r}): use the Frontdesk that built it "
                f"({record.get('frontdesk')!r} or newer), or build another with --kb"
            )
        if version != FORMAT_VERSION:
            raise StoreError(
                f"the index has format version {version!r} and this Frontdesk reads "
                f"{FORMAT_VERSION} ({where!r}): build it again with `frontdesk index`"
            )
        try:
            return _SCHEMA.validate_json(content, strict=True)
        except ValidationError as error:
            raise StoreError(
                f"the index is damaged: {where!r} lacks a field or holds a wrong one "
                f"({worded(error)}); go back with `frontdesk rollback`, or build it again with "
                "`frontdesk index`"
            ) from error


_SCHEMA = TypeAdapter(Manifest)
