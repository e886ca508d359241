"""The files of a generation and the shape of its tables, shared by writer and reader.

    bodies.bin       article bodies in UTF-8, one after the other
    articles.jsonl   one line of metadata an article, in the order of ids
    articles.npy     (articles, 6) int64: the columns of ArticleColumn
    passages.npy     (passages, 7) int64: the columns of PassageColumn
    tables.json      the different audiences and heading paths that the tables point into
    vectors.npy      (passages, dim) float32, rows of unit length
    vectors.hnsw     graph over the vectors, only where they are many (`retrieval.search.dense`)
    terms/           term counts (`retrieval.search.term_counts`)
    synonyms.json    the synonym list, empty if none was given
    files.json       what the source files held (`retrieval.index.remembering`)
    manifest.json    what the generation is made of (`retrieval.index.manifest`)
    manifest.sha256  digest of the manifest

The folder of a knowledge base holds its generations, the name of the current one, the
writer's lock, and small files that belong to no generation (a calibration):

    frontdesk-kb.json   marks the folder as ours
    CURRENT             name of the generation that answers
    generations/000001  the generations
    LOCK, LOCK.json     the writer's lock and who holds it

Articles stand in the order of their ids and an article's passages in the order of their
start, so that the same articles give the same files however the index got there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pydantic import TypeAdapter

from retrieval.types import INDEX_MARKER

__all__ = [
    "ARTICLES",
    "ARTICLE_LINES",
    "BODIES",
    "CURRENT",
    "FILES",
    "GENERATIONS",
    "GRAPH",
    "MANIFEST",
    "MANIFEST_DIGEST",
    "MARKER",
    "PASSAGES",
    "REQUIRED",
    "SYNONYMS",
    "TABLES",
    "TABLES_SCHEMA",
    "TERMS",
    "VECTORS",
    "ArticleColumn",
    "PassageColumn",
    "Tables",
]

MARKER = INDEX_MARKER
CURRENT = "CURRENT"
GENERATIONS = "generations"

BODIES = "bodies.bin"
ARTICLE_LINES = "articles.jsonl"
ARTICLES = "articles.npy"
PASSAGES = "passages.npy"
TABLES = "tables.json"
VECTORS = "vectors.npy"
GRAPH = "vectors.hnsw"
TERMS = "terms"
SYNONYMS = "synonyms.json"
FILES = "files.json"
MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"

REQUIRED = (BODIES, ARTICLE_LINES, ARTICLES, PASSAGES, TABLES, VECTORS, SYNONYMS, FILES)
"""Files that every generation has; `terms/` adds its own."""


@dataclass(frozen=True)
class Tables:
    """tables.json: what the codes in the two tables stand for.

    Attributes:
        audiences: The different audiences, as in `Article.audience`.
        headings: The different heading paths, as in `Passage.headings`.
    """

    audiences: tuple[tuple[str, ...] | None, ...]
    headings: tuple[tuple[str, ...], ...]


TABLES_SCHEMA = TypeAdapter(Tables)


class ArticleColumn(IntEnum):
    """Columns of articles.npy; byte offsets are half-open."""

    BODY_START = 0
    BODY_END = 1
    LINE_START = 2
    LINE_END = 3
    FIRST_PASSAGE = 4
    AUDIENCE = 5


class PassageColumn(IntEnum):
    """Columns of passages.npy; START and END count code points of the article's body."""

    ARTICLE = 0
    START = 1
    END = 2
    BYTE_START = 3
    """From the start of the article's body in bodies.bin."""
    BYTE_END = 4
    HEADINGS = 5
    ID_RANK = 6
    """Place of the passage in the order of passage ids, by which ties are broken."""
    HEADER_BYTE_START = 7
    """Of the header row of the table that the passage begins inside; see BYTE_START."""
    HEADER_BYTE_END = 8
    """Equal to the start where there is none."""
