"""The manifest: what one generation of an index is made of, in one JSON file.

It names the format version, how the index was built, the encoder, the counts, and the
SHA-256 of every part and of every article, so that an index can be checked whole before
it answers. It holds no text and no title.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from retrieval.errors import NewerIndex, StoreError

__all__ = ["FORMAT_VERSION", "EncoderRecord", "Manifest", "Part", "SourceRecord"]

FORMAT_VERSION = 2
"""Goes up whenever an older Frontdesk could not read what a newer one writes."""

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """One file of a generation.

    Attributes:
        size_bytes: Its length.
        sha256: Hex digest of its content.
    """

    size_bytes: int
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
    dim: int


@dataclass(frozen=True)
class SourceRecord:
    """One SOURCE of an index.

    Attributes:
        path: Where it was read from, absolute.
        articles: How many articles it gave.
        audience: The default audience given with it on the command line, None if none was.
    """

    path: str
    articles: int
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
    chunking: Mapping[str, Any]
    analyser: Mapping[str, Any]
    fusion: Mapping[str, Any]
    encoder: EncoderRecord
    passages: int
    formats: Mapping[str, int]
    sources: tuple[SourceRecord, ...]
    skipped: Mapping[str, int]
    rejected: int
    parts: Mapping[str, Part]
    articles: Mapping[str, str]

    def to_json(self) -> bytes:
        """Return the manifest as it is written to disk."""
        record = {
            "format": "frontdesk-index",
            "format_version": FORMAT_VERSION,
            "generation": self.generation,
            "previous": self.previous,
            "created": self.created,
            "frontdesk": self.frontdesk,
            "configuration": {
                "chunking": dict(self.chunking),
                "analyser": dict(self.analyser),
                "fusion": dict(self.fusion),
            },
            "encoder": {
                "name": self.encoder.name,
                "id": self.encoder.id,
                "dim": self.encoder.dim,
            },
            "counts": {
                "articles": len(self.articles),
                "passages": self.passages,
                "formats": dict(self.formats),
                "skipped": dict(self.skipped),
                "rejected": self.rejected,
            },
            "sources": [
                {
                    "path": source.path,
                    "articles": source.articles,
                    "audience": None if source.audience is None else list(source.audience),
                }
                for source in self.sources
            ],
            "parts": {
                name: {"size_bytes": part.size_bytes, "sha256": part.sha256}
                for name, part in self.parts.items()
            },
            "articles": dict(self.articles),
        }
        return json.dumps(record, indent=1).encode()

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
        if not isinstance(record, dict) or record.get("format") != "frontdesk-index":
            raise StoreError(
                f"{where!r} is not the manifest of a Frontdesk index: expected an object with "
                '"format": "frontdesk-index"; name the folder that `frontdesk index` wrote'
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
            return _manifest(record)
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(
                f"the index is damaged: {where!r} lacks a field or holds a wrong one ({error!r}); "
                "go back with `frontdesk rollback`, or build it again with `frontdesk index`"
            ) from error


def _manifest(record: Mapping[str, Any]) -> Manifest:
    configuration, counts, encoder = record["configuration"], record["counts"], record["encoder"]
    previous = record["previous"]
    return Manifest(
        generation=_text(record["generation"]),
        previous=None if previous is None else _text(previous),
        created=_text(record["created"]),
        frontdesk=_text(record["frontdesk"]),
        chunking=_mapping(configuration["chunking"], lambda value: value),
        analyser=_mapping(configuration["analyser"], lambda value: value),
        fusion=_mapping(configuration["fusion"], lambda value: value),
        encoder=EncoderRecord(_text(encoder["name"]), _text(encoder["id"]), _count(encoder["dim"])),
        passages=_count(counts["passages"]),
        formats=_mapping(counts["formats"], _count),
        sources=tuple(
            SourceRecord(
                _text(source["path"]),
                _count(source["articles"]),
                None if source["audience"] is None else tuple(map(_text, source["audience"])),
            )
            for source in record["sources"]
        ),
        skipped=_mapping(counts["skipped"], _count),
        rejected=_count(counts["rejected"]),
        parts=_mapping(
            record["parts"], lambda part: Part(_count(part["size_bytes"]), _text(part["sha256"]))
        ),
        articles=_mapping(record["articles"], _text),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"expected a count, got {value!r}")
    return value


def _mapping(value: object, convert: Callable[[Any], T]) -> dict[str, T]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, got {value!r}")
    return {key: convert(inner) for key, inner in value.items()}
