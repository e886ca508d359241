"""The vector index: cosine of unit vectors through FAISS, inside the asker's rights.

Exact search runs FAISS's brute-force kernel straight over the vectors, which may be a
read-only memory map: no second copy is held. Above `HNSW_LIMIT` passages a graph index
(HNSW, Malkov and Yashunin 2018) built beforehand finds the candidates. Either way the
scores handed out are worked out anew, row by row, in one way: equal vectors get equal
scores, and ties break by row.

Not here: which passages an asker may read (`access.py`) and how texts become vectors
(`encoding.py`).

Shapes: n (passages), dim (length of a vector), k (hits).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexingError, StoreError
from retrieval.types import Matrix

__all__ = ["HNSW_LIMIT", "DenseIndex", "build_hnsw"]

HNSW_LIMIT = 100_000
"""Passages up to which exact search is fast enough: about 7 ms at 384 dimensions."""

# FAISS's type stubs describe its C++ side and miss what its Python side adds.
faiss: Any = _faiss

# The graph's neighbours a node, and how far building and searching look.
_NEIGHBOURS = 32
_BUILD_DEPTH = 80
_SEARCH_DEPTH = 128

# FAISS walks the graph over allowed and other rows alike, then keeps the allowed: with few
# allowed, most of what it looked at is thrown away. So it must look further by as much, and
# below this share scoring all that is allowed is as fast and misses nothing. (Measured on
# clustered vectors, 50 of 20,000: without looking further, a share of 0.5 finds 95 %, one of
# 0.1 finds 64 % of the true neighbours.)
_RESTRICTIVE = 0.2

# FAISS adds up a cosine in another order than `scores`; they differ by less than this.
_ROUNDING = 1e-5

# Rows scored at once: a gathered block of 384 dimensions stays in the cache.
_BLOCK_ROWS = 1024

# Exact search looks this much further than asked, so that ties at the end are seen at once.
_MARGIN = 16

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


class DenseIndex:
    """Finds the nearest rows of a matrix of unit vectors. Immutable, safe across threads."""

    def __init__(self, vectors: Matrix, *, hnsw_path: Path | None = None) -> None:
        """Take the vectors; nothing is copied.

        Args:
            vectors: (n, dim) float32, rows of unit length, C-contiguous; a memory map will do.
            hnsw_path: A graph that `build_hnsw` wrote for these very vectors; None searches
                exactly, however many there are.

        Raises:
            ValueError: The vectors' shape, type or layout is another.
            StoreError: The graph is absent, damaged or belongs to other vectors.
        """
        _check_vectors(vectors)
        self._vectors = vectors
        self._graph = None if hnsw_path is None else _read_graph(hnsw_path, vectors)

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    @property
    def is_exact(self) -> bool:
        """Whether `search` never misses a row; False with a graph."""
        return self._graph is None

    def search(
        self, vector: Scores, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, Scores]:
        """Return the `k` allowed rows of the highest cosine, best first, ties by row.

        Args:
            vector: (dim,) float32 of unit length.
            k: How many; more than there are gives all.
            allowed: (n,) True = may be read; None is every row.

        Returns:
            (hits,) rows and (hits,) cosines, at most `k` of each.

        Raises:
            ValueError: `k` is negative, or a shape or type doesn't fit.
        """
        vector = self._checked(vector)
        if k < 0:
            raise ValueError(f"k is {k}, expected 0 or more")
        count = len(self)
        if allowed is not None:
            if allowed.shape != (count,) or allowed.dtype != np.bool_:
                raise ValueError(
                    f"allowed has shape {allowed.shape} and type {allowed.dtype}, "
                    f"expected ({count},) and bool"
                )
            count = int(np.count_nonzero(allowed))
            if count == len(self):
                allowed = None
        k = min(k, count)
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if allowed is not None and (
            count <= _BLOCK_ROWS or (self._graph is not None and count < _RESTRICTIVE * len(self))
        ):
            return self._best(vector, np.flatnonzero(allowed), k)
        selector = None
        if allowed is not None:
            # A bitmap costs 4 microseconds to make for 100,000 rows and is as fast to ask as
            # FAISS's other selectors; the bytes must outlive the selector, which points at them.
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(bits)
        if self._graph is not None:
            rows = self._near_by_graph(self._graph, vector, k, count, selector)
            if len(rows) >= k:
                return self._best(vector, rows, k)
        return self._best(vector, self._near_exactly(vector, k, count, selector), k)

    def scores(self, vector: Scores, rows: Rows) -> Scores:
        """Return the cosines of some rows.

        Args:
            vector: (dim,) float32 of unit length.
            rows: (m,) row numbers.

        Returns:
            (m,) float32, the same numbers that `search` gives these rows.

        Raises:
            ValueError: The vector doesn't fit.
            IndexError: A row is out of range.
        """
        vector = self._checked(vector)
        rows = np.asarray(rows, np.int64)
        out = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _BLOCK_ROWS):
            block = rows[start : start + _BLOCK_ROWS]
            # One dot product a row: a matrix product would add up in an order that depends on
            # the row's place among the others, and equal vectors would differ in the last bit.
            out[start : start + _BLOCK_ROWS] = np.vecdot(self._vectors[block], vector)
        return out

    def _checked(self, vector: Scores) -> Scores:
        if vector.shape != (self.dim,):
            raise ValueError(
                f"the query's vector has shape {vector.shape}, expected ({self.dim},); "
                "was the index built with another encoder?"
            )
        vector = np.ascontiguousarray(vector, np.float32)
        if not np.isfinite(vector).all():
            raise ValueError("the query's vector holds NaN or infinity, expected finite numbers")
        return vector

    def _best(self, vector: Scores, rows: Rows, k: int) -> tuple[Rows, Scores]:
        """Score candidates and cut them to the best `k`, ties by row."""
        found = self.scores(vector, rows)
        order = np.lexsort((rows, -found))[:k]
        return rows[order], found[order]

    def _near_exactly(self, vector: Scores, k: int, count: int, selector: Any) -> Rows:
        """Return rows among which are surely the best `k`, by FAISS's brute force."""
        depth = min(k + _MARGIN, count)
        while True:
            values = np.empty((1, depth), np.float32)
            rows = np.empty((1, depth), np.int64)
            faiss.knn_inner_product(
                faiss.swig_ptr(vector),
                faiss.swig_ptr(self._vectors),
                self.dim,
                1,
                len(self),
                depth,
                faiss.swig_ptr(values),
                faiss.swig_ptr(rows),
                selector,
            )
            # Rows left out score at most what the last one does: if that is clearly below
            # place k, no tie and no rounding can bring one in.
            if depth == count or values[0, -1] < values[0, k - 1] - _ROUNDING:
                near: Rows = rows[0]
                return near
            depth = min(4 * depth, count)

    def _near_by_graph(self, graph: Any, vector: Scores, k: int, count: int, selector: Any) -> Rows:
        """Return about the `k` nearest rows by the graph; fewer where it lost its way."""
        depth = min(k + _MARGIN, len(self))
        effort = max(_SEARCH_DEPTH, 2 * depth) * len(self) // count
        parameters = faiss.SearchParametersHNSW(efSearch=effort)
        if selector is not None:
            parameters.sel = selector
        _, rows = graph.search(vector[None, :], depth, params=parameters)
        found: Rows = rows[0]
        return found[found >= 0]


