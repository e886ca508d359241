import multiprocessing
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.encoding.cache import CACHE_VARIABLE, CachedEncoder, default_cache_folder

TEXTS = ["open the vpn", "reset a password", "", "open the vpn", "é"]


class CountingEncoder:
    """Remembers what it was asked for; a text's length and first letter are its vector."""

    dim = 2

    def __init__(self, name: str = "counting@1") -> None:
        self.id = name
        self.asked: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Any:
        return -self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return np.array([[len(text), ord((text or "\0")[0])] for text in texts], np.float32)


def file_of(folder: Path) -> Path:
    (found,) = (folder / "encodings").glob("*.sqlite3")
    return found


@pytest.mark.parametrize("keep", [True, False])
def test_cached_encoder_gives_what_the_encoder_gives(keep: bool, tmp_path: Path) -> None:
    plain = CountingEncoder()
    for _ in range(2):
        cached = CachedEncoder(CountingEncoder(), tmp_path if keep else None)
        assert (cached.id, cached.dim) == (plain.id, plain.dim)
        assert np.array_equal(cached.encode_passages(TEXTS), plain.encode_passages(TEXTS))
        assert np.array_equal(cached.encode_queries(TEXTS), plain.encode_queries(TEXTS))
        assert cached.encode_passages([]).shape == cached.encode_queries([]).shape == (0, 2)


def test_cached_encoder_encodes_each_text_once_ever(tmp_path: Path) -> None:
    first, second = CountingEncoder(), CountingEncoder()
    CachedEncoder(first, tmp_path).encode_passages(TEXTS)
    assert sorted(first.asked) == sorted(set(TEXTS))
    CachedEncoder(second, tmp_path).encode_passages([*TEXTS, "new"])
    assert second.asked == ["new"]


def test_cached_encoder_keeps_queries_in_memory(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    cached = CachedEncoder(encoder, None)
    cached.encode_queries(["a", "b"])
    cached.encode_queries(["b"])
    assert encoder.asked == ["a", "b"]


def test_cached_encoder_tells_encoders_and_queries_apart(tmp_path: Path) -> None:
    CachedEncoder(CountingEncoder("one@1"), tmp_path).encode_passages(["a"])
    other = CountingEncoder("other@1")
    CachedEncoder(other, tmp_path).encode_passages(["a"])
    CachedEncoder(other, tmp_path).encode_queries(["a"])
    assert other.asked == ["a", "a"]


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b""])
def test_cached_encoder_drops_a_damaged_file(content: bytes, tmp_path: Path) -> None:
    CachedEncoder(CountingEncoder(), tmp_path).encode_passages(TEXTS)
    file_of(tmp_path).write_bytes(content)
    again = CountingEncoder()
    assert len(CachedEncoder(again, tmp_path).encode_passages(TEXTS)) == len(TEXTS)
    assert sorted(again.asked) == sorted(set(TEXTS))
    last = CountingEncoder()
    CachedEncoder(last, tmp_path).encode_passages(TEXTS)
    assert last.asked == []


def test_cached_encoder_encodes_again_what_has_the_wrong_length(tmp_path: Path) -> None:
    CachedEncoder(CountingEncoder(), tmp_path).encode_passages(["a"])
    connection = sqlite3.connect(file_of(tmp_path))
    with connection:
        connection.execute("UPDATE encodings SET vector = x'00'")
    connection.close()
    again = CountingEncoder()
    CachedEncoder(again, tmp_path).encode_passages(["a"])
    assert again.asked == ["a"]


def test_cached_encoder_works_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cached = CachedEncoder(CountingEncoder(), tmp_path / "file")
    assert len(cached.encode_passages(TEXTS)) == len(TEXTS)


def test_cached_encoder_reports_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    cached = CachedEncoder(
        CountingEncoder(), tmp_path, progress=lambda done, total: seen.append((done, total))
    )
    cached.encode_passages([f"text {number}" for number in range(1_000)])
    assert seen == [(512, 1_000), (1_000, 1_000)]


def encode_in_a_process(folder: Path, start: int) -> None:
    texts = [f"text {number}" for number in range(start, start + 600)]
    CachedEncoder(CountingEncoder(), folder).encode_passages(texts)


def test_cached_encoder_is_safe_with_two_processes(tmp_path: Path) -> None:
    # "spawn" would import this file by a module name that a test file does not have.
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=encode_in_a_process, args=(tmp_path, start)) for start in (0, 300)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    last = CountingEncoder()
    CachedEncoder(last, tmp_path).encode_passages([f"text {number}" for number in range(900)])
    assert last.asked == []


def test_default_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "/somewhere")
    assert default_cache_folder() == Path("/somewhere")
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_cache_folder() == Path("/caches/frontdesk")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert default_cache_folder() == Path("/home/someone/.cache/frontdesk")
