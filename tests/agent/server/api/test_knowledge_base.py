"""A knowledge base that changes while it answers: the server goes on, and nothing is lost."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agent.server.api.knowledge_base import LiveKnowledgeBase
from agent.server.api.polling import Poller
from qa.deciding.bound import BOUND_FILE
from qa.openbook import OpenBook
from qa.types import Candidate, Reading
from retrieval import bring_up_to_date
from retrieval.encoding.encoder import SentenceEncoder, load_encoder
from retrieval.engines.local import LocalEngine
from retrieval.index.store import IndexStore
from retrieval.types import PUBLIC, Passage


class FirstWords:
    """Reads by quoting the first sentence of the first passage; waits if it is told to."""

    id = "first-words@0"
    null_threshold = 0.0

    def __init__(self) -> None:
        self.reading = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        self.reading.set()
        self.go_on.wait(20)
        if not passages:
            return Reading((), 0.0)
        passage = passages[0]
        start = passage.start
        end = start + passage.text.index(".")
        return Reading((Candidate(passage, start, end, 9.0, 0.0),), 0.0)


def write(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "door.md").write_text(f"# The door\n\n{text}\n", "utf-8")


Index = Callable[[str], None]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder()


@pytest.fixture
def index(tmp_path: Path, encoder: SentenceEncoder) -> Index:
    def build(colour: str) -> None:
        write(tmp_path / "articles", f"The code of the door is {colour}. Say it twice.")
        bring_up_to_date([tmp_path / "articles"], tmp_path / "kb", encoder=encoder)

    return build


@pytest.fixture
def kb(tmp_path: Path, index: Index) -> Path:
    index("blue")
    return tmp_path / "kb"


@pytest.fixture
def reader() -> FirstWords:
    return FirstWords()


@pytest.fixture
def library(kb: Path, reader: FirstWords, encoder: SentenceEncoder) -> LiveKnowledgeBase:
    return LiveKnowledgeBase(OpenBook.open(kb, reader=reader, encoder=encoder), ("first",), kb)


def answer(library: LiveKnowledgeBase) -> str:
    result = library.ask("What is the code of the door?")
    assert result.answers, result.refusal
    return result.answers[0].text


def test_refresh_answers_from_the_new_generation(library: LiveKnowledgeBase, index: Index) -> None:
    assert "blue" in answer(library)
    assert not library.refresh()
    before = library.generation
    index("green")
    assert "blue" in answer(library)
    assert library.refresh()
    assert "green" in answer(library)
    assert library.generation != before
    article = library.article("door.md", roles=PUBLIC)
    assert article is not None
    assert "green" in article.body
    assert not library.refresh()


def test_refresh_goes_back_with_a_rollback(
    library: LiveKnowledgeBase, index: Index, kb: Path
) -> None:
    index("green")
    assert library.refresh()
    IndexStore(kb).rollback()
    assert library.refresh()
    assert "blue" in answer(library)


def test_refresh_shares_reader_and_encoder(
    library: LiveKnowledgeBase, index: Index, reader: FirstWords, encoder: SentenceEncoder
) -> None:
    index("green")
    assert library.refresh()
    assert library.book.reader is reader
    assert isinstance(library.book.engine, LocalEngine)
    assert library.book.engine.encoder is encoder


def test_refresh_lets_a_request_finish_on_its_generation_and_then_releases_it(
    library: LiveKnowledgeBase, index: Index, reader: FirstWords
) -> None:
    old = weakref.ref(library.book.engine)
    reader.go_on.clear()
    reader.reading.clear()
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(answer(library)))
    asking.start()
    assert reader.reading.wait(20)
    index("green")
    assert library.refresh()
    reader.go_on.set()
    asking.join()
    assert "blue" in answers[0]
    assert "green" in answer(library)
    gc.collect()
    assert old() is None


def test_refresh_reads_a_bound_written_beside_the_same_index(
    library: LiveKnowledgeBase, kb: Path
) -> None:
    engine = library.book.engine
    IndexStore(kb).write_extra(BOUND_FILE, "{}")
    assert not library.refresh()  # damaged: left aside
    assert library.book.bound is None
    (kb / BOUND_FILE).unlink()
    assert library.refresh()
    assert library.book.engine is engine


def test_refresh_keeps_answering_from_what_it_has_when_the_new_index_is_damaged(
    library: LiveKnowledgeBase, index: Index, kb: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = library.generation
    index("green")
    name = IndexStore(kb).current()
    vectors = kb / "generations" / name / "vectors.npy"
    vectors.chmod(0o600)
    vectors.write_bytes(b"broken")
    with caplog.at_level(logging.ERROR, "frontdesk.server"):
        assert not library.refresh()
        assert not library.refresh()
    assert "blue" in answer(library)
    assert library.generation == before
    assert len(caplog.records) == 1, "said once, not every second"
    assert "can't be opened" in caplog.text
    index("red")
    assert library.refresh()
    assert "red" in answer(library)


def test_ask_refuses_a_reader_that_is_not_offered(library: LiveKnowledgeBase) -> None:
    with pytest.raises(KeyError, match="other"):
        library.ask("What is the code?", reader="other")


def test_watch_loses_no_question_while_the_index_is_rebuilt(
    library: LiveKnowledgeBase, index: Index
) -> None:
    answers: list[str] = []
    stop = threading.Event()

    def ask_on() -> None:
        while not stop.is_set():
            answers.append(answer(library))

    askers = [threading.Thread(target=ask_on) for _ in range(3)]
    watch = Poller(library.refresh, every_s=0.01)
    try:
        for asker in askers:
            asker.start()
        for colour in ("green", "red"):
            index(colour)
            until = time.monotonic() + 30
            while colour not in answer(library):
                assert time.monotonic() < until
    finally:
        stop.set()
        for asker in askers:
            asker.join()
        watch.close()
    colours = {text.rpartition(" ")[2] for text in answers}
    assert colours <= {"blue", "green", "red"}
    assert {"green", "red"} <= colours
