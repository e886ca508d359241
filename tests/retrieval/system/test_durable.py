"""Atomic replacement, digests and syncing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from retrieval.system.durable import digest, digests, files_under, replace_file, sync_tree


def test_replace_file_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "pointer"
    replace_file(path, b"one")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [found.name for found in tmp_path.iterdir()] == ["pointer"]


def test_replace_file_keeps_the_old_one_if_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pointer"
    replace_file(path, b"one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"two")
    assert path.read_bytes() == b"one"
    assert [found.name for found in tmp_path.iterdir()] == ["pointer"]


@pytest.mark.parametrize("sizes", [(), (0,), (5,), (1, 0, 100_000)])
def test_digests_equal_hashlib(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    paths = []
    for number, size in enumerate(sizes):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(bytes([number]) * size)
    expected = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert digests(paths) == expected
    assert [digest(path) for path in paths] == expected


def test_files_under_leaves_out_links_and_folders(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "file").write_bytes(b"")
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert [path.name for path in files_under(tmp_path)] == ["a", "file"]


def test_sync_tree_reaches_every_file_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "file").write_bytes(b"x")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    sync_tree(tmp_path)
    expected = {(tmp_path / name).stat().st_ino for name in ("b/file", "b", ".")}
    assert set(synced) == expected
