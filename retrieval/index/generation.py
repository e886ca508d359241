"""One generation of an index, opened for reading.

Everything large stays on disk and is mapped; an article or a passage is decoded when it is
asked for. An open generation goes on answering after its files are removed: the operating
system keeps mapped files until they are let go.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import StoreError
from retrieval.index import parts
from retrieval.index.manifest import Manifest
from retrieval.index.parts import ArticleColumn, PassageColumn
from retrieval.search.access import Audiences
from retrieval.search.conditions import FieldTable
from retrieval.search.synonyms import Synonyms
from retrieval.search.term_counts import TermCounts
from retrieval.system.durable import digests, files_under
from retrieval.types import Article, FieldValue, Matrix, Passage, Place

__all__ = ["Generation", "PassageTable", "damaged_parts", "read_manifest"]

_FIELDS_OF_ALL = ("id", "title", "url", "updated", "format")
"""What conditions can name of any article; its own field of that name comes first."""

REMEDY = "go back with `frontdesk rollback`, or build it again with `frontdesk index`"


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of a generation.

    Raises:
        StoreError: It is missing, damaged, or of another format version.
    """
    path = folder / parts.MANIFEST
    try:
        content = path.read_bytes()
        expected = (folder / parts.MANIFEST_DIGEST).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"the index is damaged: the manifest in {str(folder)!r} can't be read ({error}); "
            f"{REMEDY}"
        ) from error
    # The version comes first: a newer Frontdesk may keep its digests differently.
    manifest = Manifest.from_json(content, str(path))
    if sha256(content).hexdigest() != expected:
        raise StoreError(
            f"the index is damaged: {str(path)!r} was changed after it was written; {REMEDY}"
        )
    if manifest.generation != folder.name:
        raise StoreError(
            f"the index is damaged: {str(path)!r} calls itself generation "
            f"{manifest.generation!r}, expected {folder.name!r}; {REMEDY}"
        )
    return manifest


def damaged_parts(folder: Path, manifest: Manifest) -> list[str]:
    """Compare every part with the manifest.

    Returns:
        One phrase for each part that is missing, changed or not ours; empty if all is well.
    """
    problems = [
        f"{name} is not in the manifest" for name in parts.REQUIRED if name not in manifest.parts
    ]
    present = {path.relative_to(folder).as_posix(): path for path in files_under(folder)}
    same_size = []
    for name, part in manifest.parts.items():
        path = present.get(name)
        if path is None:
            problems.append(f"{name} is missing")
        elif (size := path.stat().st_size) != part.size_bytes:
            problems.append(f"{name} has {size} bytes, expected {part.size_bytes}")
        else:
            same_size.append(name)
    found = digests([present[name] for name in same_size])
    problems += [
        f"{name} was changed after it was written"
        for name, sha in zip(same_size, found, strict=True)
        if sha != manifest.parts[name].sha256
    ]
    return problems


