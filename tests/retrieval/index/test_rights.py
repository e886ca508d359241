"""Where two readings of a right are possible the stricter one holds, and loosening one asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.engines.local import open_index
from retrieval.errors import ConfirmationNeeded
from retrieval.index.indexing import IndexOptions, IndexReport, bring_up_to_date
from retrieval.index.store import IndexStore

PAY = "---\nid: pay\ntitle: Pay\n{}---\nThe pay is 1234.\n"
STAFF = 'audience = ["staff"]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five public articles, one of them Markdown."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "pay.md").write_text(PAY.format(""))
    for name in "abcd":
        (folder / f"{name}.txt").write_text(f"The code {name} is 1234.")
    return folder


def index(folder: Path, kb: Path, encoder: Any, **options: Any) -> IndexReport:
    return bring_up_to_date([folder], kb, IndexOptions(**options), encoder=encoder)


def visible(kb: Path, encoder: Any, *roles: str) -> set[str]:
    engine = open_index(kb, encoder=encoder)
    rights = frozenset(roles)
    return {name for name in IndexStore(kb).open().ids if engine.article(name, roles=rights)}


@pytest.mark.parametrize(
    "slip",
    [
        b"audience: [hr\n", b"audience [hr]\n", b" audience: [hr]\n", b"Audience: [hr]\n",
        b"audience: [hr]\naudience: []\n", b"tags:\n  audience: [hr]\n", b"audience: {hr}\n",
        b"audience: [hr, caf\xe9]\n", b"audience: hr\n", b"note: \xff\n", b"audiences: [hr]\n",
    ],
)  # fmt: skip
def test_slip_in_the_front_matter_publishes_nothing(
    folder: Path, kb: Path, fake_encoder: Any, slip: bytes
) -> None:
    index(folder, kb, fake_encoder)
    assert "pay" in visible(kb, fake_encoder)
    (folder / "pay.md").write_bytes(b"---\nid: pay\n" + slip + b"---\nThe pay is 9999.\n")
    index(folder, kb, fake_encoder)
    assert "pay" not in visible(kb, fake_encoder)


@pytest.mark.parametrize(
    "text",
    [
        b"---\nid: pay\naudience: [hr]\nThe end is missing.\n",
        b"id: pay\naudience: [hr]\n---\nThe beginning is missing.\n",
        b"---\nid: pay\naudience: [hr]\n---\nA bad byte \xff further down.\n",
    ],
)
def test_broken_file_that_may_be_restricted_is_not_kept(
    folder: Path, kb: Path, fake_encoder: Any, text: bytes
) -> None:
    index(folder, kb, fake_encoder)
    (folder / "pay.md").write_bytes(text)
    report = index(folder, kb, fake_encoder)
    assert (report.kept, report.removed, len(report.rejected)) == ((), ("pay",), 1)


def test_broken_file_that_restricts_nothing_is_kept(
    folder: Path, kb: Path, fake_encoder: Any
) -> None:
    index(folder, kb, fake_encoder)
    (folder / "pay.md").write_bytes(b"---\nid: pay\n---\nA bad byte \xff further down.\n")
    assert index(folder, kb, fake_encoder).kept == ("pay",)


def test_rows_that_are_all_broken_keep_nothing(folder: Path, kb: Path, fake_encoder: Any) -> None:
    (folder / "e.jsonl").write_text(json.dumps({"id": "e", "body": "The code is e."}))
    index(folder, kb, fake_encoder)
    (folder / "e.jsonl").write_text('{"id": "e", "body": "The code is e.", "audience": ["hr"')
    assert index(folder, kb, fake_encoder).removed == ("e",)


def test_deleted_default_asks_before_it_publishes(
    folder: Path, kb: Path, fake_encoder: Any
) -> None:
    (folder / "_frontdesk.toml").write_text(STAFF)
    index(folder, kb, fake_encoder)
    (folder / "_frontdesk.toml").unlink()
    with pytest.raises(ConfirmationNeeded, match=r"4 articles could be read .*a\.txt"):
        index(folder, kb, fake_encoder)
    assert visible(kb, fake_encoder) == {"pay"}
    index(folder, kb, fake_encoder, yes=True)
    assert len(visible(kb, fake_encoder)) == 5


@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [
        ("audience: [hr]\n", "", True),
        ("audience: [hr]\n", "audience: [hr, staff]\n", True),
        ("audience: []\n", "audience: [hr]\n", True),
        ("audience: [hr, staff]\n", "audience: [hr]\n", False),
        ("", "audience: [hr]\n", False),
        ("audience: [hr]\n", "audience: []\n", False),
    ],
)
def test_only_loosening_a_right_asks(
    folder: Path, kb: Path, fake_encoder: Any, before: str, after: str, asks: bool
) -> None:
    (folder / "pay.md").write_text(PAY.format(before))
    index(folder, kb, fake_encoder)
    (folder / "pay.md").write_text(PAY.format(after))
    if asks:
        with pytest.raises(ConfirmationNeeded, match=r"1 articles could be read by more.*pay"):
            index(folder, kb, fake_encoder)
    assert index(folder, kb, fake_encoder, yes=asks).edited == ("pay",)


def test_article_that_moves_out_of_a_restricted_folder_asks(
    folder: Path, kb: Path, fake_encoder: Any
) -> None:
    (folder / "hr").mkdir()
    (folder / "hr" / "_frontdesk.toml").write_text(STAFF)
    (folder / "hr" / "x.txt").write_text("The bonus is 5.")
    index(folder, kb, fake_encoder)
    (folder / "hr" / "x.txt").rename(folder / "x.txt")
    with pytest.raises(ConfirmationNeeded, match=r"could be read by more people than now: x\.txt"):
        index(folder, kb, fake_encoder)


def test_rollback_to_looser_rights_asks(folder: Path, kb: Path, fake_encoder: Any) -> None:
    index(folder, kb, fake_encoder)
    (folder / "pay.md").write_text(PAY.format("audience: [hr]\n"))
    index(folder, kb, fake_encoder)
    store = IndexStore(kb)
    with pytest.raises(ConfirmationNeeded, match=r"000001, 1 articles could .*: pay"):
        store.rollback()
    assert store.current() == "000002"
    assert store.rollback(yes=True) == ("000002", "000001")


def test_link_into_a_restricted_folder_is_restricted(
    folder: Path, kb: Path, fake_encoder: Any
) -> None:
    (folder / "hr").mkdir()
    (folder / "hr" / "_frontdesk.toml").write_text(STAFF)
    for name in ("x", "y"):
        (folder / "hr" / f"{name}.txt").write_text(f"The bonus of {name} is 5.")
    (folder / "0.txt").symlink_to(folder / "hr" / "x.txt")
    (folder / "1").symlink_to(folder / "hr", target_is_directory=True)
    report = index(folder, kb, fake_encoder)
    assert report.articles == 7
    assert visible(kb, fake_encoder) == {"pay", "a.txt", "b.txt", "c.txt", "d.txt"}
    assert len(visible(kb, fake_encoder, "staff")) == 7


def test_link_out_of_a_restricted_folder_is_restricted_too(
    folder: Path, kb: Path, fake_encoder: Any
) -> None:
    (folder / "hr").mkdir()
    (folder / "hr" / "_frontdesk.toml").write_text(STAFF)
    (folder / "hr" / "x.txt").symlink_to(folder / "d.txt")
    index(folder, kb, fake_encoder)
    assert visible(kb, fake_encoder) == {"pay", "a.txt", "b.txt", "c.txt"}


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_link_that_leaves_the_source_is_refused(
    folder: Path, kb: Path, tmp_path: Path, fake_encoder: Any, kind: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("The secret is 1.")
    target = outside if kind == "folder" else outside / "secret.txt"
    (folder / "link.txt").symlink_to(target)
    report = index(folder, kb, fake_encoder)
    assert report.articles == 5
    assert [bad.reason for bad in report.rejected] == [
        "it is a link that leaves the source: name what it points to as a source of its own"
    ]


def test_rights_field_is_a_setting(folder: Path, kb: Path, fake_encoder: Any) -> None:
    for name, audience in (("it", "ITPro"), ("dev", "Developer"), ("all", "Everybody")):
        (folder / f"{name}.md").write_text(
            f"---\nid: {name}\naudience: {audience}\n---\nText {name}."
        )
    report = index(folder, kb, fake_encoder)
    assert visible(kb, fake_encoder, "ITPro") >= {"it"}
    assert not visible(kb, fake_encoder) & {"it", "dev", "all"}
    (warning,) = [one for one in report.warnings if "bare text" in one]
    assert "(3 times)" in warning
    assert "_frontdesk.toml" in warning
    (folder / "_frontdesk.toml").write_text(
        '[rights]\nroles = { ITPro = "everyone", Developer = ["dev"] }\n'
    )
    with pytest.raises(ConfirmationNeeded):
        index(folder, kb, fake_encoder)
    report = index(folder, kb, fake_encoder, yes=True)
    assert visible(kb, fake_encoder) >= {"it", "a.txt"}
    assert visible(kb, fake_encoder, "dev") >= {"it", "dev"}
    assert "all" not in visible(kb, fake_encoder, "dev", "Everybody")
    assert any("so it admits nobody" in one for one in report.warnings)
    (folder / "_frontdesk.toml").write_text('[rights]\nfield = ""\n')
    index(folder, kb, fake_encoder, yes=True)
    assert visible(kb, fake_encoder) >= {"it", "dev", "all"}


def test_field_that_is_no_right_leaves_room_for_the_default(
    folder: Path, kb: Path, fake_encoder: Any
) -> None:
    (folder / "x.md").write_text("---\nid: x\naudience: ITPro\n---\nText.")
    (folder / "_frontdesk.toml").write_text(STAFF + '\n[rights]\nfield = ""\n')
    index(folder, kb, fake_encoder)
    assert visible(kb, fake_encoder) == set()
    assert visible(kb, fake_encoder, "staff") >= {"x", "pay"}


def test_renamed_folder_is_no_loss(tmp_path: Path, kb: Path, fake_encoder: Any) -> None:
    source = tmp_path / "notes"
    (source / "people").mkdir(parents=True)
    (source / "people" / "_frontdesk.toml").write_text(STAFF)
    for number in range(6):
        (source / "people" / f"t{number}.md").write_text(f"# T{number}\n\nText {number}.\n")
    (source / "fee.txt").write_text("The fee is 12.")
    index(source, kb, fake_encoder)
    (source / "people").rename(source / "staff")
    report = index(source, kb, fake_encoder)
    assert (len(report.added), len(report.removed), report.encoded) == (6, 6, 0)
    (source / "staff" / "t1.md").unlink()
    (source / "staff" / "t2.md").unlink()
    (source / "staff" / "t3.md").unlink()
    with pytest.raises(ConfirmationNeeded, match=r"\(3 of 7\)"):
        index(source, kb, fake_encoder)
