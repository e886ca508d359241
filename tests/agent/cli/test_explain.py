"""`frontdesk explain` from the outside, over a small index and random readers of both kinds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli.entry import app
from retrieval import bring_up_to_date

PAGES = {
    "desk.md": "---\ntitle: Help desk\n---\n\n## Hours\n\nThe desk opens at 8:30 on weekdays.\n",
    "vpn.md": "---\ntitle: VPN\n---\n\n## Set up\n\n1. Open Tunnelgate.\n2. Add a profile.\n",
    "pay.md": "---\ntitle: Pay\naudience: [hr]\n---\n\nBand C earns 51,000 euros.\n",
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["explain", *(str(argument) for argument in arguments)])


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explaining")
    source = root / "pages"
    source.mkdir()
    for name, text in PAGES.items():
        (source / name).write_text(text, encoding="utf-8")
    bring_up_to_date([source], root / "kb")
    return root / "kb"


@pytest.mark.parametrize("kind", ["tiny_bert", "tiny_bidaf"])
def test_explain_writes_a_page_and_a_picture(
    kind: str, kb: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    reader = request.getfixturevalue(kind)
    out, png = tmp_path / "why.html", tmp_path / "why.png"
    done = run(
        *("when does the desk open", "--kb", kb, "--reader", reader, "--out", out),
        *("--png", png, "--json"),
    )
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert shown["files"] == [str(out), str(png)]
    text = out.read_text(encoding="utf-8")
    assert shown["answer"]["text"] in text
    assert "51,000" not in text
    assert ("context_to_query" in shown["views"][0]) == (kind == "tiny_bidaf")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["why.html", "why.png"]


def test_explain_reads_with_both(
    kb: Path, tiny_bert: Path, tiny_bidaf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_bert, tmp_path / "bert")
    shutil.copytree(tiny_bidaf, tmp_path / "bidaf")
    monkeypatch.setattr("qa.registry.WEIGHTS", tmp_path)
    out = tmp_path / "why.html"
    done = run("when does the desk open", "--kb", kb, "--reader", "both", "--out", out, "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert shown["answer"]["reader"] == "both"
    assert [view["reader"].split("@")[0] for view in shown["views"]] == ["tiny", "bidaf"]
    assert "an attention-flow reader, asked besides" in out.read_text(encoding="utf-8")


def test_explain_writes_a_picture_alone(kb: Path, tiny_bert: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    done = run("when does the desk open", "--kb", kb, "--reader", tiny_bert, "--out", out)
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == f"Written: {out}"
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "question", ["", "word " * 5_000, "\x00\x1b[31m", "\u202e\u0301", "\udcff"]
)
def test_explain_takes_any_question(
    kb: Path, tiny_bert: Path, tmp_path: Path, question: str
) -> None:
    out = tmp_path / "why.html"
    done = run(
        question, "--kb", kb, "--reader", tiny_bert, "--out", out, "--png", tmp_path / "w.png"
    )
    assert done.exit_code == 0, done.output
    out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "why.pdf"), "Expected .html"),
        (("--out", "why.html", "--png", "why.jpg"), "Expected .png"),
        (("--out", "no-such-folder/why.html"), "there is no folder"),
    ],
)
def test_explain_refuses_before_it_reads(arguments: tuple[str, ...], message: str) -> None:
    done = run("when", "--kb", "nowhere", *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


def test_explain_leaves_the_old_page_where_it_fails(kb: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.html"
    out.write_text("old")
    done = run("when", "--kb", kb, "--reader", "no-such-reader", "--out", out)
    assert done.exit_code == 1
    assert "no reader 'no-such-reader'" in done.stderr
    assert out.read_text() == "old"
