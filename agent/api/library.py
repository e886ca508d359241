"""The knowledge base as the server sees it: one index, the readers that may be chosen.

Only readers that the settings name can be chosen: a name in a request never makes the
server load a folder or fetch a model.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from qa.openbook import OpenBook, load_bound
from qa.registry import default_calibration, load_reader
from qa.types import Result
from retrieval.types import Article, Roles

__all__ = ["Library"]


class Library:
    """One open book a reader, over the same index.

    Args:
        book: With the usual reader.
        readers: All that may be chosen, the usual one first.
        kb: The knowledge base, for its calibration.
    """

    def __init__(self, book: OpenBook, readers: Sequence[str], kb: Path) -> None:
        self.book = book
        self._readers = tuple(readers)
        self._books = {self._readers[0]: book}
        self._kb = kb
        self._loading = threading.Lock()

    @classmethod
    def open(cls, kb: Path, readers: Sequence[str]) -> Library:
        """Open a knowledge base with the first of the readers.

        Raises:
            StoreError: The index is absent, damaged or foreign.
            ReaderError: There is no such reader, or it can't be loaded.
            CalibrationError: A stored calibration is damaged.
        """
        return cls(OpenBook.open(kb, reader=readers[0]), readers, kb)

    @property
    def readers(self) -> tuple[str, ...]:
        """Readers that may be chosen, the usual one first."""
        return self._readers

    @property
    def generation(self) -> str:
        """State of the knowledge base that answers."""
        return self.book.engine.generation

    def ask(
        self,
        question: str,
        *,
        roles: Roles,
        reader: str | None = None,
        budget_ms: float | None = None,
    ) -> Result:
        """Answer or refuse, inside the asker's rights.

        Raises:
            AnsweringError: `budget_ms` makes no sense, or the reader can't be loaded.
            KeyError: The reader isn't one that may be chosen.
        """
        return self._with(reader).ask(question, roles=roles, budget_ms=budget_ms)

    def article(self, article_id: str, *, roles: Roles) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        return self.book.engine.article(article_id, roles=roles)

    def _with(self, reader: str | None) -> OpenBook:
        name = reader or self._readers[0]
        if name not in self._readers:
            raise KeyError(name)
        with self._loading:
            if name not in self._books:
                self._books[name] = OpenBook(
                    self.book.engine,
                    load_reader(name),
                    reader_name=name,
                    calibration=default_calibration(name),
                    bound=load_bound(self._kb),
                )
            return self._books[name]