def build_hnsw(vectors: Matrix, path: Path) -> None:
    """Build a graph over the vectors and write it to a file, whole or not at all.

    Minutes for some hundred thousand vectors on two cores. The number of threads is OpenMP's.

    Args:
        vectors: As for `DenseIndex`.
        path: The file; one that is there is replaced.

    Raises:
        ValueError: The vectors' shape, type or layout is another.
        IndexingError: The file can't be written.
    """
    _check_vectors(vectors)
    graph = faiss.IndexHNSWFlat(vectors.shape[1], _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _BUILD_DEPTH
    graph.add(vectors)
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        faiss.write_index(graph, str(aside))
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        aside.replace(path)
    # FAISS reports a file that can't be written or a full disk as RuntimeError.
    except (OSError, RuntimeError) as error:
        aside.unlink(missing_ok=True)
        raise IndexingError(
            f"cannot write the vector graph {str(path)!r} ({_first_line(error)}); "
            "make room or give the folder's rights, then index again"
        ) from error


def _read_graph(path: Path, vectors: Matrix) -> Any:
    """Open a graph, mapped into memory, and check that it is of these vectors."""
    try:
        graph = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise StoreError(
            f"cannot read the vector graph {str(path)!r} ({_first_line(error)}); index again"
        ) from error
    expected = vectors.shape
    found = (graph.ntotal, graph.d)
    if found != expected or not isinstance(graph, faiss.IndexHNSWFlat):
        raise StoreError(
            f"the vector graph {str(path)!r} holds {found[0]} vectors of {found[1]} numbers as "
            f"{type(graph).__name__}, expected {expected[0]} of {expected[1]} as IndexHNSWFlat; "
            "index again"
        )
    # A few rows tell another generation's graph; the manifest's SHA-256 guards the bytes.
    for row in np.linspace(0, len(vectors) - 1, 16).astype(np.int64) if len(vectors) else ():
        if not np.array_equal(graph.reconstruct(int(row)), vectors[row]):
            raise StoreError(
                f"the vector graph {str(path)!r} differs from the vectors at row {row}; index again"
            )
    return graph


def _check_vectors(vectors: Matrix) -> None:
    if vectors.ndim != 2 or vectors.dtype != np.float32 or not vectors.flags.c_contiguous:
        raise ValueError(
            f"vectors have shape {vectors.shape} and type {vectors.dtype}, "
            "expected (n, dim) float32 in C order"
        )


def _first_line(error: Exception) -> str:
    """Shorten FAISS's messages, which begin with the C++ function and the source line."""
    return str(error).splitlines()[0].rsplit("Error: ", 1)[-1] if str(error) else repr(error)