class Generation:
    """The articles, passages, vectors and term counts of one generation.

    Args:
        folder: The folder of the generation.
        manifest: Its manifest, if it has been read already.
        verify: Check every part against the manifest before use.

    Raises:
        StoreError: A part is missing, damaged, or doesn't fit the others.
    """

    def __init__(
        self, folder: Path, *, manifest: Manifest | None = None, verify: bool = True
    ) -> None:
        self.folder = folder
        self.manifest = manifest if manifest is not None else read_manifest(folder)
        if verify:
            problems = damaged_parts(folder, self.manifest)
            if problems:
                raise StoreError(
                    f"the index is damaged, generation {self.manifest.generation} in "
                    f"{str(folder)!r}: {'; '.join(problems)}; {REMEDY}"
                )
        try:
            self._bodies = _mapped(folder / parts.BODIES)
            self._lines = _mapped(folder / parts.ARTICLE_LINES)
            self._articles: NDArray[np.int64] = _table(folder / parts.ARTICLES, ArticleColumn)
            self._passages: NDArray[np.int64] = _table(folder / parts.PASSAGES, PassageColumn)
            self.vectors: Matrix = np.load(
                folder / parts.VECTORS, mmap_mode="r", allow_pickle=False
            )
            tables = parts.TABLES_SCHEMA.validate_json((folder / parts.TABLES).read_bytes())
        except (OSError, ValueError) as error:
            raise StoreError(
                f"the index is damaged: {str(folder)!r} can't be read ({error}); {REMEDY}"
            ) from error
        self.audience_table = tables.audiences
        self.heading_paths = tables.headings
        problem = self._misfit()
        if problem:
            raise StoreError(f"the index is damaged: in {str(folder)!r} {problem}; {REMEDY}")

    def _misfit(self) -> str | None:
        """Say where the parts don't belong together, if anywhere."""
        manifest, articles, passages = self.manifest, self._articles, self._passages
        if len(articles) != len(manifest.articles):
            return f"{len(articles)} articles are stored, expected {len(manifest.articles)}"
        if len(passages) != manifest.passages:
            return f"{len(passages)} passages are stored, expected {manifest.passages}"
        expected = (manifest.passages, manifest.encoder.dim)
        if self.vectors.shape != expected or self.vectors.dtype != np.float32:
            return (
                f"the vectors are {self.vectors.dtype} of shape {self.vectors.shape}, "
                f"expected float32 of shape {expected}"
            )
        if not _within(articles[:, ArticleColumn.AUDIENCE], len(self.audience_table)):
            return "an article points at an audience that isn't there"
        if not _within(passages[:, PassageColumn.HEADINGS], len(self.heading_paths)):
            return "a passage points at headings that aren't there"
        if not _within(passages[:, PassageColumn.ARTICLE], len(articles)):
            return "a passage points at an article that isn't there"
        if not _within(passages[:, PassageColumn.ID_RANK], len(passages)):
            return "the order of passage ids is broken"
        return None

    @property
    def name(self) -> str:
        """Six digits."""
        return self.manifest.generation

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Article ids, by row."""
        return tuple(self.manifest.articles)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {article_id: row for row, article_id in enumerate(self.ids)}

    def row(self, article_id: str) -> int | None:
        """Return the row of an article, None if there is none of that id."""
        return self._rows.get(article_id)

    def metadata(self, row: int) -> dict[str, Any]:
        """Return what is kept of an article beside its body."""
        start, end = self._articles[row, [ArticleColumn.LINE_START, ArticleColumn.LINE_END]]
        record: dict[str, Any] = json.loads(self._lines[start:end])
        return record

    def body_bytes(self, row: int) -> bytes:
        """Return an article's body in UTF-8."""
        start, end = self._articles[row, [ArticleColumn.BODY_START, ArticleColumn.BODY_END]]
        return bytes(self._bodies[start:end])

    def slice_of_body(self, row: int, byte_start: int, byte_end: int) -> str:
        """Return part of an article's body, by bytes from the start of the body."""
        base = int(self._articles[row, ArticleColumn.BODY_START])
        return bytes(self._bodies[base + byte_start : base + byte_end]).decode("utf-8")

    def article(self, row: int) -> Article:
        """Return an article whole."""
        record = self.metadata(row)
        audience = record["audience"]
        return Article(
            id=record["id"],
            title=record["title"],
            body=self.body_bytes(row).decode("utf-8"),
            url=record["url"],
            audience=None if audience is None else tuple(audience),
            updated=record["updated"],
            source=record["source"],
            path=record["path"],
            format=record["format"],
            fields=_fields(record),
            places=tuple(Place(*values) for values in json.loads(record.get("places", "[]"))),
        )

    def audience(self, row: int) -> tuple[str, ...] | None:
        """Return who may read an article."""
        return self.audience_table[int(self._articles[row, ArticleColumn.AUDIENCE])]

    def passage_rows(self, row: int) -> range:
        """Return the rows of an article's passages."""
        last = row + 1 == len(self._articles)
        end = len(self._passages) if last else self._articles[row + 1, ArticleColumn.FIRST_PASSAGE]
        return range(int(self._articles[row, ArticleColumn.FIRST_PASSAGE]), int(end))

    def passage_table(self) -> NDArray[np.int64]:
        """Return the table of passages, columns as in PassageColumn."""
        return self._passages

    @cached_property
    def article_audiences(self) -> Audiences:
        """Who may read which article."""
        codes = self._articles[:, ArticleColumn.AUDIENCE].astype(np.int32)
        return Audiences(self.audience_table, codes)

    @cached_property
    def audiences(self) -> Audiences:
        """Who may read which passage."""
        return Audiences(self.audience_table, self.article_audiences.codes[self.article_rows])

    @cached_property
    def fields(self) -> FieldTable:
        """What `where` looks at: each article's own fields, and those that every article has."""
        of_articles = []
        for row in range(len(self.ids)):
            record = self.metadata(row)
            always = {name: record[name] for name in _FIELDS_OF_ALL if record[name] is not None}
            of_articles.append({**always, **_fields(record)})
        return FieldTable(of_articles, self.article_rows)

    @property
    def article_rows(self) -> NDArray[np.int64]:
        """(passages,) row of each passage's article, ascending."""
        rows: NDArray[np.int64] = self._passages[:, PassageColumn.ARTICLE]
        return rows

    @property
    def id_rank(self) -> NDArray[np.int64]:
        """(passages,) place of each passage in the order of passage ids."""
        rank: NDArray[np.int64] = self._passages[:, PassageColumn.ID_RANK]
        return rank

    @cached_property
    def passages(self) -> PassageTable:
        """The passages, decoded as they are asked for."""
        return PassageTable(self)

    @cached_property
    def terms(self) -> TermCounts:
        """Term counts, a row per passage."""
        counts = TermCounts.load(self.folder / parts.TERMS)
        if len(counts) != self.manifest.passages:
            raise StoreError(
                f"the index is damaged: {str(self.folder)!r} has term counts for {len(counts)} "
                f"passages, expected {self.manifest.passages}; {REMEDY}"
            )
        return counts

    @cached_property
    def synonyms(self) -> Synonyms:
        """The synonym list it was built with."""
        return Synonyms.from_json((self.folder / parts.SYNONYMS).read_bytes())

    @cached_property
    def remembered_files(self) -> dict[str, Any]:
        """What its source files held (see `retrieval.index.remembering`)."""
        remembered: dict[str, Any] = json.loads((self.folder / parts.FILES).read_bytes())
        return remembered

    def mismatched_articles(self) -> int:
        """Count the articles whose body doesn't have the hash in the manifest."""
        return sum(
            sha256(self.body_bytes(row)).hexdigest() != expected
            for row, expected in enumerate(self.manifest.articles.values())
        )

    def size_bytes(self) -> int:
        """Return what the generation takes on disk."""
        return sum(path.stat().st_size for path in files_under(self.folder))


