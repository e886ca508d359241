"""Articles whose file can't be read now: when the last version stays, and when not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.engines.local import open_index
from retrieval.index.indexing import IndexOptions, IndexReport, bring_up_to_date
from retrieval.index.store import IndexStore

STAFF = frozenset({"staff"})
BROKEN = b"caf\xe9 \xff"


def index(source: Path, kb: Path, encoder: Any, **options: Any) -> IndexReport:
    return bring_up_to_date([source], kb, IndexOptions(**options), encoder=encoder)


def ids(kb: Path) -> set[str]:
    return set(IndexStore(kb).open().ids)


def test_broken_file_keeps_its_last_version(source: Path, kb: Path, fake_encoder: Any) -> None:
    index(source, kb, fake_encoder)
    (source / "vpn.md").write_bytes(BROKEN)
    report = index(source, kb, fake_encoder)
    assert report.kept == ("vpn",)
    assert (report.built, report.removed, len(report.rejected)) == (False, (), 1)
    assert any("stay as they were" in warning for warning in report.warnings)
    found = open_index(kb, encoder=fake_encoder).article("vpn")
    assert found is not None
    assert "Launchpad" in found.body


def test_mended_file_replaces_it(source: Path, kb: Path, fake_encoder: Any) -> None:
    index(source, kb, fake_encoder)
    (source / "vpn.md").write_bytes(BROKEN)
    index(source, kb, fake_encoder)
    (source / "vpn.md").write_text("---\nid: vpn\n---\nCall us.\n", "utf-8")
    report = index(source, kb, fake_encoder)
    assert (report.kept, report.edited) == ((), ("vpn",))


def test_deleted_broken_file_is_gone(source: Path, kb: Path, fake_encoder: Any) -> None:
    index(source, kb, fake_encoder)
    (source / "vpn.md").write_bytes(BROKEN)
    index(source, kb, fake_encoder)
    (source / "vpn.md").unlink()
    assert index(source, kb, fake_encoder).removed == ("vpn",)


def test_refusal_about_rights_keeps_nothing(source: Path, kb: Path, fake_encoder: Any) -> None:
    index(source, kb, fake_encoder)
    text = (source / "vpn.md").read_text("utf-8")
    (source / "vpn.md").write_text(text.replace("id: vpn", "id: vpn\naudience: {a: b}"), "utf-8")
    report = index(source, kb, fake_encoder)
    assert (report.kept, report.removed) == ((), ("vpn",))


def test_file_that_gave_other_articles_keeps_nothing(
    source: Path, kb: Path, fake_encoder: Any
) -> None:
    index(source, kb, fake_encoder)
    lines = (source / "hr.jsonl").read_text("utf-8").splitlines()
    (source / "hr.jsonl").write_text("\n".join([*lines[:2], "{"]), "utf-8")
    report = index(source, kb, fake_encoder)
    assert (report.kept, report.removed) == ((), ("lunch",))


def test_id_that_moved_to_another_file_is_not_kept(
    source: Path, kb: Path, fake_encoder: Any
) -> None:
    index(source, kb, fake_encoder)
    text = (source / "vpn.md").read_text("utf-8")
    (source / "moved.md").write_text(text.replace("Launchpad", "Finder"), "utf-8")
    (source / "vpn.md").write_bytes(BROKEN)
    report = index(source, kb, fake_encoder)
    assert (report.kept, report.edited) == ((), ("vpn",))


@pytest.mark.parametrize("default", ["option", "folder", "unreadable"])
def test_narrower_default_is_not_undone(
    tmp_path: Path, kb: Path, fake_encoder: Any, default: str
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("a", "b", "c", "d"):
        (folder / f"{name}.txt").write_text(f"The code {name} is 1234.", "utf-8")
    index(folder, kb, fake_encoder)
    (folder / "a.txt").write_bytes(BROKEN)
    options: dict[str, Any] = {"yes": True}
    if default == "option":
        options["audience"] = ("staff",)
    else:
        content = 'audience = ["staff"]' if default == "folder" else "audience = ["
        (folder / "_frontdesk.toml").write_text(content, "utf-8")
    report = index(folder, kb, fake_encoder, **options)
    assert report.kept == ()
    assert "a.txt" not in ids(kb)
    assert open_index(kb, encoder=fake_encoder).retrieve("code a", 9) == []


def test_unchanged_default_keeps(tmp_path: Path, kb: Path, fake_encoder: Any) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("a", "b", "c", "d"):
        (folder / f"{name}.txt").write_text(f"The code {name} is 1234.", "utf-8")
    index(folder, kb, fake_encoder, audience=("staff",))
    (folder / "a.txt").write_bytes(BROKEN)
    assert index(folder, kb, fake_encoder, audience=("staff",)).kept == ("a.txt",)
    engine = open_index(kb, encoder=fake_encoder)
    assert engine.article("a.txt") is None
    assert engine.article("a.txt", roles=STAFF) is not None


def test_nothing_is_kept_of_other_sources(
    source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"id": "o", "body": "Other."}), "utf-8")
    bring_up_to_date([source, other], kb, encoder=fake_encoder)
    (source / "vpn.md").write_bytes(BROKEN)
    report = index(source, kb, fake_encoder)
    assert (report.kept, report.removed) == (("vpn",), ("o",))
