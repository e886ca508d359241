"""The knowledge base as the server sees it: its current index, the readers that may be chosen.

A new generation of the index is opened beside the one that answers and takes its place in
one step: every request is answered from one generation alone, and none waits. The old one
is let go of when its last request is done.

Only readers that the settings name can be chosen: a name in a request never makes the
server load a folder or fetch a model.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qa.deciding.bound import load_bound, stored_bound
from qa.openbook import OpenBook
from qa.registry import open_reader
from qa.types import Reader, Result
from retrieval.engines.local import LocalEngine
from retrieval.errors import RetrievalError
from retrieval.index.store import IndexStore
from retrieval.types import PUBLIC, Article, Engine, Page, Passage, Roles

__all__ = ["LiveKnowledgeBase"]

_log = logging.getLogger("frontdesk.server")

# What the state on disk is told by: the generation, and the bound stored beside it.
_State = tuple[str, str | None]


class LiveKnowledgeBase:
    """One open book a reader, over the same index; also an agent's knowledge base.

    Args:
        book: With the usual reader.
        readers: All that may be chosen, the usual one first.
        kb: The knowledge base on disk.
        prepare: Done to every reader before its first question.
    """

    def __init__(
        self,
        book: OpenBook,
        readers: Sequence[str],
        kb: Path,
        *,
        prepare: Callable[[Reader], None] = lambda _: None,
    ) -> None:
        self._readers = tuple(readers)
        # Replaced as a whole, never changed: whoever took it goes on with what it holds.
        self._books: Mapping[str, OpenBook] = {self._readers[0]: book}
        self._kb = kb
        self._store = IndexStore(kb)
        self._prepare = prepare
        self._changing = threading.Lock()
        self._tried: _State | None = (book.engine.generation, stored_bound(self._store.read_extra))

    @property
    def book(self) -> OpenBook:
        """What answers now, with the usual reader."""
        return self._books[self._readers[0]]

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
        roles: Roles = PUBLIC,
        reader: str | None = None,
        budget_ms: float | None = None,
        search: str | None = None,
        where: Sequence[str] = (),
    ) -> Result:
        """Answer or refuse, inside the asker's rights; the rest as in `qa.OpenBook.ask`.

        Raises:
            AnsweringError: `budget_ms` makes no sense, or the reader can't be loaded.
            KeyError: The reader isn't one that may be chosen.
        """
        book = self._with(reader)
        return book.ask(question, roles=roles, budget_ms=budget_ms, search=search, where=where)

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        return self.book.engine.article(article_id, roles=roles)

    def passages(
        self,
        *,
        article_id: str | None = None,
        roles: Roles = PUBLIC,
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Passage]:
        """Return a page of the passages, of one article or of all, inside these rights."""
        return self.book.passages(article_id=article_id, roles=roles, offset=offset, limit=limit)

    def refresh(self) -> bool:
        """Answer from what the knowledge base holds now; return whether that is new.

        What can't be opened is left aside, with a line in the log, and not tried again
        before it changes: what answered goes on answering.
        """
        with self._changing:
            state: _State | None = None
            try:
                state = (self._store.current(), stored_bound(self._store.read_extra))
                if state == self._tried:
                    return False
                self._books = self._opened()
            except Exception as error:  # whatever lies there: the server goes on
                if state is None or state != self._tried:
                    _log.error(
                        "the knowledge base changed and can't be opened; generation %s goes on "
                        "answering: %s",
                        self.generation,
                        error,
                        exc_info=None if isinstance(error, RetrievalError) else error,
                    )
                self._tried = state
                return False
            # What was opened may be newer still than what was seen; looked at next time.
            self._tried = (self.generation, state[1])
            _log.info("generation %s of the knowledge base answers now", self.generation)
            return True

    def _opened(self) -> Mapping[str, OpenBook]:
        """Open what is on disk, with the readers and the encoder that are loaded already."""
        engine = self.book.engine
        if self._store.current() != engine.generation:
            engine = _newer(self._store, engine)
            # What is read and built at the first question: done before anyone waits for it.
            engine.retrieve("warm up", 1, roles=PUBLIC)
        bound = load_bound(self._kb)
        return {
            name: OpenBook(
                engine,
                book.reader,
                reader_name=book.reader_name,
                calibration=book.calibration,
                bound=bound,
            )
            for name, book in self._books.items()
        }

    def _with(self, reader: str | None) -> OpenBook:
        name = reader or self._readers[0]
        if name not in self._readers:
            raise KeyError(name)
        book = self._books.get(name)
        if book is not None:
            return book
        with self._changing:
            if name not in self._books:
                opened = open_reader(name)
                self._prepare(opened.reader)
                book = OpenBook(
                    self.book.engine,
                    opened.reader,
                    reader_name=opened.name,
                    calibration=opened.calibration,
                    bound=self.book.bound,
                )
                self._books = {**self._books, name: book}
            return self._books[name]


def _newer(store: IndexStore, engine: Engine) -> LocalEngine:
    generation = store.open()
    shared = None
    if isinstance(engine, LocalEngine) and engine.encoder_id == generation.manifest.encoder.id:
        shared = engine.encoder
    return LocalEngine(generation, encoder=shared)