class PassageTable(Sequence[Passage]):
    """The passages of a generation as a sequence; each is decoded when it is asked for."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._table = generation.passage_table()

    def __len__(self) -> int:
        return len(self._table)

    @overload
    def __getitem__(self, index: int) -> Passage: ...

    @overload
    def __getitem__(self, index: slice) -> list[Passage]: ...

    def __getitem__(self, index: int | slice) -> Passage | list[Passage]:
        if isinstance(index, slice):
            return [self._decoded(row) for row in range(*index.indices(len(self)))]
        row = int(index)
        if row < 0:
            row += len(self)
        if not 0 <= row < len(self):
            raise IndexError(f"passage {index!r} of {len(self)}")
        return self._decoded(row)

    def __iter__(self) -> Iterator[Passage]:
        return map(self._decoded, range(len(self)))

    def _decoded(self, row: int) -> Passage:
        generation = self._generation
        article_row, start, end, byte_start, byte_end, headings, _, header_start, header_end = (
            self._table[row].tolist()
        )
        record = generation.metadata(article_row)
        return Passage(
            id=f"{record['id']}#{start}-{end}",
            article_id=record["id"],
            start=start,
            end=end,
            text=generation.slice_of_body(article_row, byte_start, byte_end),
            title=record["title"],
            headings=generation.heading_paths[headings],
            table_header=generation.slice_of_body(article_row, header_start, header_end),
        )


def _fields(record: Mapping[str, Any]) -> dict[str, FieldValue]:
    """Return an article's own fields; JSON has lists where we have tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record.get("fields", {}).items()
    }


def _mapped(path: Path) -> mmap.mmap | bytes:
    """Map a file for reading; an empty file can't be mapped and is just empty."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _table(path: Path, columns: type[ArticleColumn] | type[PassageColumn]) -> NDArray[np.int64]:
    table: NDArray[np.int64] = np.load(path, allow_pickle=False)
    if table.dtype != np.int64 or table.ndim != 2 or table.shape[1] != len(columns):
        raise ValueError(
            f"{path.name} is {table.dtype} of shape {table.shape}, expected int64 with "
            f"{len(columns)} columns"
        )
    table.flags.writeable = False
    return table


def _within(codes: NDArray[np.int64], count: int) -> bool:
    return not len(codes) or bool(codes.min() >= 0 and codes.max() < count)
