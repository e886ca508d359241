"""Files read from memory hold exactly what their loaders would find."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retrieval.articles import load_articles
from retrieval.articles.loader import Draft, Loader, LoaderOutput, SourceFile
from retrieval.index import remembering
from retrieval.index.indexing import IndexOptions, bring_up_to_date
from retrieval.index.remembering import FileMemory
from retrieval.index.store import IndexStore

FIXTURES = Path(__file__).parents[1] / "fixtures"
TODAY = date(2024, 6, 1)


class Counting:
    """Counts how often loaders really read."""

    def __init__(self, memory: FileMemory) -> None:
        self._memory = memory
        self.parsed: list[str] = []

    def read(self, loader: Loader, file: SourceFile) -> Any:
        def counted(watched: SourceFile) -> Any:
            self.parsed.append(watched.relative)
            return loader(watched)

        counted.__module__ = loader.__module__
        return self._memory.read(counted, file)


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    """Every format's samples, in a folder of their own."""
    shutil.copytree(FIXTURES, tmp_path / "fixtures")
    return tmp_path / "fixtures"


def test_memory_holds_what_loaders_find(fixtures: Path, kb: Path, fake_encoder: Any) -> None:
    bring_up_to_date([fixtures], kb, IndexOptions(), encoder=fake_encoder)
    counting = Counting(FileMemory(IndexStore(kb).open()))
    remembered = load_articles([fixtures], read=counting.read)
    assert remembered == load_articles([fixtures])
    refused = {bad.path for bad in remembered.rejected}
    parsed = [
        path for path in counting.parsed if Path(path).suffix not in (".jsonl", ".csv", ".txt")
    ]
    assert all(any(bad.endswith(path) for bad in refused) for path in parsed), parsed


def test_changed_file_is_read_again(source: Path, kb: Path, fake_encoder: Any) -> None:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    (source / "vpn.md").write_text("# New\n\nAll new.\n", "utf-8")
    counting = Counting(FileMemory(IndexStore(kb).open()))
    loaded = load_articles([source], read=counting.read)
    assert loaded == load_articles([source])
    assert counting.parsed == ["hr.jsonl", "vpn.md"]


def test_other_loaders_read_everything_again(
    source: Path, kb: Path, fake_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    monkeypatch.setattr(remembering, "loaders_digest", lambda: "other")
    counting = Counting(FileMemory(IndexStore(kb).open()))
    load_articles([source], read=counting.read)
    assert len(counting.parsed) == 4


def test_memory_survives_updates_and_forgets_deleted_files(
    source: Path, kb: Path, fake_encoder: Any
) -> None:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    (source / "it" / "wifi.md").unlink()
    bring_up_to_date([source], kb, encoder=fake_encoder)
    files = IndexStore(kb).open().remembered_files["files"]
    assert sorted(key.split(" ", 1)[1] for key in files) == ["it/printers.md", "vpn.md"]


def test_add_goes_on_remembering_other_sources(
    source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
) -> None:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    other = tmp_path / "other.md"
    other.write_text("Other.", "utf-8")
    bring_up_to_date([other], kb, IndexOptions(add=True), encoder=fake_encoder)
    files = IndexStore(kb).open().remembered_files["files"]
    assert len(files) == 4


def read_all(
    memory: FileMemory, loader: Loader, path: Path, today: date = TODAY
) -> list[LoaderOutput]:
    return list(memory.read(loader, SourceFile(path, path.name, today)))


def memory_after(memory: FileMemory) -> dict[str, Any]:
    files: dict[str, Any] = memory.to_json([])["files"]
    return files


def test_what_depends_on_the_day_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("x", "utf-8")

    def daily(file: SourceFile) -> Any:
        yield Draft(title=f"{file.today}", body=" ", format="markdown")

    def always(file: SourceFile) -> Any:
        yield Draft(title="always", body=" ", format="markdown")

    for loader, today in ((daily, "2024-06-01"), (always, None)):
        memory = FileMemory(None)
        read_all(memory, loader, path)
        assert [entry["today"] for entry in memory_after(memory).values()] == [today]


def test_file_that_changes_while_it_is_read_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("x", "utf-8")

    def slow(file: SourceFile) -> Any:
        file.path.write_text("longer", "utf-8")
        yield Draft(title="", body=" ", format="markdown")

    memory = FileMemory(None)
    read_all(memory, slow, path)
    assert memory_after(memory) == {}


def test_text_stands_in_no_memory(source: Path, kb: Path, fake_encoder: Any) -> None:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    content = (kb / "generations" / "000001" / "files.json").read_text("utf-8")
    assert "Launchpad" not in content
