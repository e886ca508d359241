"""Fill the folder of a new generation: what stayed is copied, the rest is made by `fresh.py`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np

from retrieval.index import parts
from retrieval.index.fresh import Plan, Progress, made_anew, no_progress
from retrieval.index.manifest import EncoderRecord, Manifest, Part
from retrieval.index.rows import RowWriter, joined_terms, write_vectors
from retrieval.search.analysis import Analyser
from retrieval.system.durable import digests, files_under

__all__ = ["GRAPH_LIMIT", "Written", "no_progress", "write_generation"]

GRAPH_LIMIT = 100_000
"""Passages above which the vectors get a graph; `retrieval.search.dense` says why."""


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        manifest: Of the new generation.
        encoded: How many passages were encoded.
    """

    manifest: Manifest
    encoded: int


def write_generation(folder: Path, plan: Plan, progress: Progress = no_progress) -> Written:
    """Write all parts of a generation and its manifest into an empty folder.

    Args:
        folder: Exists and is empty.
        plan: What to write.
        progress: Shows how far the slow steps are.

    Raises:
        IndexingError: There isn't enough room on the disk.
        EncoderError: The encoder can't be loaded or gives no usable vectors.
        OSError: Something can't be written.
    """
    fresh = made_anew(folder, plan, Analyser(), progress)
    with RowWriter(folder, plan.old, fresh) as writer:
        for entry in plan.changes.entries:
            writer.add(entry)
    origin = writer.finish()
    (folder / parts.SYNONYMS).write_bytes(plan.synonyms.to_json())
    hashes = [entry.article.sha256 for entry in plan.changes.entries]
    remembered = json.dumps(plan.memory.to_json(hashes), ensure_ascii=False)
    (folder / parts.FILES).write_bytes(remembered.encode("utf-8"))
    write_vectors(folder / parts.VECTORS, origin, plan.old, fresh)
    _write_graph(folder, len(origin), progress)
    (folder / parts.TERMS).mkdir()
    joined_terms(origin, plan.old, fresh.terms).save(folder / parts.TERMS)
    manifest = _manifest(folder, plan, fresh.encoder, len(origin))
    content = manifest.to_json()
    (folder / parts.MANIFEST).write_bytes(content)
    (folder / parts.MANIFEST_DIGEST).write_text(sha256(content).hexdigest(), "ascii")
    return Written(manifest, fresh.encoded)


def _write_graph(folder: Path, passages: int, progress: Progress) -> None:
    """Build the graph that finds neighbours where there are too many to look at them all."""
    if passages <= GRAPH_LIMIT:
        return
    from retrieval.search.dense import build_hnsw

    vectors = np.load(folder / parts.VECTORS, mmap_mode="r", allow_pickle=False)
    with progress("Linking vectors"):
        build_hnsw(vectors, folder / parts.GRAPH)


def _manifest(folder: Path, plan: Plan, encoder: EncoderRecord, passages: int) -> Manifest:
    written = list(files_under(folder))
    named = {
        path.relative_to(folder).as_posix(): Part(path.stat().st_size, sha)
        for path, sha in zip(written, digests(written), strict=True)
    }
    formats = Counter(entry.article.format for entry in plan.changes.entries)
    return Manifest(
        generation=plan.name,
        previous=plan.previous,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        frontdesk=_version(),
        chunking=asdict(plan.chunking),
        analyser=Analyser().settings,
        fusion=plan.fusion.settings,
        encoder=encoder,
        passages=passages,
        formats=dict(sorted(formats.items())),
        sources=plan.sources,
        skipped=dict(sorted(plan.skipped.items())),
        rejected=plan.rejected,
        parts=named,
        articles={entry.article.id: entry.article.sha256 for entry in plan.changes.entries},
    )


def _version() -> str:
    try:
        return metadata.version("frontdesk")
    except metadata.PackageNotFoundError:
        return "unknown"
