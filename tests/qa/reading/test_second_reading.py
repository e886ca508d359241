"""Whether the large reader reads here: by setting, weights, processor and memory."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from qa import registry
from qa.errors import ReaderError
from qa.reading import second_reading as module
from qa.reading.bert import BertReader
from qa.reading.checked import CheckedReader
from qa.reading.second_reading import VARIABLE, available_memory, second_reading


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("fast", [True, False])
def test_the_processor_decides_the_precision(
    weights: Path, monkeypatch: pytest.MonkeyPatch, fast: bool
) -> None:
    monkeypatch.setattr("retrieval.encoding.bert.has_fast_bfloat16", lambda: fast)
    monkeypatch.setattr(module, "available_memory", lambda: None)
    found = second_reading(weights)
    assert found.precision == ("bfloat16" if fast else "float32")
    assert str(found).startswith("a large reader checks the small one's best spans, in ")


def test_without_memory_or_weights_the_small_reader_reads_alone(
    weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "available_memory", lambda: 100 << 20)
    found = second_reading(weights)
    assert found.precision is None
    assert "100 MB of memory are free, and it needs" in str(found)
    absent = second_reading(tmp_path / "absent")
    assert absent.precision is None
    assert str(tmp_path / "absent") in absent.reason


@pytest.mark.parametrize("setting", ["bfloat16", "float32"])
def test_the_setting_wins_over_the_machine(
    weights: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr(module, "available_memory", lambda: 0)
    monkeypatch.setenv(VARIABLE, setting.upper())
    assert second_reading(weights).precision == setting
    monkeypatch.setenv(VARIABLE, "off")
    assert second_reading(weights).switched_off
    monkeypatch.setenv(VARIABLE, "fp8")
    with pytest.raises(ReaderError, match=f"{VARIABLE} is 'fp8'. Expected one of auto, bfloat16"):
        second_reading(weights)


def test_memory_is_the_least_of_the_machines_and_the_containers(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    assert available_memory(meminfo, tmp_path) is None
    meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:    2000 kB\n", encoding="ascii")
    assert available_memory(meminfo, tmp_path) == 2000 << 10
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    (tmp_path / "memory.current").write_text("1000\n", encoding="ascii")
    assert available_memory(meminfo, tmp_path) == 2000 << 10
    (tmp_path / "memory.max").write_text("1500\n", encoding="ascii")
    assert available_memory(meminfo, tmp_path) == 500


def test_checked_falls_back_to_the_small_reader_and_says_so(
    tmp_path: Path,
    tiny_bert: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "bert").symlink_to(tiny_bert)
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    monkeypatch.setenv(VARIABLE, "auto")
    opened = registry.open_reader("checked")
    assert isinstance(opened.reader, BertReader)
    assert opened.name == "tiny"
    assert "the small reader reads alone: the large reader's weights aren't in" in caplog.text
    caplog.clear()
    monkeypatch.setenv(VARIABLE, "off")
    with caplog.at_level(logging.WARNING):
        assert isinstance(registry.load_reader("checked"), BertReader)
    assert not caplog.text


@pytest.mark.parametrize("setting", ["bfloat16", "float32"])
def test_checked_loads_both_readers(
    tmp_path: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    (tmp_path / "bert").symlink_to(tiny_bert)
    (tmp_path / "large").symlink_to(tiny_bert)
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    monkeypatch.setenv(VARIABLE, setting)
    opened = registry.open_reader("checked")
    assert isinstance(opened.reader, CheckedReader)
    assert opened.name == "checked"
    _, large = opened.reader.readers
    assert str(large._encoder.dtype) == f"torch.{setting}"  # type: ignore[attr-defined]
