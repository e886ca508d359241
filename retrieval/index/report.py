"""What a run of `index` is asked for and what it has done: two values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.articles import Rejected
from retrieval.search.fusion import Fusion

__all__ = ["IndexOptions", "IndexReport"]


@dataclass(frozen=True)
class IndexOptions:
    """How to index; None keeps what the knowledge base was built with.

    Attributes:
        add: Keep the articles of sources that are not given.
        yes: Go on although much would be removed or a source is missing or empty.
        strict: Stop at the first file or row that can't be read.
        audience: Default audience for formats with no place for one.
        encoder: Name or folder of the sentence encoder.
        synonyms: CSV file of synonyms.
        drop_synonyms: Go without the synonyms kept so far.
        max_tokens: Length of a passage in the encoder's tokens.
        overlap_tokens: How much of a cut paragraph is repeated.
        fusion: How the legs are joined.
    """

    add: bool = False
    yes: bool = False
    strict: bool = False
    audience: tuple[str, ...] | None = None
    encoder: str | None = None
    synonyms: Path | None = None
    drop_synonyms: bool = False
    max_tokens: int | None = None
    overlap_tokens: int | None = None
    fusion: Fusion | None = None


@dataclass(frozen=True)
class IndexReport:
    """What a run did.

    Attributes:
        generation: Name of the generation that answers now.
        built: Whether it is a new one; False if there was nothing to change.
        articles: How many articles it has.
        passages: How many passages.
        added: Ids of new articles.
        edited: Ids of articles that were replaced.
        removed: Ids of articles that are gone.
        unchanged: How many stayed as they were.
        encoded: How many passages were encoded.
        kept: Ids of articles whose file can't be read now and whose last version stays.
        rebuilt: Why everything was built anew; None if it wasn't.
        skipped: Reason → articles left out on purpose.
        rejected: Files and rows that can't be read.
        warnings: What the user should know, in sentences.
        took_s: Seconds.
    """

    generation: str
    built: bool
    articles: int
    passages: int
    added: tuple[str, ...]
    edited: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    encoded: int
    kept: tuple[str, ...]
    rebuilt: str | None
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[str, ...] = ()
    took_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return what `index --json` prints."""
        return {
            "generation": self.generation,
            "built": self.built,
            "articles": self.articles,
            "passages": self.passages,
            "added": len(self.added),
            "edited": len(self.edited),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
            "encoded": self.encoded,
            "kept": list(self.kept),
            "rebuilt": self.rebuilt,
            "skipped": dict(self.skipped),
            "rejected": [
                {"path": bad.path, "line": bad.line, "reason": bad.reason} for bad in self.rejected
            ],
            "warnings": list(self.warnings),
            "took_s": round(self.took_s, 3),
        }
