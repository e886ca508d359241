"""Opening an agent's parts from what is on disk, with the encoder that comes installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from agent.configuration import load_agent
from agent.conversation.script import PERSON_INTENT
from agent.errors import ConfigurationError
from agent.memory.sessions import SessionStore
from agent.opening import open_parts
from agent.types import IntentExample
from qa.types import Reading
from retrieval.index.indexing import bring_up_to_date
from retrieval.types import Passage

AGENT = """
name: Desk
intents: [intents.yaml]
handle:
  order: {reply: "Ordered."}
"""
INTENTS = """
intents:
  order: [order a mouse, I want a new keyboard, get me a monitor, I would like a headset]
  parking: [where can I park, is there a car park, parking please, leave my car]
"""
RESTRICTED = "The vault of the guards"


class BlindReader:
    """Reads and finds nothing."""

    id = "blind@0"
    null_threshold = 0.0

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        return Reading((), 0.0)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with an agent and its knowledge base."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "articles").mkdir()
    (folder / "articles" / "leave.md").write_text("# Annual leave\n\nYou have 25 days.\n")
    (folder / "articles" / "vault.md").write_text(
        f"---\naudience: [guards]\n---\n# {RESTRICTED}\n\nIt opens at nine.\n"
    )
    (folder / "agent.yaml").write_text(AGENT)
    (folder / "intents.yaml").write_text(INTENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRONTDESK_CACHE_DIR", str(folder / "cache"))
        bring_up_to_date([folder / "articles"], folder / "kb")
        yield folder


def test_open_parts_joins_what_the_configuration_names(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Sequence[object]] = []
    import agent.intents

    real = agent.intents.load_or_train

    def watched(examples: Sequence[IntentExample], **options: object) -> object:
        learned.extend([examples, options["background"]])  # type: ignore[list-item]
        return real(examples, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(agent.intents, "load_or_train", watched)
    parts = open_parts(desk / "kb", agent=desk / "agent.yaml", reader=BlindReader())
    assert parts.config == load_agent(desk / "agent.yaml")
    assert {"order", "parking", PERSON_INTENT} <= set(parts.classifier.intents)
    assert parts.classifier.classify(["order a mouse"])[0].intent == "order"
    assert parts.sessions.path is None
    # What anyone could learn from a classifier must be public.
    assert learned[1] == ("Annual leave",)


def test_open_parts_loads_one_encoder(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import retrieval.encoding.encoder

    real = retrieval.encoding.encoder.load_encoder
    loaded: list[object] = []

    def watched(*names: str) -> object:
        loaded.append(names)
        return real(*names)

    monkeypatch.setattr(retrieval.encoding.encoder, "load_encoder", watched)
    parts = open_parts(desk / "kb", agent=desk / "agent.yaml", reader=BlindReader())
    parts.knowledge_base.ask("How many days of leave?")
    assert loaded == [()]


def test_open_parts_takes_a_store_a_file_and_a_configuration(desk: Path, tmp_path: Path) -> None:
    config = load_agent(desk / "agent.yaml")
    store = SessionStore.in_memory()
    given = open_parts(desk / "kb", agent=config, reader=BlindReader(), sessions=store)
    assert (given.config, given.sessions) == (config, store)
    path = tmp_path / "sessions.db"
    kept = open_parts(desk / "kb", agent=config, reader=BlindReader(), sessions=path).sessions
    assert kept.path == path
    kept.close()


def test_open_parts_needs_a_configuration_that_is_there(desk: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        open_parts(desk / "kb", agent=desk / "nowhere.yaml", reader=BlindReader())
