"""A file that keeps its reader busy, or fills the memory, is named; the others go on."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from loading_types import Write

from retrieval.articles import child as reading_process
from retrieval.articles import load_articles
from retrieval.articles.audience import RightsField
from retrieval.articles.isolation import Child, Limits, _ended
from retrieval.articles.loader import Draft, Skipped, SourceFile, WatchedFile
from retrieval.errors import ArticleError

TODAY = date(2026, 3, 1)

HOSTILE = """
import os, sys, time
from retrieval.articles.loader import Draft, Skipped

def load(file):
    text = file.path.read_text()
    yield Skipped("draft")
    if text == "busy":
        while True:
            pass
    if text == "asleep":
        time.sleep(60)
    if text == "large":
        held = [bytearray(10_000_000) for _ in range(1000)]
    if text == "dead":
        os.abort()
    if text == "gone":
        raise FileNotFoundError(2, "No such file")
    if text == "odd":
        raise KeyError("title")
    if text == "loud":
        print("not a record")
    if text == "day":
        text = file.today.isoformat()
    if text == "rights":
        text = repr(file.rights)
    yield Draft(text, "Body.", "text")
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A child whose loader `retrieval.articles.hostile` does what its file says."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile_loader.py").write_text(
        "import sys, types\nmodule = types.ModuleType('retrieval.articles.hostile')\n"
        f"exec({HOSTILE!r}, module.__dict__)\nsys.modules[module.__name__] = module\n"
    )
    (folder / "sitecustomize.py").write_text("import hostile_loader\n")
    sys.path.insert(0, str(folder))
    child = Child(Limits(cpu_s=2.0, wall_s=60, memory_bytes=700_000_000))
    yield child
    child.close()
    sys.path.remove(str(folder))


def read(child: Child, folder: Path, text: str, **options: object) -> list[object]:
    path = folder / "x.txt"
    path.write_text(text)
    return list(child.read("hostile", SourceFile(path, "x.txt", TODAY, **options)))  # type: ignore[arg-type]


def test_items_come_as_they_are_found(hostile: Child, tmp_path: Path) -> None:
    assert read(hostile, tmp_path, "T") == [Skipped("draft"), Draft("T", "Body.", "text")]
    assert read(hostile, tmp_path, "loud")[1:] == [Draft("loud", "Body.", "text")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("busy", "takes more than 2 s of computing"),
        ("large", "needs more than 700 MB of memory"),
        ("dead", r"ended the process that read it \(code -6\)"),
        ("odd", r"was not foreseen \(KeyError: .*title.*\); please report it"),
    ],
)
def test_a_file_over_a_limit_is_refused_and_the_next_is_read(
    hostile: Child, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(ArticleError, match=reason):
        read(hostile, tmp_path, text)
    assert len(read(hostile, tmp_path, "fine")) == 2


def test_a_reader_that_only_waits_is_ended(tmp_path: Path, hostile: Child) -> None:
    impatient = Child(Limits(wall_s=1.0))
    with pytest.raises(ArticleError, match="takes too long"):
        read(impatient, tmp_path, "asleep")
    impatient.close()


def test_errors_of_the_system_stay_such(hostile: Child, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        read(hostile, tmp_path, "gone")


def test_whoever_watches_a_file_is_told_that_the_day_was_asked_for(
    hostile: Child, tmp_path: Path
) -> None:
    for text, asked in (("day", True), ("no day", False)):
        path = tmp_path / "x.txt"
        path.write_text(text)
        file = WatchedFile(path, "x.txt", TODAY)
        found = list(hostile.read("hostile", file))
        assert file.asked is asked
    assert found[1] == Draft("no day", "Body.", "text")


def test_rights_of_the_folder_reach_the_loader(hostile: Child, tmp_path: Path) -> None:
    rights = RightsField("visibility", {"all": None, "x": ("hr",), "none": ()})
    found = read(hostile, tmp_path, "rights", rights=rights)
    assert isinstance(found[1], Draft)
    assert found[1].title == repr(rights)


def test_a_file_given_up_half_way_leaves_nothing_for_the_next(
    hostile: Child, tmp_path: Path
) -> None:
    path = tmp_path / "x.txt"
    path.write_text("half")
    items = hostile.read("hostile", SourceFile(path, "x.txt", TODAY))
    assert next(items) == Skipped("draft")
    items.close()  # type: ignore[attr-defined]
    assert read(hostile, tmp_path, "next")[1] == Draft("next", "Body.", "text")


def test_limit_of_memory_grows_with_the_file() -> None:
    assert Limits(memory_bytes=100, memory_factor=3).memory(10) == 130


def test_reasons_name_the_limit() -> None:
    assert "too much memory" in _ended(-signal.SIGKILL, Limits())
    assert "60 s" in _ended(-signal.SIGPROF, Limits())


def test_answers_end_with_how_it_went(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\naudience: {}\n---\n")
    request = {
        "module": "markdown", "path": os.fspath(path), "relative": "a.md",
        "today": TODAY.isoformat(), "rights": None,
    }  # fmt: skip
    steps: list[int] = []
    (end,) = reading_process.answer(request, lambda: steps.append(1))
    assert (end["type"], end["unclear"], end["line"], len(steps)) == ("end", True, 2, 1)
    path.unlink()
    (end,) = reading_process.answer(request, lambda: None)
    assert end["errno"] == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("attributes.html", "<p " + "a b=c " * 200_000 + ">Text.</p>"),
        ("dotted.md", "+++\n" + "a." * 30_000 + "b = 1\n+++\nText."),
        ("brackets.md", "[" * 60_000),
        ("stars.md", "*a " * 60_000),
        ("tags.md", "<" * 60_000),
        ("braces.md", "{% " * 30_000 + "{{< " * 30_000 + ":::" * 30_000),
        ("quotes.md", "> " * 20_000 + "x"),
        ("spaces.md", "a" + " " * 100_000 + "\n" + "`" * 50_000),
        ("nested.html", "<div>" * 100_000),
    ],
)
def test_hostile_texts_end_soon(write: Write, name: str, content: str) -> None:
    write("fine.txt", "Fine.")
    loaded = load_articles([write(name, content).parent])
    assert "fine.txt" in {article.id for article in loaded.articles}
    assert not [bad for bad in loaded.rejected if "computing" in bad.reason]
