"""Readers by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.deciding.calibration import GENERIC
from qa.errors import ReaderError
from qa.reading.bert import BertReader
from qa.registry import READERS, WEIGHTS, default_calibration, load_reader


def test_load_reader_takes_a_folder(tiny_bert: Path) -> None:
    reader = load_reader(tiny_bert)
    assert isinstance(reader, BertReader)
    assert load_reader(str(tiny_bert)).id == reader.id


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("brt", r"no reader 'brt'\. Did you mean 'bert'\? Expected 'bert', 'bidaf'"),
        (
            "zzz",
            r"no reader 'zzz'\. Expected 'bert', 'bidaf', 'bidaf-bert', 'both', 'checked', ",
        ),
        ("", r"no reader ''"),
        ("./no/such/folder", r"no reader '\./no/such/folder'"),
        ("../missing", r"no reader '\.\./missing'"),
    ],
)
def test_load_reader_names_what_there_is(name: str, message: str) -> None:
    with pytest.raises(ReaderError, match=message):
        load_reader(name)


def test_load_reader_of_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"no readable .*config\.json' with a model_type"):
        load_reader(tmp_path)
    (tmp_path / "config.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ReaderError, match="model_type"):
        load_reader(tmp_path)


def test_load_reader_offline_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ReaderError, match=r"no folder 'owner/model' here"):
        load_reader("owner/model")


def test_default_calibration_lies_beside_the_weights(tmp_path: Path) -> None:
    assert default_calibration(tmp_path) is GENERIC
    stored = {**GENERIC.to_json(), "threshold": 0.9}
    (tmp_path / "calibration.json").write_text(json.dumps(stored), encoding="utf-8")
    assert default_calibration(tmp_path).threshold == 0.9


@pytest.mark.parametrize("name", ["bidaf", "bidaf-bert", "both"])
def test_readers_without_weights_say_how_to_train_them(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("qa.registry.WEIGHTS", tmp_path)
    with pytest.raises(ReaderError, match=r"No weights of the reader .bidaf.*train bidaf"):
        load_reader(name)


def test_default_calibration_of_both_is_berts_until_it_has_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("qa.registry.WEIGHTS", tmp_path)
    for name, threshold in (("bert", 0.6), ("both", 0.7)):
        (tmp_path / name).mkdir()
        stored = {**GENERIC.to_json(), "threshold": threshold}
        (tmp_path / name / "calibration.json").write_text(json.dumps(stored), encoding="utf-8")
        assert default_calibration("both").threshold == threshold


def test_readers_is_where_new_ones_plug_in(
    monkeypatch: pytest.MonkeyPatch, fake_reader: Callable[..., object]
) -> None:
    reader = fake_reader({"yes": 1.0})
    monkeypatch.setitem(READERS, "fake", lambda: reader)
    assert load_reader("fake") is reader


def test_weights_lie_in_the_package() -> None:
    assert WEIGHTS.parent.name == "qa"
