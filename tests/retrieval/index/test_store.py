"""The directory of a knowledge base: opening, damage, rollback, clean-up, extras."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.errors import IndexingError, IndexLocked, StoreError
from retrieval.index.generation import Generation
from retrieval.index.indexing import bring_up_to_date
from retrieval.index.store import KEEP_GENERATIONS, IndexStore
from retrieval.system.durable import files_under

Build = Callable[..., IndexStore]


@pytest.fixture
def build(source: Path, kb: Path, fake_encoder: Any) -> Build:
    """Return a function that builds so many generations, each with one article more."""

    def built(generations: int = 1) -> IndexStore:
        for _ in range(generations):
            number = len(list(source.iterdir()))
            (source / f"extra{number}.txt").write_text(f"Extra {number}.", "utf-8")
            bring_up_to_date([source], kb, encoder=fake_encoder)
        return IndexStore(kb)

    return built


def damage(path: Path) -> None:
    """Flip one bit in the middle, or add a byte to an empty file."""
    content = bytearray(path.read_bytes()) or bytearray(b"x")
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


# Opening


@pytest.mark.parametrize("method", ["open", "current", "health", "rollback"])
def test_absent_knowledge_base_is_named(kb: Path, method: str) -> None:
    with pytest.raises(StoreError, match=r"there is no knowledge base at .*kb.*frontdesk index"):
        getattr(IndexStore(kb), method)()
    assert not kb.exists()


@pytest.mark.parametrize("method", ["open", "current", "health", "rollback", "prepare"])
@pytest.mark.parametrize("marker", [None, "{", "[]", '{"format": "other"}'])
def test_foreign_folder_is_refused(kb: Path, method: str, marker: str | None) -> None:
    kb.mkdir()
    (kb / "mine.txt").write_text("mine", "utf-8")
    if marker is not None:
        (kb / "frontdesk-kb.json").write_text(marker, "utf-8")
    with pytest.raises(StoreError, match="is not a knowledge base of Frontdesk"):
        getattr(IndexStore(kb), method)()


def test_other_layout_is_refused(build: Build, kb: Path) -> None:
    store = build()
    (kb / "frontdesk-kb.json").write_text('{"format": "frontdesk-kb", "version": 2}', "utf-8")
    with pytest.raises(StoreError, match="layout version 2 and this Frontdesk reads 1"):
        store.open()


def test_prepare_refuses_a_file(kb: Path) -> None:
    kb.write_text("mine", "utf-8")
    with pytest.raises(StoreError, match="is a file, expected the folder"):
        IndexStore(kb).prepare()


def test_prepare_needs_a_place_that_can_be_written(kb: Path) -> None:
    kb.write_text("mine", "utf-8")
    with pytest.raises(IndexingError, match="can't be written"):
        IndexStore(kb / "below").prepare()


def test_prepare_takes_what_a_killed_first_run_left(kb: Path) -> None:
    (kb / "generations").mkdir(parents=True)
    (kb / ".frontdesk-kb.json.1-2.partial").write_text("", "utf-8")
    IndexStore(kb).prepare()
    assert not IndexStore(kb).exists()
    with pytest.raises(StoreError, match="holds no finished index yet"):
        IndexStore(kb).open()


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"1\n", b"\xff"])
def test_damaged_pointer_is_told(build: Build, kb: Path, content: bytes) -> None:
    store = build(2)
    (kb / "CURRENT").write_bytes(content)
    with pytest.raises(StoreError, match=r"its file CURRENT .*frontdesk rollback"):
        store.open()
    assert not store.health().manifest
    assert store.rollback() == ("unknown", "000002")
    assert store.open().name == "000002"


def test_every_damaged_part_is_found(build: Build, kb: Path, tmp_path: Path) -> None:
    store = build(2)
    folder = kb / "generations" / "000002"
    names = [path.relative_to(folder).as_posix() for path in files_under(folder)]
    assert set(names) >= {"manifest.json", "bodies.bin", "vectors.npy", "terms/counts.npy"}
    pristine = tmp_path / "pristine"
    shutil.copytree(folder, pristine)
    for name in names:
        for harm in (damage, Path.unlink):
            harm(folder / name)
            with pytest.raises(StoreError, match=r"damaged|is not the manifest"):
                store.open()
            assert store.health().problems
            shutil.rmtree(folder)
            shutil.copytree(pristine, folder)
    assert store.open().name == "000002"
    assert not store.health().problems


def test_truncated_part_is_named_with_both_sizes(build: Build, kb: Path) -> None:
    store = build()
    path = kb / "generations" / "000001" / "vectors.npy"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=f"vectors.npy has {size - 1} bytes, expected {size}"):
        store.open()


def test_manifest_of_another_generation_is_refused(build: Build, kb: Path) -> None:
    build(2)
    for name in ("manifest.json", "manifest.sha256"):
        shutil.copy(kb / "generations" / "000001" / name, kb / "generations" / "000002" / name)
    with pytest.raises(StoreError, match="calls itself generation '000001', expected '000002'"):
        IndexStore(kb).open()


def test_pickled_array_is_not_read(build: Build, kb: Path) -> None:
    build()
    path = kb / "generations" / "000001" / "passages.npy"
    np.save(path, np.asarray([{}], dtype=object), allow_pickle=True)
    with pytest.raises(StoreError, match="can't be read"):
        Generation(kb / "generations" / "000001", verify=False)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("passages.npy", np.zeros((2, 3), np.int64), "expected int64 with 9 columns"),
        ("passages.npy", np.zeros((2, 9), np.int64), "2 passages are stored"),
        ("articles.npy", np.zeros((2, 6), np.float64), "expected int64 with 6 columns"),
        ("articles.npy", np.zeros((2, 6), np.int64), "2 articles are stored"),
        ("articles.npy", np.full((7, 6), 9, np.int64), "an audience that isn't there"),
        ("vectors.npy", np.zeros((9, 32), np.float64), "the vectors are float64"),
        ("passages.npy", np.full((9, 9), 99, np.int64), "headings that aren't there"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    build: Build, kb: Path, name: str, array: Any, message: str
) -> None:
    manifest = build().open().manifest
    if len(array) == 9:
        array = np.resize(array, (manifest.passages, array.shape[1]))
    np.save(kb / "generations" / "000001" / name, array)
    with pytest.raises(StoreError, match=message):
        Generation(kb / "generations" / "000001", verify=False)


@pytest.mark.parametrize(
    ("column", "message"),
    [(0, "an article that isn't there"), (6, "order of passage ids is broken")],
)
def test_tables_that_point_nowhere_are_refused(
    build: Build, kb: Path, column: int, message: str
) -> None:
    build()
    path = kb / "generations" / "000001" / "passages.npy"
    table = np.load(path)
    table[0, column] = len(table) + 100
    np.save(path, table)
    with pytest.raises(StoreError, match=message):
        Generation(path.parent, verify=False)


def test_terms_of_another_generation_are_refused(build: Build, kb: Path) -> None:
    build(2)
    for path in (kb / "generations" / "000001" / "terms").iterdir():
        shutil.copy(path, kb / "generations" / "000002" / "terms" / path.name)
    generation = Generation(kb / "generations" / "000002", verify=False)
    with pytest.raises(StoreError, match="has term counts for"):
        _ = generation.terms


def test_health_compares_every_article(build: Build, kb: Path) -> None:
    """A manifest written anew with wrong article hashes is caught, if only here."""
    from hashlib import sha256

    store = build()
    folder = kb / "generations" / "000001"
    record = json.loads((folder / "manifest.json").read_bytes())
    record["articles"]["vpn"] = "0" * 64
    content = json.dumps(record).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_text(sha256(content).hexdigest(), "ascii")
    assert store.health().problems == ("1 articles differ from the manifest",)


# Generations


def test_rollback_goes_back_step_by_step(build: Build, kb: Path) -> None:
    store = build(3)
    assert store.rollback() == ("000003", "000002")
    assert store.open().name == "000002"
    assert len(store.open().ids) == 8
    assert store.rollback() == ("000002", "000001")
    with pytest.raises(StoreError, match="has no generation before 000001"):
        store.rollback()
    assert store.current() == "000001"


def test_index_after_a_rollback_builds_on_what_answers(build: Build) -> None:
    store = build(2)
    store.rollback()
    store = build()
    assert store.current() == "000003"
    assert store.open().manifest.previous == "000001"
    assert store.generations() == ["000001", "000003"]
    assert store.rollback() == ("000003", "000001")
    assert build().current() == "000004"


def test_rollback_leaves_a_damaged_generation(build: Build, kb: Path) -> None:
    store = build(2)
    damage(kb / "generations" / "000002" / "manifest.json")
    assert store.rollback() == ("000002", "000001")
    assert store.open().name == "000001"


def test_rollback_refuses_a_damaged_target(build: Build, kb: Path) -> None:
    store = build(2)
    damage(kb / "generations" / "000001" / "bodies.bin")
    with pytest.raises(StoreError, match=r"damaged, generation 000001"):
        store.rollback()
    assert store.current() == "000002"


def test_rollback_says_if_the_target_was_cleaned_up(build: Build, kb: Path) -> None:
    store = build(2)
    shutil.rmtree(kb / "generations" / "000001")
    with pytest.raises(StoreError, match="is 000001, which was cleaned up"):
        store.rollback()


def test_rollback_waits_for_no_writer(build: Build) -> None:
    store = build(2)
    with store.lock(), pytest.raises(IndexLocked):
        store.rollback()


def test_rollback_without_pointer_or_generation(build: Build, kb: Path) -> None:
    store = build()
    (kb / "CURRENT").write_bytes(b"")
    damage(kb / "generations" / "000001" / "bodies.bin")
    with pytest.raises(StoreError, match="CURRENT holds ''"):
        store.rollback()


def test_old_generations_are_cleaned_up(build: Build) -> None:
    store = build(KEEP_GENERATIONS + 2)
    assert store.generations() == ["000003", "000004", "000005"]
    assert store.reachable() == ["000005", "000004", "000003"]


def test_leftovers_are_swept(build: Build, kb: Path) -> None:
    build()
    leftover = kb / "generations" / ".building-000002"
    leftover.mkdir()
    (leftover / "bodies.bin").write_bytes(b"half")
    (kb / ".CURRENT.1-2.partial").write_bytes(b"0000")
    (kb / ".calibration.json.1-2.partial").write_bytes(b"someone is writing this")
    store = build()
    assert store.current() == "000002"
    assert not leftover.exists()
    assert not (kb / ".CURRENT.1-2.partial").exists()
    assert (kb / ".calibration.json.1-2.partial").exists()


def test_open_generation_outlives_its_files(build: Build, kb: Path) -> None:
    store = build()
    generation = store.open()
    terms = generation.terms
    shutil.rmtree(kb / "generations" / "000001")
    assert "Launchpad" in generation.article(generation.row("vpn") or 0).body
    assert len(list(generation.passages)) == len(terms) == len(generation.vectors)


def test_reader_follows_a_writer_that_cleans_up_meanwhile(
    build: Build, kb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = build(2)
    current = store.current
    first = iter(["000001"])
    shutil.rmtree(kb / "generations" / "000001")
    monkeypatch.setattr(store, "current", lambda: next(first, None) or current())
    assert store.open().name == "000002"


def test_passages_are_a_sequence(build: Build) -> None:
    passages = build().open().passages
    everything = list(passages)
    assert [passages[row] for row in range(len(passages))] == everything
    assert passages[1:4:2] == everything[1:4:2]
    assert passages[-1] == everything[-1]
    assert everything[2] in passages
    for row in (len(everything), -len(everything) - 1):
        with pytest.raises(IndexError, match=f"passage {row} of {len(everything)}"):
            _ = passages[row]


def test_id_rank_is_the_order_of_ids(build: Build) -> None:
    generation = build().open()
    ids = [passage.id for passage in generation.passages]
    assert [sorted(ids).index(name) for name in ids] == generation.id_rank.tolist()


# Small files


def test_extra_comes_back_and_survives_new_generations(build: Build) -> None:
    store = build()
    assert store.read_extra("calibration.json") is None
    store.write_extra("calibration.json", '{"a": "ü"}')
    store.write_extra("calibration.json", '{"b": "ü"}')
    build()
    assert store.read_extra("calibration.json") == '{"b": "ü"}'


@pytest.mark.parametrize(
    "name", ["", "CURRENT", "frontdesk-kb.json", "../x.json", "a/b.json", ".x.json", "x.txt"]
)
def test_extra_refuses_other_names(build: Build, name: str) -> None:
    store = build()
    with pytest.raises(StoreError, match="can't be kept beside an index"):
        store.write_extra(name, "{}")
    with pytest.raises(StoreError, match="can't be kept beside an index"):
        store.read_extra(name)


def test_extra_needs_a_knowledge_base(kb: Path) -> None:
    with pytest.raises(StoreError, match="there is no knowledge base"):
        IndexStore(kb).write_extra("calibration.json", "{}")


def test_extra_that_cannot_be_used_is_named(build: Build, kb: Path) -> None:
    store = build()
    (kb / "calibration.json").write_bytes(b"\xff")
    with pytest.raises(StoreError, match=r"calibration\.json' can't be read"):
        store.read_extra("calibration.json")
    (kb / "other.json").mkdir()
    with pytest.raises(StoreError, match=r"other\.json' can't be written"):
        store.write_extra("other.json", "{}")


# Permissions


@pytest.mark.parametrize(
    ("umask", "folder_mode", "file_mode"), [(0o022, 0o750, 0o640), (0o077, 0o700, 0o600)]
)
def test_files_are_for_the_operator_and_at_most_the_group(
    source: Path, kb: Path, fake_encoder: Any, umask: int, folder_mode: int, file_mode: int
) -> None:
    before = os.umask(umask)
    try:
        bring_up_to_date([source], kb, encoder=fake_encoder)
        IndexStore(kb).write_extra("calibration.json", "{}")
    finally:
        os.umask(before)
    assert stat.S_IMODE(kb.stat().st_mode) == folder_mode
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files_under(kb)}
    assert modes.pop("LOCK") == 0o640  # empty
    assert set(modes.values()) == {file_mode}, modes
